// SPDX-License-Identifier: BSL-1.0
#include "debug_log.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>
#include <vector>

#include "output.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "text.hpp"

using secure_tunneling::HttpHeader;
using secure_tunneling::HttpRequest;
using secure_tunneling::HttpResponse;
using secure_tunneling::OpensslSha256;
using secure_tunneling::Result;

namespace {

/// Request ids are UUIDs. A header that holds anything else may echo a secret.
bool looksLikeRequestId(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char formed) {
    return formed == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

std::string requestIdOf(const HttpResponse& response) {
  const auto requestId = response.headers.find("x-amzn-requestid");
  if (!requestId) return "none";
  return looksLikeRequestId(*requestId) ? std::string(*requestId) : "not shown, as it is no UUID";
}

std::string hexDigest(std::string_view text) {
  unsigned char digest[OpensslSha256::digestSize];
  OpensslSha256 hash;
  if (!hash.init() || !hash.update(text.data(), text.size()) || !hash.final(digest)) return "";
  std::string out;
  for (const unsigned char byte : digest)
    out += hexByte(byte);
  return out;
}

/// By what the profile gives credentials, in the order in which that counts.
std::string wayOfProfile(const std::string& given) {
  namespace detail = secure_tunneling::detail;
  const detail::ChosenProfile chosen = detail::chosenProfile(given);
  Result<detail::SharedFiles> files = detail::SharedFiles::load();
  if (!files) return "profile";
  const secure_tunneling::ProfileView profile{*files, chosen.name, chosen.name};
  const std::string text = "profile " + std::string(chosen.name) + ", by ";
  const std::string_view role = profile.value("role_arn");
  const bool isWebIdentity = !profile.value("web_identity_token_file").empty();
  if (!role.empty() && !isWebIdentity) {
    for (const char* const origin : {"source_profile", "credential_source"}) {
      const std::string_view value = profile.value(origin);
      if (value.empty()) continue;
      return (text + "role_arn ")
          .append(role)
          .append(" with ")
          .append(origin)
          .append(" ")
          .append(value);
    }
  }
  if (isWebIdentity) return text + "web_identity_token_file";
  if (!detail::ssoProperty(profile).empty()) return text + "IAM Identity Center";
  for (const char* const property : {"login_session", "aws_access_key_id", "credential_process"}) {
    if (!profile.value(property).empty()) return text + property;
  }
  return "profile " + std::string(chosen.name);
}

/// What was signed, line by line, without secrets; nothing of a request that is not signed.
std::vector<std::string> canonicalRequest(const HttpRequest& request) {
  const HttpHeader* const end = request.headers + request.headerCount;
  const auto valueOf = [&](std::string_view name) -> std::string_view {
    if (name == "host") return request.authority;
    const HttpHeader* const found =
        std::find_if(request.headers, end, [name](const HttpHeader& header) {
          return secure_tunneling::detail::equalsIgnoreCase(header.name, name);
        });
    return found == end ? std::string_view() : found->value;
  };
  constexpr std::string_view mark = "SignedHeaders=";
  std::string_view names = valueOf("authorization");
  const std::size_t at = names.find(mark);
  if (at == names.npos) return {};
  names = names.substr(at + mark.size());
  names = names.substr(0, names.find(','));
  std::vector<std::string> lines = {std::string(request.method),
                                    request.target == "/" ? "/" : "(path and query not shown)"};
  for (std::string_view rest = names; !rest.empty();) {
    const std::string name(secure_tunneling::detail::takePart(rest, ';'));
    const bool isSecret = name == "x-amz-security-token";
    lines.push_back(name + ":" + (isSecret ? "(redacted)" : std::string(valueOf(name))));
  }
  lines.emplace_back(names);
  lines.push_back(hexDigest(request.body));
  return lines;
}

}  // namespace

void DebugLog::line(const std::string& text) const {
  if (enabled_) tellOnStandardError("debug: " + visible(text));
}

secure_tunneling::Step LoggedSource::next(secure_tunneling::CredentialsFetch& fetch,
                                          const secure_tunneling::Moment& now) {
  const secure_tunneling::Step step = chain_.next(fetch, now);
  if (step != secure_tunneling::Step::Done) return step;
  endedAtMs_ = fetch.credentials().expiresAtMs;
  if (endedAtMs_ && *endedAtMs_ > now.unixMs) endedAtMs_.reset();
  if (!log_.isEnabled()) return step;
  Result<void> found = fetch.takeOutcome();
  const std::string from = origin();
  if (from.empty()) {
    log_.line("credentials: none found");
  } else {
    log_.line((found ? "credentials from: " : "credentials: failed at: ") + from);
  }
  return fetch.done(std::move(found));
}

std::string LoggedSource::origin() const {
  const std::string_view source = chain_.answeredBy();
  return source == "profile" ? wayOfProfile(profile_) : std::string(source);
}

std::string LoggedSource::end() const {
  if (!endedAtMs_) return "";
  return std::string(secure_tunneling::detail::formatAmzDate(*endedAtMs_).view());
}

Result<void> LoggedTransport::send(const HttpRequest& request, HttpResponse& response) {
  using std::chrono::steady_clock;
  endpoint_ = std::string(request.https ? "https://" : "http://") + std::string(request.authority);
  const std::string attempt = "attempt " + std::to_string(++attempts_) + ": ";
  if (log_.isEnabled()) logRequest(attempt, request);
  const auto started = steady_clock::now();
  Result<void> sent = transport_.send(request, response);
  if (!log_.isEnabled()) return sent;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - started);
  logPhases(attempt);
  const std::string after = " after " + std::to_string(took.count()) + " ms";
  if (sent) {
    log_.line(attempt + "status " + std::to_string(response.status) + after + ", request id " +
              requestIdOf(response) + ", " + std::to_string(response.body.size()) +
              " bytes of body");
  } else {
    log_.line(attempt + sent.error().message + after);
  }
  return sent;
}

void LoggedTransport::logRequest(const std::string& attempt, const HttpRequest& request) const {
  log_.line(attempt + std::string(request.method) + " " + endpoint_ + ", " +
            std::to_string(request.headerCount) + " headers, " +
            std::to_string(request.body.size()) + " bytes of body");
  const std::string canonical = attempt + "canonical request: ";
  for (const std::string& line : canonicalRequest(request))
    log_.line(std::string(canonical).append(line));
}

void LoggedTransport::logPhases(const std::string& attempt) const {
  const struct {
    const char* name;
    CURLINFO info;
  } phases[] = {{"name look-up", CURLINFO_NAMELOOKUP_TIME_T},
                {"connected", CURLINFO_CONNECT_TIME_T},
                {"TLS", CURLINFO_APPCONNECT_TIME_T},
                {"first byte", CURLINFO_STARTTRANSFER_TIME_T}};
  std::string line;
  for (const auto& phase : phases) {
    curl_off_t afterUs = 0;
    if (transport_.handle() != nullptr)
      curl_easy_getinfo(transport_.handle(), phase.info, &afterUs);
    if (afterUs == 0) continue;
    line.append(line.empty() ? "" : ", ").append(phase.name).append(" after ");
    line.append(std::to_string(afterUs)).append(" us");
  }
  if (!line.empty()) log_.line(attempt + line);
}
