// SPDX-License-Identifier: BSL-1.0
#include "proxy_command.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

struct ProxyOption {
  std::string_view name;
  char letter;
  bool takesValue;
};

/// Those of localproxy 3.3.
constexpr ProxyOption proxyOptions[] = {
    {"access-token", 't', true},
    {"capath", 'c', true},
    {"client-token", 'i', true},
    {"config", '\0', true},
    {"config-dir", '\0', true},
    {"destination-app", 'd', true},
    {"destination-client-type", 'y', true},
    {"export-default-settings", '\0', true},
    {"help", 'h', false},
    {"local-bind-address", 'b', true},
    {"mode", 'm', true},
    {"no-ssl-host-verify", 'k', false},
    {"proxy-endpoint", 'e', true},
    {"region", 'r', true},
    {"settings-json", '\0', true},
    {"source-listen-port", 's', true},
    {"verbose", 'v', true},
    {"version", 'V', false},
};

using Values = std::map<std::string_view, std::string>;

/// By its whole name, or by a beginning that is that of no other.
const ProxyOption* optionNamed(std::string_view name) {
  const ProxyOption* found = nullptr;
  for (const ProxyOption& option : proxyOptions) {
    if (option.name == name) return &option;
    if (name.empty() || option.name.substr(0, name.size()) != name) continue;
    if (found != nullptr) return nullptr;
    found = &option;
  }
  return found;
}

const ProxyOption* optionOfLetter(char letter) {
  for (const ProxyOption& option : proxyOptions) {
    if (letter != '\0' && option.letter == letter) return &option;
  }
  return nullptr;
}

/// Reads `--name value`, `--name=value`, `-n value` and `-nvalue`. Whatever else there may be is
/// left for localproxy to refuse.
Values readArguments(const std::vector<std::string>& program) {
  Values values;
  for (std::size_t i = 1; i < program.size(); ++i) {
    const std::string_view word = program[i];
    if (word.size() < 2 || word[0] != '-') continue;
    const ProxyOption* option = nullptr;
    std::optional<std::string_view> value;
    if (word[1] == '-') {
      const std::size_t equals = word.find('=');
      option = optionNamed(word.substr(2, equals == word.npos ? equals : equals - 2));
      if (equals != word.npos) value = word.substr(equals + 1);
    } else {
      option = optionOfLetter(word[1]);
      if (word.size() > 2) value = word.substr(2);
    }
    if (option == nullptr) continue;
    if (option->takesValue && !value && i + 1 < program.size()) value = program[++i];
    values.emplace(option->name, value.value_or(""));
  }
  return values;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Adds the `name = value` lines of a file, which count less than what is there.
void addFile(const std::string& path, Values& values) {
  // What is read of a pipe localproxy would not get, and a device has no end.
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = std::string_view(line).substr(0, line.find('#'));
    const std::size_t equals = text.find('=');
    if (equals == text.npos) continue;
    const std::string_view name = trim(text.substr(0, equals));
    for (const ProxyOption& option : proxyOptions) {
      if (option.name == name) values.emplace(option.name, trim(text.substr(equals + 1)));
    }
  }
}

/// The ports of `5555` or `SSH=5555,HTTP=localhost:8080`; 0 stands for any.
std::vector<std::uint16_t> portsOf(std::string_view map) {
  std::vector<std::uint16_t> ports;
  while (!map.empty()) {
    const std::size_t end = std::min(map.find(','), map.size());
    std::string_view item = map.substr(0, end);
    map.remove_prefix(std::min(end + 1, map.size()));
    item = trim(item.substr(item.find_last_of("=:") + 1));
    std::uint16_t port = 0;
    const auto [last, code] = std::from_chars(item.data(), item.data() + item.size(), port);
    const bool isNumber = code == std::errc() && last == item.data() + item.size();
    if (isNumber && port != 0) ports.push_back(port);
  }
  return ports;
}

/// localproxy, whatever version or architecture its name ends with.
bool isLocalProxy(std::string_view path) {
  constexpr std::string_view own = "localproxy";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.substr(0, own.size()) != own) return false;
  return name.size() == own.size() ||
         std::string_view("-_.0123456789").find(name[own.size()]) != std::string_view::npos;
}

std::optional<Error> contradiction(const Values& values, std::string_view clientMode) {
  if (values.count("access-token") != 0) {
    return makeError(ErrorKind::InvalidArgument,
                     "localproxy is given an access token by -t, --access-token or the file of its "
                     "--config, which would count more than each new one: leave it out");
  }
  const bool isSource = clientMode == "SOURCE";
  const auto mode = values.find("mode");
  const std::string side = mode == values.end() ? "" : mode->second;
  const bool asksForSource =
      values.count("source-listen-port") != 0 || side == "src" || side == "source";
  const bool asksForDestination =
      values.count("destination-app") != 0 || side == "dst" || side == "destination";
  if (isSource ? asksForDestination : asksForSource) {
    return makeError(
        ErrorKind::InvalidArgument,
        "localproxy is told to be the " + std::string(isSource ? "destination" : "source") +
            ", for which a token of --client-mode " + std::string(clientMode) + " is no good");
  }
  return std::nullopt;
}

}  // namespace

Result<ProxyCommand> readProxyCommand(const std::vector<std::string>& program,
                                      std::string_view clientMode) {
  ProxyCommand command;
  command.isLocalProxy = isLocalProxy(program.front());
  if (!command.isLocalProxy) return command;
  Values values = readArguments(program);
  const auto config = values.find("config");
  command.hasConfig = config != values.end();
  if (command.hasConfig) addFile(std::string(config->second), values);
  if (std::optional<Error> error = contradiction(values, clientMode)) return *std::move(error);
  command.region = values["region"];
  const char* const region = std::getenv("AWSIOT_TUNNEL_REGION");
  if (command.region.empty() && region != nullptr) command.region = region;
  if (clientMode == "SOURCE") {
    command.bindAddress = values["local-bind-address"];
    command.ports = portsOf(values["source-listen-port"]);
  }
  return command;
}
