// SPDX-License-Identifier: BSL-1.0
#include "call_options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "secure_tunneling/endpoint/endpoint.hpp"
#include "text.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

/// `text` without the underscores that stand between two digits.
std::string joinDigits(std::string_view text) {
  const auto isDigit = [text](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string out;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '_' || i == 0 || !isDigit(i - 1) || !isDigit(i + 1)) out += text[i];
  }
  return out;
}

/// Reads seconds as Python's int() does, which takes blanks around them, a sign, and underscores
/// between digits.
Result<long> parseTimeoutMs(const std::string& given, const char* which) {
  constexpr std::string_view blanks = " \t\n\r\v\f";
  const std::string joined = joinDigits(given);
  std::string_view text = joined;
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.substr(0, 1) == "+" && text.substr(1, 1) != "-") text.remove_prefix(1);
  long seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || end != text.data() + text.size() || code == std::errc::invalid_argument) {
    return makeError(ErrorKind::Configuration, "argument --cli-" + std::string(which) +
                                                   "-timeout: \"" + visible(given) +
                                                   "\" is no whole number of seconds");
  }
  if (text.front() == '-' && seconds != 0) {
    return makeError(ErrorKind::Configuration,
                     "Attempted to set " + std::string(which) + " timeout to " + visible(given) +
                         ", but the timeout cannot be set to a value less than or equal to 0.");
  }
  constexpr long longest = std::numeric_limits<int>::max() / 1000;
  return (code == std::errc::result_out_of_range ? longest : std::min(seconds, longest)) * 1000;
}

/// Whether a URL begins with a scheme, `letter *(letter / digit / "+" / "-" / ".") ":"`.
bool hasScheme(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (std::isalpha(static_cast<unsigned char>(url.front())) == 0) return false;
  return std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  });
}

std::optional<std::string> valueOf(const CLI::App& app, const char* name, std::string& text) {
  if (app.count(name) == 0) return std::nullopt;
  return std::move(text);
}

}  // namespace

void defineRequest(CLI::App& app, GivenCall& given) {
  app.add_option("--tunnel-id", given.tunnelId, "The tunnel whose access tokens are rotated")
      ->type_name("ID");
  app.add_option("--client-mode", given.clientMode, "Whose token is rotated")
      ->type_name("SOURCE|DESTINATION|ALL");
  app.add_option("--destination-config", given.destinationConfig,
                 "Thing and services of the destination: thingName=NAME,services=NAME,NAME or JSON")
      ->type_name("CONFIG");
}

void defineEndpoint(CLI::App& app, GivenCall& given) {
  app.add_flag("--debug", given.debug, "Tells on standard error what is done, without secrets");
  app.add_option("--endpoint-url", given.endpointUrl, "http[s]://HOST[:PORT] to call instead")
      ->type_name("URL");
  app.add_flag("--no-verify-ssl", given.noVerifySsl, "Does not check the server's certificate");
}

void defineProfile(CLI::App& app, GivenCall& given) {
  app.add_option("--profile", given.profile, "The profile of the shared files to use")
      ->type_name("NAME");
  app.add_option("--region", given.region, "The region, as in us-east-1")->type_name("NAME");
}

void defineTransport(CLI::App& app, GivenCall& given) {
  app.add_flag("--no-sign-request", given.noSignRequest, "Does not sign, and needs no credentials");
  app.add_option("--ca-bundle", given.caBundle, "A file of CA certificates to trust instead")
      ->type_name("FILE");
  app.add_option("--cli-read-timeout", given.readTimeout,
                 "Seconds until an answer must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
  app.add_option("--cli-connect-timeout", given.connectTimeout,
                 "Seconds until a connection must be there, 60 if not given; 0 for no limit")
      ->type_name("SECONDS");
}

void takeRequest(const CLI::App& app, GivenCall& given, Options& options) {
  options.tunnelId = valueOf(app, "--tunnel-id", given.tunnelId);
  options.clientMode = valueOf(app, "--client-mode", given.clientMode);
  options.destinationConfig = valueOf(app, "--destination-config", given.destinationConfig);
}

Result<void> takeConnection(const CLI::App& app, GivenCall& given, Options& options) {
  options.endpointUrl = valueOf(app, "--endpoint-url", given.endpointUrl);
  if (options.endpointUrl && !hasScheme(*options.endpointUrl)) {
    return makeError(ErrorKind::InvalidArgument,
                     "Bad value for --endpoint-url" +
                         secure_tunneling::detail::quotedUrl(*options.endpointUrl) +
                         ": scheme is missing.  Must be of the form http://<hostname>/ or "
                         "https://<hostname>/");
  }
  if (app.count("--cli-read-timeout") != 0) {
    Result<long> timeout = parseTimeoutMs(given.readTimeout, "read");
    if (!timeout) return std::move(timeout).error();
    options.readTimeoutMs = *timeout;
  }
  if (app.count("--cli-connect-timeout") != 0) {
    Result<long> timeout = parseTimeoutMs(given.connectTimeout, "connect");
    if (!timeout) return std::move(timeout).error();
    options.connectTimeoutMs = *timeout;
  }
  options.region = valueOf(app, "--region", given.region);
  options.profile = std::move(given.profile);
  options.caBundle = std::move(given.caBundle);
  options.verifySsl = !given.noVerifySsl;
  options.signRequest = !given.noSignRequest;
  options.debug = given.debug;
  return {};
}
