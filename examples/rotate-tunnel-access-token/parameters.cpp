// SPDX-License-Identifier: BSL-1.0
#include "parameters.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "argument_text.hpp"
#include "shorthand.hpp"
#include "text.hpp"
#include "yaml_input.hpp"

using secure_tunneling::ClientMode;
using secure_tunneling::DestinationConfig;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using Type = JsonValue::Type;

namespace {

Result<JsonValue> refuse(const std::string& option, const std::string& why) {
  return makeError(ErrorKind::InvalidArgument, "Error parsing parameter '" + option + "': " + why);
}

Result<JsonValue> readString(const std::string& option, const std::string& value) {
  Result<ArgumentText> loaded = loadArgument(option, value);
  if (!loaded) return std::move(loaded).error();
  JsonValue string = JsonValue::string(std::move(loaded->text));
  if (loaded->isBytes) string.type = Type::Bytes;
  return string;
}

Result<JsonValue> readJson(const std::string& option, const std::string& text) {
  Result<JsonValue> value = parseJson(text);
  if (value) return value;
  return refuse(option, "Invalid JSON: " + value.error().message);
}

/// In shorthand a list of one needs no comma: `services=ssh`.
void makeServicesList(JsonValue& config) {
  JsonValue* const services = config.find("services");
  if (services == nullptr || services->type == Type::Array) return;
  JsonValue list = JsonValue::ofType(Type::Array);
  list.items.push_back(std::move(*services));
  *services = std::move(list);
}

Result<JsonValue> readDestinationConfig(const std::string& option, const std::string& value) {
  Result<ArgumentText> loaded = loadArgument(option, value);
  if (!loaded) return std::move(loaded).error();
  if (loaded->isBytes) {
    return makeError(ErrorKind::Configuration,
                     "Error parsing parameter '" + option + "': expected text, use file://");
  }
  const std::string& text = loaded->text;
  const std::size_t start = text.find_first_not_of(" \t\n\r\v\f");
  const char first = start == std::string::npos ? '\0' : text[start];
  if (first == '[')
    return refuse(option, "Invalid JSON, expected an object:\n" + pointAt(text, start));
  if (first == '{') {
    return readJson(option, text);
  }
  Result<JsonValue> config = parseShorthand(text);
  if (!config) {
    config.error().message.insert(0, "Error parsing parameter '" + option + "': ");
    return config;
  }
  makeServicesList(*config);
  return config;
}

Result<JsonValue> readYaml(const std::string& option, const std::string& text) {
  Result<JsonValue> value = parseYaml(text);
  if (value) return value;
  return refuse(option, "Invalid YAML: " + value.error().message);
}

/// The value of --cli-input-json or --cli-input-yaml.
Result<JsonValue> readInput(const std::string& option, const std::string& value,
                            Result<JsonValue> (*read)(const std::string&, const std::string&)) {
  Result<ArgumentText> loaded = loadArgument(option, value);
  if (!loaded) return std::move(loaded).error();
  Result<JsonValue> input = read(option, loaded->text);
  if (!input) return input;
  if (input->type != Type::Object) {
    return refuse(option, "Invalid type: expecting map, received " + pythonType(*input));
  }
  return input;
}

/// Collects what is wrong with the parameters, a line each.
class Checker {
 public:
  using Names = std::initializer_list<std::string_view>;

  std::string takeProblems() { return std::move(problems_); }

  void checkInput(const JsonValue& input) {
    checkMembers(input, "input", {"tunnelId", "clientMode", "destinationConfig"},
                 {"tunnelId", "clientMode"});
    for (std::size_t i = 0; i != input.names.size(); ++i) {
      const std::string& name = input.names[i];
      if (name == "tunnelId" || name == "clientMode") checkString(input.items[i], name, 0);
      if (name == "destinationConfig") checkDestinationConfig(input.items[i], name);
    }
  }

 private:
  void checkDestinationConfig(const JsonValue& config, const std::string& path) {
    if (!checkType(config, path, Type::Object, "<class 'dict'>")) return;
    checkMembers(config, path, {"thingName", "services"}, {"services"});
    for (std::size_t i = 0; i != config.names.size(); ++i) {
      const std::string& name = config.names[i];
      const std::string memberPath = std::string(path).append(".").append(name);
      if (name == "thingName") checkString(config.items[i], memberPath, 1);
      if (name == "services") checkServices(config.items[i], memberPath);
    }
  }

  void checkServices(const JsonValue& services, const std::string& path) {
    if (!checkType(services, path, Type::Array, "<class 'list'>, <class 'tuple'>")) return;
    checkLength(services.items.size(), path, 1);
    for (std::size_t i = 0; i != services.items.size(); ++i) {
      checkString(services.items[i], path + "[" + std::to_string(i) + "]", 1);
    }
  }

  void checkString(const JsonValue& value, const std::string& path, std::size_t shortest) {
    if (!checkType(value, path, Type::String, "<class 'str'>")) return;
    checkLength(value.text.size(), path, shortest);
  }

  bool checkType(const JsonValue& value, const std::string& path, Type wanted,
                 const std::string& wantedName) {
    if (value.type == wanted) return true;
    addLine("Invalid type for parameter ", path, ", value: ", pythonText(value),
            ", type: ", pythonType(value), ", valid types: ", wantedName);
    return false;
  }

  void checkLength(std::size_t length, const std::string& path, std::size_t shortest) {
    if (length >= shortest) return;
    addLine("Invalid length for parameter ", path, ", value: ", std::to_string(length),
            ", valid min length: ", std::to_string(shortest));
  }

  void checkMembers(const JsonValue& object, const std::string& path, Names known, Names required) {
    for (const std::string_view name : required) {
      if (object.find(std::string(name)) == nullptr) {
        addLine("Missing required parameter in ", path, ": \"", name, "\"");
      }
    }
    for (const std::string& name : object.names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      addLine("Unknown parameter in ", path, ": \"", name, "\", must be one of: ");
      for (const std::string_view each : known) {
        problems_.append(each == *known.begin() ? "" : ", ").append(each);
      }
    }
  }

  template <class... Pieces>
  void addLine(const Pieces&... pieces) {
    problems_.append("\n");
    (problems_.append(visible(pieces)), ...);
  }

  std::string problems_;
};

}  // namespace

Result<JsonValue> readParameters(const Options& options) {
  JsonValue parameters = JsonValue::ofType(Type::Object);
  const struct {
    const char* option;
    const char* name;
    const std::optional<std::string>& value;
    Result<JsonValue> (*read)(const std::string& option, const std::string& value);
  } sources[] = {
      {"--tunnel-id", "tunnelId", options.tunnelId, readString},
      {"--client-mode", "clientMode", options.clientMode, readString},
      {"--destination-config", "destinationConfig", options.destinationConfig,
       readDestinationConfig},
  };
  for (const auto& source : sources) {
    if (!source.value) continue;
    Result<JsonValue> value = source.read(source.option, *source.value);
    if (!value) return value;
    parameters.set(source.name, *std::move(value));
  }
  if (!options.cliInputJson && !options.cliInputYaml) return parameters;
  if (options.cliInputJson && options.cliInputYaml) {
    return makeError(ErrorKind::InvalidArgument,
                     "Only one --cli-input- parameter may be specified.");
  }
  Result<JsonValue> input = options.cliInputJson
                                ? readInput("--cli-input-json", *options.cliInputJson, readJson)
                                : readInput("--cli-input-yaml", *options.cliInputYaml, readYaml);
  if (!input) return input;
  for (std::size_t i = 0; i != input->names.size(); ++i) {
    if (parameters.find(input->names[i]) == nullptr) {
      parameters.set(input->names[i], std::move(input->items[i]));
    }
  }
  return parameters;
}

Result<void> checkParameters(const JsonValue& parameters) {
  Checker checker;
  checker.checkInput(parameters);
  const std::string problems = checker.takeProblems();
  if (problems.empty()) return {};
  return makeError(ErrorKind::InvalidArgument, "Parameter validation failed:" + problems);
}

Result<void> checkClientMode(const Options& options, const JsonValue& parameters) {
  if (!options.clientMode) return {};
  const std::string& name = parameters.find("clientMode")->text;
  const Names modes = {"SOURCE", "DESTINATION", "ALL"};
  if (std::find(modes.begin(), modes.end(), name) != modes.end()) return {};
  return makeError(ErrorKind::InvalidArgument, "Invalid value for --client-mode: \"" +
                                                   visible(name) + "\" is not " + listOf(modes) +
                                                   suggestion(name, modes));
}

RotateTunnelAccessTokenRequest toRequest(const JsonValue& parameters) {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = parameters.find("tunnelId")->text;
  request.clientMode = ClientMode::other(parameters.find("clientMode")->text);
  if (const JsonValue* const config = parameters.find("destinationConfig")) {
    DestinationConfig& destination = request.destinationConfig.emplace();
    if (const JsonValue* const thingName = config->find("thingName")) {
      destination.thingName = thingName->text;
    }
    for (const JsonValue& service : config->find("services")->items) {
      destination.services.push_back(service.text);
    }
  }
  return request;
}
