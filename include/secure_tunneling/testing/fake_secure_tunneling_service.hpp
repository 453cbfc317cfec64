// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP
#define SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/model.hpp"
#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/testing/detail/civil_time.hpp"
#include "secure_tunneling/testing/detail/rotate_request.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// What can go wrong on request, see `FakeSecureTunnelingService::injectFault`.
enum class Fault : unsigned char {
  // The request is not processed.
  ConnectionRefused,      ///< transport error, `Delivery::NotSent`
  DroppedBeforeRotation,  ///< transport error, `Delivery::Unknown`
  Throttled,              ///< 400 ThrottlingException
  AccessDenied,           ///< 403 AccessDeniedException
  InternalError,          ///< 500 InternalServerException
  BadGateway,             ///< 502 without a body
  ServiceUnavailable,     ///< 503 with an HTML body
  // The request is processed: the tokens may have been rotated, and the caller does not see them.
  DroppedAfterRotation,  ///< transport error, `Delivery::Unknown`
  EmptyBody,             ///< the body is missing
  TruncatedBody,         ///< the second half of the body is missing
  NotJsonBody,           ///< the body is plain text
  WrongTypeBody,         ///< the body's members have other types than they should
  InvalidUtf8Body,       ///< the body's text is not UTF-8
};

/// AWS IoT Secure Tunneling's RotateTunnelAccessToken, in process: a transport that answers as the
/// service does. It holds tunnels, checks every signature (on its own, not with the library's
/// signer) and every member, revokes and issues tokens, and fails on request. Deterministic: the
/// same calls give the same tokens and request ids.
///
///     ManualClock clock;
///     FakeSecureTunnelingService service(clock);
///     service.addCredentials("AKIDEXAMPLE", "secret");
///     service.addTunnel("my-tunnel");
///     service.injectFault(Fault::DroppedAfterRotation);
///
/// For tests and examples: its secrets are plain strings. One thread at a time.
class FakeSecureTunnelingService final : public HttpTransport {
 public:
  static constexpr std::int64_t twelveHoursMs = 12 * 60 * 60 * 1000;

  /// What the service publishes to a device, on `$aws/things/<thingName>/tunnels/notify`.
  struct Notification {
    std::string thingName;
    std::string clientAccessToken;
    std::vector<std::string> services;
  };

  explicit FakeSecureTunnelingService(Clock& clock, std::string region = "us-east-1")
      : clock_(clock), region_(std::move(region)) {}

  // What is there.

  /// Adds credentials; with a session token, requests must carry it.
  void addCredentials(std::string accessKeyId, std::string secretAccessKey,
                      std::string sessionToken = {},
                      std::optional<std::int64_t> expiresAtMs = std::nullopt) {
    credentials_.push_back(
        {std::move(accessKeyId), std::move(secretAccessKey), std::move(sessionToken), expiresAtMs});
  }
  /// Opens a tunnel, as OpenTunnel does: it ends after `lifetimeMs`, whatever is rotated. With a
  /// thing name in `destination`, the device is told its token.
  void addTunnel(std::string tunnelId, std::int64_t lifetimeMs = twelveHoursMs,
                 DestinationConfig destination = {}) {
    closeTunnel(tunnelId);
    Tunnel tunnel;
    tunnel.id = std::move(tunnelId);
    tunnel.endsAtMs = clock_.now().unixMs + lifetimeMs;
    tunnel.destination = std::move(destination);
    tunnels_.push_back(std::move(tunnel));
    rotate(tunnels_.back(), true, true);
  }
  /// Closes a tunnel for good; its tokens are worth nothing from now on.
  void closeTunnel(std::string_view tunnelId) {
    tunnels_.erase(std::remove_if(tunnels_.begin(), tunnels_.end(),
                                  [tunnelId](const Tunnel& one) { return one.id == tunnelId; }),
                   tunnels_.end());
  }
  /// Serves requests without an Authorization header too; a signature is still checked.
  void allowUnsigned(bool allow = true) { allowUnsigned_ = allow; }
  /// Makes the service's clock differ from the one it was given.
  void setClockOffset(std::int64_t offsetMs) { clockOffsetMs_ = offsetMs; }
  /// The next `times` requests, after those of earlier faults, meet `fault`.
  void injectFault(Fault fault, int times = 1) {
    for (int i = 0; i < times; ++i)
      faults_.push_back(fault);
  }
  /// Value of the Retry-After header on throttled answers and 5xx; none when empty.
  void setRetryAfter(std::string value) { retryAfter_ = std::move(value); }

  // What has happened.

  /// The current token of an open tunnel, spent or not; empty without such a tunnel.
  [[nodiscard]] std::string sourceToken(std::string_view tunnelId) {
    const Tunnel* const tunnel = findTunnel(tunnelId);
    return tunnel == nullptr ? std::string() : tunnel->source.text;
  }
  [[nodiscard]] std::string destinationToken(std::string_view tunnelId) {
    const Tunnel* const tunnel = findTunnel(tunnelId);
    return tunnel == nullptr ? std::string() : tunnel->destinationSide.text;
  }
  /// Whether a local proxy could connect with `token`: current, not spent, its tunnel open.
  [[nodiscard]] bool accepts(std::string_view token) { return findToken(token) != nullptr; }
  /// A local proxy connects: spends `token`, or is refused.
  [[nodiscard]] bool connect(std::string_view token) {
    Token* const found = findToken(token);
    if (found == nullptr) return false;
    found->spent = true;
    return true;
  }
  /// What devices were told so far, in order.
  [[nodiscard]] const std::vector<Notification>& notifications() const { return notifications_; }
  /// Requests so far, those that met a fault included.
  [[nodiscard]] int calls() const { return calls_; }
  /// Requests so far that rotated a token, whether or not the caller saw it.
  [[nodiscard]] int rotations() const { return rotations_; }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    ++calls_;
    response.clear();
    const std::optional<Fault> fault = nextFault();
    if (fault == Fault::ConnectionRefused) {
      return transportError(Delivery::NotSent, "connection refused");
    }
    if (fault == Fault::DroppedBeforeRotation) {
      return transportError(Delivery::Unknown, "connection closed before an answer");
    }
    response.headers.add("Date", detail::fake::toHttpDate(serviceTimeMs()));
    if (fault && answerInstead(*fault, response)) return {};
    handle(request, response);
    if (fault == Fault::DroppedAfterRotation) {
      response.clear();
      return transportError(Delivery::Unknown, "connection closed before an answer");
    }
    if (fault) damageBody(*fault, response);
    return {};
  }

 private:
  using ServiceError = detail::fake::ServiceError;
  using RotateRequest = detail::fake::RotateRequest;
  using Members = std::vector<std::pair<const char*, std::string>>;

  struct Token {
    std::string text;
    bool spent = false;
  };
  struct Tunnel {
    std::string id;
    std::int64_t endsAtMs = 0;
    DestinationConfig destination;
    Token source;
    Token destinationSide;
  };

  static Error transportError(Delivery delivery, const char* message) {
    Error error = makeError(ErrorKind::Transport, message);
    error.delivery = delivery;
    return error;
  }

  [[nodiscard]] std::int64_t serviceTimeMs() { return clock_.now().unixMs + clockOffsetMs_; }

  std::optional<Fault> nextFault() {
    if (faults_.empty()) return std::nullopt;
    const Fault fault = faults_.front();
    faults_.erase(faults_.begin());
    return fault;
  }

  void handle(const HttpRequest& request, HttpResponse& response) {
    Members answer;
    const std::optional<ServiceError> error = process(request, answer);
    if (error) {
      writeError(*error, response);
    } else {
      writeBody(200, answer, response);
    }
  }

  std::optional<ServiceError> process(const HttpRequest& request, Members& answer) {
    if (auto error = checkOperation(request)) return error;
    if (!allowUnsigned_ || detail::fake::findHeader(request, "authorization")) {
      detail::fake::SignatureCheck check(request, region_, credentials_, serviceTimeMs());
      if (auto error = check.run()) return error;
    }
    RotateRequest body;
    if (auto error = detail::fake::readRotateRequest(request.body, body)) return error;
    if (auto error = detail::fake::validateRotateRequest(body)) return error;
    Tunnel* const tunnel = findTunnel(*body.tunnelId);
    if (tunnel == nullptr) {
      return ServiceError{400, "ResourceNotFoundException", "Tunnel not found: " + *body.tunnelId};
    }
    if (body.destinationConfig) {
      const RotateRequest::Destination& destination = *body.destinationConfig;
      if (destination.thingName) tunnel->destination.thingName = destination.thingName;
      tunnel->destination.services = *destination.services;
    }
    const bool source = *body.clientMode != "DESTINATION";
    const bool destination = *body.clientMode != "SOURCE";
    rotate(*tunnel, source, destination);
    ++rotations_;
    answer.emplace_back("tunnelArn", "arn:" + partition() + ":iot:" + region_ +
                                         ":123456789012:tunnel/" + tunnel->id);
    if (source) answer.emplace_back("sourceAccessToken", tunnel->source.text);
    if (destination) answer.emplace_back("destinationAccessToken", tunnel->destinationSide.text);
    return std::nullopt;
  }

  static std::optional<ServiceError> checkOperation(const HttpRequest& request) {
    const std::string type = detail::fake::findHeader(request, "content-type").value_or("");
    if (request.method == "POST" &&
        detail::trimBlanks(std::string_view(type).substr(0, type.find(';'))) ==
            "application/x-amz-json-1.1" &&
        detail::fake::findHeader(request, "x-amz-target") ==
            "IoTSecuredTunneling.RotateTunnelAccessToken") {
      return std::nullopt;
    }
    return ServiceError{400, "UnknownOperationException",
                        "The method, content type and target do not name an operation."};
  }

  [[nodiscard]] std::string partition() const {
    if (region_.compare(0, 3, "cn-") == 0) return "aws-cn";
    return region_.compare(0, 7, "us-gov-") == 0 ? "aws-us-gov" : "aws";
  }

  Tunnel* findTunnel(std::string_view tunnelId) {
    for (Tunnel& tunnel : tunnels_) {
      if (tunnel.id == tunnelId && clock_.now().unixMs < tunnel.endsAtMs) return &tunnel;
    }
    return nullptr;
  }
  Token* findToken(std::string_view text) {
    for (Tunnel& tunnel : tunnels_) {
      if (clock_.now().unixMs >= tunnel.endsAtMs) continue;
      for (Token* const token : {&tunnel.source, &tunnel.destinationSide}) {
        if (token->text == text && !token->spent) return token;
      }
    }
    return nullptr;
  }

  void rotate(Tunnel& tunnel, bool source, bool destination) {
    if (source) tunnel.source = {newToken(), false};
    if (!destination) return;
    tunnel.destinationSide = {newToken(), false};
    if (!tunnel.destination.thingName) return;
    notifications_.push_back(
        {*tunnel.destination.thingName, tunnel.destinationSide.text, tunnel.destination.services});
  }

  std::string newToken() {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string token = "AQGAA";
    while (token.size() != 325)
      token += digits[nextRandom() & 63U];
    return token;
  }
  std::string newRequestId() {
    constexpr char digits[] = "0123456789abcdef";
    std::string id = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
    for (char& c : id) {
      if (c == 'x') c = digits[nextRandom() & 15U];
    }
    return id;
  }
  /// SplitMix64.
  std::uint64_t nextRandom() {
    randomState_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = randomState_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// Answers for a fault that keeps the request from being processed; false for the others.
  bool answerInstead(Fault fault, HttpResponse& response) {
    if (fault == Fault::AccessDenied) {
      writeError({403, "AccessDeniedException",
                  "User: arn:aws:iam::123456789012:user/example is not authorized to perform: "
                  "iot:RotateTunnelAccessToken"},
                 response);
    } else if (fault == Fault::Throttled) {
      addRetryAfter(response);
      writeError({400, "ThrottlingException", "Rate exceeded"}, response);
    } else if (fault == Fault::InternalError) {
      addRetryAfter(response);
      writeError({500, "InternalServerException", "Internal server error"}, response);
    } else if (fault == Fault::BadGateway) {
      addRetryAfter(response);
      response.status = 502;
    } else if (fault == Fault::ServiceUnavailable) {
      addRetryAfter(response);
      response.status = 503;
      response.headers.add("Content-Type", "text/html");
      response.body.assign("<html><body><h1>503 Service Unavailable</h1></body></html>\n");
    } else {
      return false;
    }
    return true;
  }
  static void damageBody(Fault fault, HttpResponse& response) {
    if (fault == Fault::EmptyBody) {
      response.body.clear();
    } else if (fault == Fault::TruncatedBody) {
      const std::string whole(response.body.expose());
      response.body.assign(std::string_view(whole).substr(0, whole.size() / 2));
    } else if (fault == Fault::NotJsonBody) {
      response.body.assign("OK");
    } else if (fault == Fault::WrongTypeBody) {
      response.body.assign(R"({"tunnelArn":{},"sourceAccessToken":42})");
    } else if (fault == Fault::InvalidUtf8Body) {
      response.body.assign("{\"tunnelArn\":\"\xff\xfe\"}");
    }
  }

  void addRetryAfter(HttpResponse& response) const {
    if (!retryAfter_.empty()) response.headers.add("Retry-After", retryAfter_);
  }
  void writeError(const ServiceError& error, HttpResponse& response) {
    response.headers.add("x-amzn-ErrorType", error.code);
    writeBody(error.status, {{"__type", error.code}, {"message", error.message}}, response);
  }
  void writeBody(int status, const Members& members, HttpResponse& response) {
    RAPIDJSON_NAMESPACE::StringBuffer text;
    RAPIDJSON_NAMESPACE::Writer<RAPIDJSON_NAMESPACE::StringBuffer> writer(text);
    writer.StartObject();
    for (const auto& [name, value] : members) {
      writer.Key(name);
      writer.String(value.data(), static_cast<RAPIDJSON_NAMESPACE::SizeType>(value.size()));
    }
    writer.EndObject();
    response.status = status;
    response.headers.add("x-amzn-RequestId", newRequestId());
    response.headers.add("Content-Type", "application/x-amz-json-1.1");
    response.body.assign({text.GetString(), text.GetSize()});
  }

  Clock& clock_;
  const std::string region_;
  std::vector<detail::fake::KnownCredentials> credentials_;
  std::vector<Tunnel> tunnels_;
  std::vector<Notification> notifications_;
  std::vector<Fault> faults_;
  std::string retryAfter_;
  std::int64_t clockOffsetMs_ = 0;
  std::uint64_t randomState_ = 0;
  bool allowUnsigned_ = false;
  int calls_ = 0;
  int rotations_ = 0;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP
