// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP
#define SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/configured.hpp"
#include "secure_tunneling/detail/credentials_document.hpp"
#include "secure_tunneling/detail/http_call.hpp"
#include "secure_tunneling/detail/refusal.hpp"
#include "secure_tunneling/detail/shared_files.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

struct InstanceMetadataOptions {
  /// `http[s]://host[:port]`. Empty goes by AWS_EC2_METADATA_SERVICE_ENDPOINT, then the profile's
  /// ec2_metadata_service_endpoint, then the mode.
  std::string endpoint;
  /// "IPv4" or "IPv6", in any case: which of the service's own addresses. Empty goes by
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, then the profile's ec2_metadata_service_endpoint_mode,
  /// then IPv4.
  std::string endpointMode;
  /// As for `ProfileCredentials`.
  std::string profile;
  /// Seconds that a session token is asked to live, 1 to 21600.
  std::int32_t tokenTtlSeconds = 21'600;
  /// Goes on without a session token (IMDSv1) where the service gives none, unless
  /// AWS_EC2_METADATA_V1_DISABLED or the profile's ec2_metadata_v1_disabled says no. Off, because
  /// without the token a program that can be made to fetch a URL gives the credentials away.
  bool allowV1 = false;
  /// Milliseconds from the first request in which one is repeated. The transport bounds each.
  std::int64_t retryWithinMs = 500;
  /// For credentials: the name of the instance's role. Empty asks the service for it.
  std::string roleName;
  /// For credentials: asks `security-credentials-extended` first, which adds the account. That is
  /// of no use to this library, but some stand-ins of the service have nothing else.
  bool useExtendedPath = false;
};

/// The instance metadata service of EC2, IMDSv2: a session token is got by PUT and sent along with
/// every GET. The token is kept until two minutes before its end, and got anew when the service no
/// longer takes it. Requests that get an error of the server are made three times at most, without
/// waits between.
///
/// Keeps references to its parts. The transport should go past a proxy
/// (`CurlTransportOptions::noProxy`) and give up within about a second: outside of EC2 nobody
/// answers. One thread at a time.
class InstanceMetadata {
 public:
  /// What its errors begin with.
  static constexpr std::string_view source = "instance metadata"sv;
  /// `Error::code` where the service has nothing at a path.
  static constexpr std::string_view notFound = "NotFound"sv;

  InstanceMetadata(HttpTransport& transport, Clock& clock, InstanceMetadataOptions options = {})
      : transport_(transport), clock_(clock), options_(std::move(options)) {}

  /// The text at `path`, e.g. "/latest/meta-data/placement/region".
  ///
  /// Errors are of kind `NoCredentials` where the service is switched off
  /// (AWS_EC2_METADATA_DISABLED) or nobody answers, and where it has nothing there (404,
  /// `Error::code` is `notFound`); `Configuration` for a malformed setting; else `Credentials`.
  Result<Secret> get(std::string_view path) {
    Result<void> located = locate();
    if (!located) return std::move(located).error();
    const std::int64_t startMs = clock_.now().unixMs;
    for (detail::Attempts attempts(3);;) {
      Error failure;
      Result<Secret> got = ask(path, failure);
      const bool isLate = clock_.now().unixMs - startMs >= options_.retryWithinMs;
      if (got || isLate || !attempts.again(failure)) return got;
    }
  }

  /// The region that the instance is in.
  Result<std::string> region() {
    Result<Secret> text = get("/latest/meta-data/placement/region"sv);
    if (!text) return std::move(text).error();
    const std::string_view region = detail::trimBlanks(text->expose());
    if (detail::isHostLabel(region) && !redactor().isIn(region)) return std::string(region);
    // Not quoted, here and below: what answers with anything else may echo the session token.
    return detail::sourceError(ErrorKind::Credentials, source,
                               {"the answer is no region: expected "sv, detail::regionSyntax});
  }

 private:
  friend class InstanceMetadataCredentials;

  static constexpr std::string_view tokenHeader = "X-aws-ec2-metadata-token"sv;
  static constexpr std::string_view ttlHeader = "X-aws-ec2-metadata-token-ttl-seconds"sv;

  /// Finds out where the service is and how it may be used.
  Result<void> locate() {
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    const detail::ChosenProfile profile = detail::chosenProfile(options_.profile);
    const detail::Configuration configuration(*files, profile.name);
    bool isDisabled = false;
    bool isV1Disabled = false;
    Result<void> read =
        configuration.read(configuration.find({"AWS_EC2_METADATA_DISABLED"}, {}), isDisabled);
    if (read && isDisabled) {
      return detail::sourceError(ErrorKind::NoCredentials, source,
                                 {"switched off by AWS_EC2_METADATA_DISABLED"sv});
    }
    if (read) {
      read = configuration.read(
          configuration.find({"AWS_EC2_METADATA_V1_DISABLED"}, "ec2_metadata_v1_disabled"sv),
          isV1Disabled);
    }
    mayUseV1_ = options_.allowV1 && !isV1Disabled;
    return read ? findEndpoint(configuration) : std::move(read);
  }

  Result<void> findEndpoint(const detail::Configuration& configuration) {
    detail::Configured url{options_.endpoint, "endpoint", nullptr};
    if (url.value.empty()) {
      url = configuration.find({"AWS_EC2_METADATA_SERVICE_ENDPOINT"},
                               "ec2_metadata_service_endpoint"sv);
    }
    detail::Configured mode{options_.endpointMode, "endpointMode", nullptr};
    if (mode.value.empty()) {
      mode = configuration.find({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"},
                                "ec2_metadata_service_endpoint_mode"sv);
    }
    const bool isIpv6 = detail::equalsIgnoreCase(mode.value, "IPv6"sv);
    if (!isIpv6 && !mode.value.empty() && !detail::equalsIgnoreCase(mode.value, "IPv4"sv)) {
      return configuration.refuse(mode, "IPv4 or IPv6"sv);
    }
    if (url.value.empty())
      url.value = isIpv6 ? "http://[fd00:ec2::254]"sv : "http://169.254.169.254"sv;
    Endpoint found;
    if (!detail::splitUrl(url.value, found).empty()) {
      return configuration.refuse(url, "http://HOST or https://HOST"sv);
    }
    // A token is of use only where it came from.
    if (found.url != endpoint_.url) token_.clear();
    endpoint_ = std::move(found);
    return {};
  }

  /// Makes one request, behind one for a token where that is due. `failure` is what a failure is to
  /// `Attempts`.
  Result<Secret> ask(std::string_view path, Error& failure) {
    Result<void> ready = renewToken(failure);
    if (!ready) return std::move(ready).error();
    detail::HttpCall call("GET"sv, endpoint_, path);
    if (!token_.empty()) call.addHeader(tokenHeader, token_.expose());
    Result<void> sent = call.send(transport_);
    if (!sent) return failed(std::move(sent).error(), failure);
    HttpResponse& response = call.response();
    if (response.status == 200) return std::move(response.body);
    failure = detail::statusError(response.status);
    Error error = detail::sourceError(
        response.status == 404 ? ErrorKind::NoCredentials : ErrorKind::Credentials, source,
        {"GET "sv, redactor().quote(path, 80), ": "sv, detail::refusalText(response, redactor())});
    if (response.status == 404) error.code = notFound;
    // With a new token the next attempt may do.
    if (response.status == 401) {
      token_.clear();
      failure.httpStatus = 503;
    }
    return error;
  }

  /// Gets a session token unless there is one for another two minutes.
  Result<void> renewToken(Error& failure) {
    constexpr std::int64_t marginMs = 120'000;
    if (!token_.empty() && clock_.now().unixMs < tokenEndsAtMs_ - marginMs) return {};
    token_.clear();
    const detail::Decimal ttl(static_cast<std::uint64_t>(options_.tokenTtlSeconds));
    detail::HttpCall call("PUT"sv, endpoint_, "/latest/api/token"sv);
    call.addHeader(ttlHeader, ttl.text());
    Result<void> sent = call.send(transport_);
    if (!sent) {
      // A hop limit lets only the answers of IMDSv1 into a container.
      if (mayUseV1_ && sent.error().delivery == Delivery::Unknown) return {};
      return failed(std::move(sent).error(), failure);
    }
    HttpResponse& response = call.response();
    if (response.status == 200) return takeToken(response);
    const bool hasNoTokens =
        response.status == 403 || response.status == 404 || response.status == 405;
    if (mayUseV1_ && hasNoTokens) return {};
    failure = detail::statusError(response.status);
    return detail::sourceError(ErrorKind::Credentials, source,
                               {"no session token: "sv, detail::refusalText(response, {})});
  }

  Result<void> takeToken(HttpResponse& response) {
    const std::string_view token = detail::trimBlanks(response.body.expose());
    if (token.empty() || !detail::isVisibleAscii(token)) {
      return detail::sourceError(
          ErrorKind::Credentials, source,
          {"the session token "sv,
           token.empty() ? "is empty"sv : "has a blank, a control or a non-ASCII character"sv});
    }
    std::int64_t seconds = 0;
    const std::string_view ttl = response.headers.find(ttlHeader).value_or(""sv);
    for (const char c : ttl) {
      if (!detail::isDigit(c) || seconds > 21'600) break;
      seconds = seconds * 10 + (c - '0');
    }
    token_.assign(token);
    tokenEndsAtMs_ = clock_.now().unixMs + seconds * 1000;
    return {};
  }

  [[nodiscard]] detail::Redactor redactor() const noexcept { return {token_.expose()}; }

  /// Outside of EC2 nobody answers: then this source is none.
  static Error failed(Error error, Error& failure) {
    Error told = detail::sourceError(source, error);
    if (error.kind == ErrorKind::Transport) told.kind = ErrorKind::NoCredentials;
    failure = std::move(error);
    return told;
  }

  HttpTransport& transport_;
  Clock& clock_;
  const InstanceMetadataOptions options_;
  Endpoint endpoint_;
  bool mayUseV1_ = false;
  Secret token_;
  std::int64_t tokenEndsAtMs_ = 0;
};

/// Credentials of an EC2 instance's role, from `InstanceMetadata`; see there for the settings and
/// the errors. Those whose time is over are given out with 10 to 15 minutes more: the service
/// renews them late when it is in trouble, and other services go on taking them.
class InstanceMetadataCredentials final : public CredentialsProvider {
 public:
  InstanceMetadataCredentials(HttpTransport& transport, Clock& clock,
                              InstanceMetadataOptions options = {})
      : isNamed_(!options.roleName.empty()),
        isExtended_(options.useExtendedPath),
        role_(options.roleName),
        metadata_(transport, clock, std::move(options)) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    Result<Secret> document = getDocument();
    if (!document) return std::move(document).error();
    Result<void> read = detail::readCredentials(*document, {InstanceMetadata::source}, credentials,
                                                metadata_.redactor());
    if (read && credentials.expiresAtMs && *credentials.expiresAtMs <= query.nowMs) {
      constexpr std::int64_t leastMs = 600'000;
      constexpr std::uint64_t spreadMs = 300'000;
      const auto share = static_cast<std::int64_t>(query.random * spreadMs >> 32);
      credentials.expiresAtMs = query.nowMs + leastMs + share;
    }
    return read;
  }

 private:
  /// Keeps the role's name and the path that were right.
  Result<Secret> getDocument() {
    for (bool isFresh = isNamed_;;) {
      if (role_.empty()) {
        Result<Secret> names = metadata_.get(path());
        if (!names && isMissing(names.error()) && std::exchange(isExtended_, false)) continue;
        if (!names) return names;
        Result<void> named = takeName(names->expose());
        if (!named) return std::move(named).error();
        isFresh = true;
      }
      Result<Secret> document = metadata_.get(path().append(role_));
      if (document || !isMissing(document.error())) return document;
      // Another role has been attached.
      if (!isFresh) {
        role_.clear();
      } else if (!std::exchange(isExtended_, false)) {
        return document;
      }
    }
  }

  [[nodiscard]] std::string path() const {
    return detail::concat(
        {"/latest/meta-data/iam/security-credentials"sv, isExtended_ ? "-extended/"sv : "/"sv});
  }

  static bool isMissing(const Error& error) { return error.code == InstanceMetadata::notFound; }

  /// There is at most one role, on a line of its own.
  Result<void> takeName(std::string_view names) {
    const std::string_view name = detail::trimBlanks(names.substr(0, names.find('\n')));
    // It will be quoted with the path.
    if (name.empty() || !detail::isVisibleAscii(name) || metadata_.redactor().isIn(name) ||
        name.find_first_of("/?#%"sv) != std::string_view::npos) {
      return detail::sourceError(ErrorKind::Credentials, InstanceMetadata::source,
                                 {"the answer is no name of a role"sv});
    }
    role_ = name;
    return {};
  }

  const bool isNamed_;
  bool isExtended_;
  std::string role_;
  InstanceMetadata metadata_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP
