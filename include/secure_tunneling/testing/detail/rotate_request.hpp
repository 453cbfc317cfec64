// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_DETAIL_ROTATE_REQUEST_HPP
#define SECURE_TUNNELING_TESTING_DETAIL_ROTATE_REQUEST_HPP

#include <rapidjson/error/error.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/protocol/detail/json_reader.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {
namespace fake {

/// The body of a RotateTunnelAccessToken request as it came, before its values are checked.
struct RotateRequest {
  struct Destination {
    std::optional<std::string> thingName;
    std::optional<std::vector<std::string>> services;
  };
  std::optional<std::string> tunnelId;
  std::optional<std::string> clientMode;
  std::optional<Destination> destinationConfig;
};

/// Fills a `RotateRequest` from the parser's events; stops at a value of the wrong type. Unknown
/// members are skipped and a null member is an absent one.
class RotateRequestHandler
    : public RAPIDJSON_NAMESPACE::BaseReaderHandler<RAPIDJSON_NAMESPACE::UTF8<>,
                                                    RotateRequestHandler> {
 public:
  using Size = RAPIDJSON_NAMESPACE::SizeType;

  explicit RotateRequestHandler(RotateRequest& request) : request_(request) {}

  bool Default() { return at() == Place::Unknown; }
  bool Null() { return at() != Place::Document && at() != Place::Service; }
  bool String(const char* text, Size size, bool) {
    const Place place = at();
    if (place == Place::TunnelId) {
      request_.tunnelId.emplace(text, size);
    } else if (place == Place::ClientMode) {
      request_.clientMode.emplace(text, size);
    } else if (place == Place::ThingName) {
      request_.destinationConfig->thingName.emplace(text, size);
    } else if (place == Place::Service) {
      request_.destinationConfig->services->emplace_back(text, size);
    } else {
      return place == Place::Unknown;
    }
    return true;
  }
  bool Key(const char* text, Size size, bool) {
    const std::string_view key(text, size);
    member_ = Place::Unknown;
    if (open_.back() == Place::Document) {
      if (key == "tunnelId") member_ = Place::TunnelId;
      if (key == "clientMode") member_ = Place::ClientMode;
      if (key == "destinationConfig") member_ = Place::DestinationConfig;
    } else if (open_.back() == Place::DestinationConfig) {
      if (key == "thingName") member_ = Place::ThingName;
      if (key == "services") member_ = Place::Services;
    }
    return true;
  }
  bool StartObject() {
    const Place place = at();
    if (place == Place::DestinationConfig) request_.destinationConfig.emplace();
    open_.push_back(place);
    return place == Place::Document || place == Place::DestinationConfig || place == Place::Unknown;
  }
  bool StartArray() {
    const Place place = at();
    if (place == Place::Services) request_.destinationConfig->services.emplace();
    open_.push_back(place);
    return place == Place::Services || place == Place::Unknown;
  }
  bool EndObject(Size) { return close(); }
  bool EndArray(Size) { return close(); }

 private:
  enum class Place : unsigned char {
    Document,
    TunnelId,
    ClientMode,
    DestinationConfig,
    ThingName,
    Services,
    Service,
    Unknown,
  };

  /// Where the value that comes next stands.
  [[nodiscard]] Place at() const {
    if (open_.empty()) return Place::Document;
    if (open_.back() == Place::Services) return Place::Service;
    return open_.back() == Place::Unknown ? Place::Unknown : member_;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  RotateRequest& request_;
  std::vector<Place> open_;
  Place member_ = Place::Unknown;
};

/// Reads `body` into `request`.
inline std::optional<ServiceError> readRotateRequest(std::string_view body,
                                                     RotateRequest& request) {
  namespace json = RAPIDJSON_NAMESPACE;
  // RapidJSON 1.1 takes all the bytes that the first byte of a character promises, also behind the
  // end.
  constexpr std::size_t mostPromised = 3;
  const std::string text = std::string(body).append(mostPromised, '\0');
  json::StringStream stream(text.c_str());
  json::Reader reader;
  RotateRequestHandler handler(request);
  const json::ParseResult result =
      reader.Parse<json::kParseIterativeFlag | json::kParseValidateEncodingFlag>(stream, handler);
  if (!result.IsError() && stream.Tell() == body.size()) return std::nullopt;
  return ServiceError{400, "SerializationException",
                      result.Code() == json::kParseErrorTermination
                          ? "A member of the request has the wrong type."
                          : "The request body is not valid JSON."};
}

/// Whether `text` has 1 to 128 characters, each a letter, a digit or one of `others`.
inline bool isName(std::string_view text, std::string_view others) noexcept {
  if (text.empty() || text.size() > 128) return false;
  for (const char c : text) {
    if (!isAlpha(c) && !isDigit(c) && others.find(c) == std::string_view::npos) return false;
  }
  return true;
}

/// The values of a request that break the service's rules, for one error.
class Violations {
 public:
  void add(const std::optional<std::string>& value, const std::string& member,
           const std::string& constraint) {
    if (count_++ != 0) list_ += "; ";
    list_ += "Value " + (value ? "'" + *value + "' " : std::string()) + "at '" + member +
             "' failed to satisfy constraint: " + constraint;
  }
  [[nodiscard]] std::optional<ServiceError> error() const {
    if (count_ == 0) return std::nullopt;
    return ServiceError{400, "ValidationException",
                        std::to_string(count_) + " validation error" + (count_ == 1 ? "" : "s") +
                            " detected: " + list_};
  }

 private:
  std::size_t count_ = 0;
  std::string list_;
};

inline void validateTunnelId(const std::optional<std::string>& tunnelId, Violations& violations) {
  if (!tunnelId) {
    violations.add({}, "tunnelId", "Member must not be null");
  } else if (!isName(*tunnelId, "_-+=:")) {
    violations.add(tunnelId, "tunnelId",
                   "Member must satisfy regular expression pattern: [a-zA-Z0-9_\\-+=:]{1,128}");
  }
}

/// Collects every value of `request` that breaks the service's rules into one error.
inline std::optional<ServiceError> validateRotateRequest(const RotateRequest& request) {
  constexpr const char* isNull = "Member must not be null";
  constexpr const char* namePattern =
      "Member must have 1 to 128 characters and satisfy regular expression pattern: "
      "[a-zA-Z0-9:_-]+";
  Violations violations;
  validateTunnelId(request.tunnelId, violations);
  if (!request.clientMode) {
    violations.add({}, "clientMode", isNull);
  } else if (*request.clientMode != "SOURCE" && *request.clientMode != "DESTINATION" &&
             *request.clientMode != "ALL") {
    violations.add(request.clientMode, "clientMode",
                   "Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]");
  }
  if (request.destinationConfig) {
    const RotateRequest::Destination& destination = *request.destinationConfig;
    if (destination.thingName && !isName(*destination.thingName, ":_-")) {
      violations.add(destination.thingName, "destinationConfig.thingName", namePattern);
    }
    if (!destination.services) {
      violations.add({}, "destinationConfig.services", isNull);
    } else if (destination.services->empty()) {
      violations.add("[]", "destinationConfig.services",
                     "Member must have length greater than or equal to 1");
    } else {
      for (std::size_t i = 0; i != destination.services->size(); ++i) {
        const std::string& service = (*destination.services)[i];
        if (isName(service, ":_-")) continue;
        violations.add(service, "destinationConfig.services." + std::to_string(i + 1) + ".member",
                       namePattern);
      }
    }
    if (request.clientMode == "SOURCE") {
      violations.add({}, "destinationConfig", "Member must be null where clientMode is SOURCE");
    }
  }
  return violations.error();
}

}  // namespace fake
}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_DETAIL_ROTATE_REQUEST_HPP
