// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP
#define SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP

/// @file
/// A service for tests, in process.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

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
#include "secure_tunneling/testing/detail/answer_time.hpp"
#include "secure_tunneling/testing/detail/civil_time.hpp"
#include "secure_tunneling/testing/detail/rotate_request.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"
#include "secure_tunneling/testing/detail/tunnels.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

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
/// signer) and every member, revokes and issues tokens, and fails on request; it also knows
/// CloseTunnel, and who may connect to a tunnel. Deterministic: the same calls give the same tokens
/// and request ids.
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
  /// How long a tunnel lives at most, in milliseconds.
  static constexpr std::int64_t twelveHoursMs = 12 * 60 * 60 * 1000;
  /// Bytes of the largest request body that is taken.
  static constexpr std::size_t maxBodySize = 1024 * 1024;

  /// What the service publishes to a device.
  struct Notification {
    std::string thingName;              ///< the device
    std::string clientAccessToken;      ///< the new token of the destination
    std::vector<std::string> services;  ///< of the tunnel's destination
    std::string topic;                  ///< `$aws/things/<thingName>/tunnels/notify`
    std::string payload;                ///< JSON: clientAccessToken, clientMode, region, services
  };

  /// What a local proxy is connected to.
  struct Connection {
    std::string tunnelId;               ///< as of `addTunnel`
    std::vector<std::string> services;  ///< of the tunnel's destination, empty without one
    std::int64_t endsAtMs = 0;          ///< the tunnel's, in milliseconds since the Unix epoch
  };

  /// A service of `region`, without tunnels and credentials, whose time is that of `clock`.
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
    const detail::fake::Tunnel& tunnel = tunnels_.open(
        std::move(tunnelId), clock_.now().unixMs + lifetimeMs, std::move(destination));
    rotate(tunnel, true, true);
  }
  /// Closes a tunnel for good, as CloseTunnel does; its tokens are worth nothing from now on.
  void closeTunnel(std::string_view tunnelId) { tunnels_.close(tunnelId); }
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
  /// Each request from now on takes so many milliseconds on `clock`. Where that is more than the
  /// request has left, it is processed all the same, and its answer comes too late: the time passes
  /// that is left, and the caller gets `DeadlineExceeded` and `Delivery::Unknown`.
  void setAnswerTime(ManualClock& clock, std::int64_t milliseconds) {
    answerTime_ = {&clock, milliseconds};
  }

  // What has happened.

  /// The current token of the source of an open tunnel, spent or not; empty without such a tunnel.
  [[nodiscard]] std::string sourceToken(std::string_view tunnelId) {
    return tokenOf(tunnelId, ClientMode::SOURCE);
  }
  /// The current token of its destination, spent or not; empty without such a tunnel.
  [[nodiscard]] std::string destinationToken(std::string_view tunnelId) {
    return tokenOf(tunnelId, ClientMode::DESTINATION);
  }
  /// Whether a local proxy could connect with `token`: current, not spent, its tunnel open.
  [[nodiscard]] bool accepts(std::string_view token) {
    return isCurrent(token) && tunnels_.isUnused(token);
  }
  /// Whether a local proxy that connected with `token` still is: not rotated away, its tunnel open.
  [[nodiscard]] bool isCurrent(std::string_view token) {
    return tunnels_.isCurrent(token, clock_.now().unixMs);
  }
  /// A local proxy connects on `side`, SOURCE or DESTINATION: spends `token`, or is refused with
  /// the text of the service's 400 answer. What was spent with a client token (32 to 128 letters,
  /// digits and hyphens) can be used again with the same one.
  [[nodiscard]] Result<Connection> connect(std::string_view token, ClientMode side,
                                           std::string_view clientToken = {}) {
    if (const auto reason = tunnels_.refusal(token, side, clientToken, clock_.now().unixMs)) {
      Error error = makeError(ErrorKind::Service, *reason);
      error.httpStatus = 400;
      error.delivery = Delivery::Answered;
      return error;
    }
    const detail::fake::Tunnel& tunnel = tunnels_.connect(token, clientToken);
    return Connection{tunnel.id, tunnel.destination.services, tunnel.endsAtMs};
  }
  /// What devices were told so far, in order.
  [[nodiscard]] const std::vector<Notification>& notifications() const { return notifications_; }
  /// Requests so far, those that met a fault included.
  [[nodiscard]] int calls() const { return calls_; }
  /// Requests so far that rotated a token, whether or not the caller saw it.
  [[nodiscard]] int rotations() const { return rotations_; }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    response.clear();
    if (request.isCancelled()) {
      return detail::fake::givenUp(ErrorKind::Cancelled, Delivery::NotSent);
    }
    ++calls_;
    Result<void> sent = answer(request, response);
    if (answerTime_.pass(request)) return sent;
    response.clear();
    return detail::fake::givenUp(ErrorKind::DeadlineExceeded, Delivery::Unknown);
  }

 private:
  using ServiceError = detail::fake::ServiceError;
  using RotateRequest = detail::fake::RotateRequest;
  using Tunnel = detail::fake::Tunnel;
  using Writer = RAPIDJSON_NAMESPACE::Writer<RAPIDJSON_NAMESPACE::StringBuffer>;
  using Members = std::vector<std::pair<const char*, std::string>>;

  Result<void> answer(const HttpRequest& request, HttpResponse& response) {
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
    if (auto error = checkBody(request)) return error;
    const std::string operation = operationOf(request);
    const bool closes = operation == "CloseTunnel";
    if (!closes && operation != "RotateTunnelAccessToken") {
      return ServiceError{400, "UnknownOperationException",
                          "The method, content type and target do not name an operation."};
    }
    if (!allowUnsigned_ || detail::fake::findHeader(request, "authorization")) {
      detail::fake::SignatureCheck signature(request, region_, credentials_, serviceTimeMs());
      if (auto error = signature.run()) return error;
    }
    RotateRequest body;
    if (auto error = detail::fake::readRotateRequest(request.body, body)) return error;
    return closes ? processClose(body) : processRotation(body, answer);
  }

  std::optional<ServiceError> processClose(const RotateRequest& body) {
    detail::fake::Violations violations;
    detail::fake::validateTunnelId(body.tunnelId, violations);
    if (auto error = violations.error()) return error;
    if (findTunnel(*body.tunnelId) == nullptr) return notFound(*body.tunnelId);
    closeTunnel(*body.tunnelId);
    return std::nullopt;
  }

  std::optional<ServiceError> processRotation(const RotateRequest& body, Members& answer) {
    if (auto error = detail::fake::validateRotateRequest(body)) return error;
    Tunnel* const tunnel = findTunnel(*body.tunnelId);
    if (tunnel == nullptr) return notFound(*body.tunnelId);
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
    if (source) answer.emplace_back("sourceAccessToken", sourceToken(tunnel->id));
    if (destination) answer.emplace_back("destinationAccessToken", destinationToken(tunnel->id));
    return std::nullopt;
  }

  static ServiceError notFound(const std::string& tunnelId) {
    return {400, "ResourceNotFoundException", "Tunnel not found: " + tunnelId};
  }

  static std::optional<ServiceError> checkBody(const HttpRequest& request) {
    if (request.body.size() > maxBodySize) {
      return ServiceError{
          413, "RequestEntityTooLargeException",
          "The request body has more than " + std::to_string(maxBodySize) + " bytes."};
    }
    const auto encoding = detail::fake::findHeader(request, "content-encoding");
    if (encoding && !detail::equalsIgnoreCase(*encoding, "identity")) {
      return ServiceError{415, "UnsupportedMediaTypeException",
                          "The request body is encoded, which no operation allows."};
    }
    return std::nullopt;
  }

  /// The name of the operation that the headers ask for; empty where they ask for none.
  static std::string operationOf(const HttpRequest& request) {
    const std::string type = detail::fake::findHeader(request, "content-type").value_or("");
    const std::string target = detail::fake::findHeader(request, "x-amz-target").value_or("");
    constexpr std::string_view service = "IoTSecuredTunneling.";
    if (request.method != "POST" || target.compare(0, service.size(), service) != 0 ||
        detail::trimBlanks(std::string_view(type).substr(0, type.find(';'))) !=
            "application/x-amz-json-1.1") {
      return {};
    }
    return target.substr(service.size());
  }

  [[nodiscard]] std::string partition() const {
    if (region_.compare(0, 3, "cn-") == 0) return "aws-cn";
    return region_.compare(0, 7, "us-gov-") == 0 ? "aws-us-gov" : "aws";
  }

  Tunnel* findTunnel(std::string_view tunnelId) {
    return tunnels_.find(tunnelId, clock_.now().unixMs);
  }
  std::string tokenOf(std::string_view tunnelId, ClientMode side) {
    const Tunnel* const tunnel = findTunnel(tunnelId);
    return tunnel == nullptr ? std::string() : tunnels_.tokenOf(*tunnel, side);
  }

  void rotate(const Tunnel& tunnel, bool source, bool destination) {
    if (source) tunnels_.rotate(tunnel, ClientMode::SOURCE, newToken());
    if (!destination) return;
    tunnels_.rotate(tunnel, ClientMode::DESTINATION, newToken());
    if (tunnel.destination.thingName) notify(tunnel);
  }

  void notify(const Tunnel& tunnel) {
    Notification notification;
    notification.thingName = *tunnel.destination.thingName;
    notification.clientAccessToken = tunnels_.tokenOf(tunnel, ClientMode::DESTINATION);
    notification.services = tunnel.destination.services;
    notification.topic = "$aws/things/" + notification.thingName + "/tunnels/notify";
    RAPIDJSON_NAMESPACE::StringBuffer text;
    Writer writer(text);
    writer.StartObject();
    writeMember(writer, "clientAccessToken", notification.clientAccessToken);
    writeMember(writer, "clientMode", "destination");
    writeMember(writer, "region", region_);
    writer.Key("services");
    writer.StartArray();
    for (const std::string& service : notification.services)
      writeString(writer, service);
    writer.EndArray();
    writer.EndObject();
    notification.payload.assign(text.GetString(), text.GetSize());
    notifications_.push_back(std::move(notification));
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

  static void writeString(Writer& writer, std::string_view value) {
    writer.String(value.data(), static_cast<RAPIDJSON_NAMESPACE::SizeType>(value.size()));
  }
  static void writeMember(Writer& writer, const char* name, std::string_view value) {
    writer.Key(name);
    writeString(writer, value);
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
    Writer writer(text);
    writer.StartObject();
    for (const auto& [name, value] : members)
      writeMember(writer, name, value);
    writer.EndObject();
    response.status = status;
    response.headers.add("x-amzn-RequestId", newRequestId());
    response.headers.add("Content-Type", "application/x-amz-json-1.1");
    response.body.assign({text.GetString(), text.GetSize()});
  }

  Clock& clock_;
  const std::string region_;
  std::vector<detail::fake::KnownCredentials> credentials_;
  detail::fake::Tunnels tunnels_;
  std::vector<Notification> notifications_;
  std::vector<Fault> faults_;
  std::string retryAfter_;
  detail::fake::AnswerTime answerTime_;
  std::int64_t clockOffsetMs_ = 0;
  std::uint64_t randomState_ = 0;
  bool allowUnsigned_ = false;
  int calls_ = 0;
  int rotations_ = 0;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_FAKE_SECURE_TUNNELING_SERVICE_HPP
