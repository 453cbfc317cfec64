// SPDX-License-Identifier: BSL-1.0
// Any text of shorthand, JSON or YAML is refused, or read as a value that is read again from its
// JSON; what is wrong with it can be shown; and a request made from it reaches the fake as it is.
//
// An input is a letter, `s`, `j` or `y`, and the text.
#include <rapidjson/reader.h>

#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "json_value.hpp"
#include "parameters.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/testing/detail/rotate_request.hpp"
#include "shorthand.hpp"
#include "text.hpp"
#include "yaml_input.hpp"

using namespace secure_tunneling;

namespace {

void requireVisibleMessage(const Error& error) {
  require(!error.message.empty(), "what is wrong is told");
  require(error.message.size() < 1'000'000, "a message is short");
}

std::string quoted(std::string_view text) {
  std::string out;
  detail::appendJsonString(out, text);
  return out;
}

/// As JSON; what JSON has no type for, as text.
std::string jsonOf(const JsonValue& value) {
  using Type = JsonValue::Type;
  switch (value.type) {
    case Type::Null:
      return "null";
    case Type::Boolean:
      return value.boolean ? "true" : "false";
    case Type::Number: {
      const bool isJson = value.text.find_first_not_of("0123456789") == std::string::npos &&
                          (value.text.size() == 1 || value.text.front() != '0');
      return isJson ? value.text : quoted(value.text);
    }
    case Type::Array: {
      std::string out = "[";
      for (const JsonValue& item : value.items)
        out.append(out.size() == 1 ? "" : ",").append(jsonOf(item));
      return out + "]";
    }
    case Type::Object: {
      std::string out = "{";
      for (std::size_t i = 0; i != value.items.size(); ++i) {
        out.append(out.size() == 1 ? "" : ",").append(quoted(value.names[i]));
        out.append(":").append(jsonOf(value.items[i]));
      }
      return out + "}";
    }
    default:
      return quoted(value.text);
  }
}

void requireSameAgain(const JsonValue& value) {
  const std::string json = jsonOf(value);
  const Result<JsonValue> again = parseJson(json);
  if (!isUtf8(json)) return;
  require(again.hasValue(), "a value can be read from its JSON", json);
  require(jsonOf(*again) == json, "a value is read as it was written", json);
}

/// What is sent is what was given.
void send(const JsonValue& parameters) {
  const Result<void> checked = checkParameters(parameters);
  if (!checked) return requireVisibleMessage(checked.error());
  const RotateTunnelAccessTokenRequest request = toRequest(parameters);
  std::string body;
  const Result<void> written = serializeRequest(request, body);
  if (!written) return requireVisibleMessage(written.error());
  detail::fake::RotateRequest received;
  require(!detail::fake::readRotateRequest(body, received), "a request is JSON", body);
  require(received.tunnelId == request.tunnelId, "a tunnel's id arrives", body);
  require(received.clientMode == request.clientMode.name(), "a mode arrives", body);
  require(received.destinationConfig.has_value() == request.destinationConfig.has_value(),
          "a destination arrives", body);
  if (!request.destinationConfig) return;
  require(received.destinationConfig->thingName == request.destinationConfig->thingName &&
              received.destinationConfig->services == request.destinationConfig->services,
          "a destination arrives whole", body);
}

/// Whether a JSON library takes the text.
bool isStrictJson(const std::string& text) {
  if (!isUtf8(text)) return false;
  rapidjson::Reader reader;
  const std::string padded = padForRapidJson(text);
  rapidjson::StringStream stream(padded.c_str());
  rapidjson::BaseReaderHandler<> handler;
  const auto result =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream,
                                                                                           handler);
  return !result.IsError() && stream.Tell() == text.size();
}

/// No file that the input names is opened.
Result<ArgumentText> loadNothing(const std::string& value) {
  return ArgumentText{value, !value.empty() && value.back() == '!'};
}

}  // namespace

void fuzz(std::string_view input) {
  if (input.empty()) return;
  const char letter = input.front();
  const std::string text(input.substr(1));
  Result<JsonValue> value = letter == 'y'   ? parseYaml(text)
                            : letter == 'j' ? parseJson(text)
                                            : parseShorthand(text, loadNothing);
  if (!value) {
    requireVisibleMessage(value.error());
    const bool isLimit = value.error().message.find("nest") != std::string::npos;
    require(letter != 'j' || isLimit || !isStrictJson(text), "JSON is read", text);
    return;
  }
  static_cast<void>(pythonText(*value));
  requireSameAgain(*value);
  if (value->type == JsonValue::Type::Object) send(*value);
}
