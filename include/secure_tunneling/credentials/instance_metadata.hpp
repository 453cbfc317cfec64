// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP
#define SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP

/// @file
/// The instance metadata service of EC2, and credentials from it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// How the instance metadata service is reached. Plain values; the environment and the shared files
/// are read at a call, where these are empty.
struct InstanceMetadataOptions {
  /// `http[s]://host[:port]`. Empty goes by AWS_EC2_METADATA_SERVICE_ENDPOINT, then the profile's
  /// ec2_metadata_service_endpoint, then the mode.
  std::string endpoint = {};
  /// "IPv4" or "IPv6", in any case: which of the service's own addresses. Empty goes by
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, then the profile's ec2_metadata_service_endpoint_mode,
  /// then IPv4.
  std::string endpointMode = {};
  /// As for `ProfileCredentials`.
  std::string profile = {};
  /// Seconds that a session token is asked to live, 1 to 21600.
  std::int32_t tokenTtlSeconds = 21'600;
  /// Goes on without a session token (IMDSv1) where the service gives none, unless
  /// AWS_EC2_METADATA_V1_DISABLED or the profile's ec2_metadata_v1_disabled says no. Off, because
  /// without the token a program that can be made to fetch a URL gives the credentials away.
  bool allowV1 = false;
  /// How long after its first attempt a request is still repeated, in milliseconds, with three
  /// attempts in all; 0 for a single attempt. Where AWS_METADATA_SERVICE_NUM_ATTEMPTS or the
  /// profile's metadata_service_num_attempts sets the number of attempts, that many are made,
  /// however long they take. The transport limits the time of each.
  std::int64_t retryWithinMs = 500;
  /// For credentials: the name of the instance's role. Empty asks the service for it.
  std::string roleName = {};
  /// For credentials: asks `security-credentials-extended` first, which adds the account. That is
  /// of no use to this library, but some stand-ins of the service have nothing else.
  bool useExtendedPath = false;
};

/// The instance metadata service of EC2, IMDSv2: a session token is got by PUT and sent along with
/// every GET. The token is kept until two minutes before its end, and got anew when the service no
/// longer takes it. Requests that get an error of the server are made three times at most, or as
/// often as is configured, without waits between.
///
/// Keeps references to its parts. The transport should go past a proxy
/// (`CurlTransportOptions::noProxy`) and give up within about a second: outside of EC2 nobody
/// answers. One thread at a time.
class InstanceMetadata {
 public:
  /// What its errors begin with.
  static constexpr std::string_view source = "instance metadata";
  /// `Error::code` where the service has nothing at a path.
  static constexpr std::string_view notFound = "NotFound";

  /// Refers to `transport` and `clock`, and copies `options`. Does no I/O.
  InstanceMetadata(HttpTransport& transport, Clock& clock,
                   const InstanceMetadataOptions& options = {})  // NOLINT(*-by-value): for size
      : transport_(transport), clock_(clock), options_(options) {}

  /// The text at `path`, e.g. "/latest/meta-data/placement/region".
  ///
  /// Errors are of kind `NoCredentials` where the service is switched off
  /// (AWS_EC2_METADATA_DISABLED) or nobody answers, and where it has nothing there (404,
  /// `Error::code` is `notFound`); `Configuration` for a malformed setting; those of `limits`; else
  /// `Credentials`.
  Result<Secret> get(std::string_view path, const CallLimits& limits = {}) {
    Result<void> located = locate();
    if (!located) return std::move(located).error();
    HttpExchange exchange;
    exchange.end.begin(limits);
    Get get(*this, exchange, path);
    driveToEnd(get, nullptr, clock_);
    Result<void> got = get.takeOutcome();
    if (!got) return std::move(got).error();
    return std::move(exchange.response.body);
  }

  /// The region that the instance is in.
  Result<std::string> region(const CallLimits& limits = {}) {
    Result<Secret> text = get("/latest/meta-data/placement/region", limits);
    if (!text) return std::move(text).error();
    const std::string_view region = detail::trimBlanks(text->expose());
    if (detail::isHostLabel(region) && !redactor().isIn(region)) return std::string(region);
    // Not quoted, here and below: what answers with anything else may echo the session token.
    return detail::filledFailure(ErrorKind::Credentials, "{}: the answer is no region: expected {}",
                                 {source, detail::regionSyntax});
  }

 private:
  friend class InstanceMetadataCredentials;

  static constexpr std::string_view tokenHeader = "X-aws-ec2-metadata-token";
  static constexpr std::string_view ttlHeader = "X-aws-ec2-metadata-token-ttl-seconds";

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
      return detail::filledFailure(ErrorKind::NoCredentials,
                                   "{}: switched off by AWS_EC2_METADATA_DISABLED", {source});
    }
    if (read) {
      read = configuration.read(
          configuration.find({"AWS_EC2_METADATA_V1_DISABLED"}, "ec2_metadata_v1_disabled"),
          isV1Disabled);
    }
    mayUseV1_ = options_.allowV1 && !isV1Disabled;
    attempts_ = 0;
    if (read) {
      read = configuration.read(configuration.find({"AWS_METADATA_SERVICE_NUM_ATTEMPTS"},
                                                   "metadata_service_num_attempts"),
                                attempts_);
    }
    int seconds = 0;  // which are for who makes the transport
    if (read) {
      read = configuration.read(
          configuration.find({"AWS_METADATA_SERVICE_TIMEOUT"}, "metadata_service_timeout"),
          seconds);
    }
    return read ? findEndpoint(configuration) : std::move(read);
  }

  Result<void> findEndpoint(const detail::Configuration& configuration) {
    detail::Configured url{options_.endpoint, "endpoint", nullptr};
    if (url.value.empty()) {
      url = configuration.find({"AWS_EC2_METADATA_SERVICE_ENDPOINT"},
                               "ec2_metadata_service_endpoint");
    }
    detail::Configured mode{options_.endpointMode, "endpointMode", nullptr};
    if (mode.value.empty()) {
      mode = configuration.find({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"},
                                "ec2_metadata_service_endpoint_mode");
    }
    const bool isIpv6 = detail::equalsIgnoreCase(mode.value, "IPv6");
    if (!isIpv6 && !mode.value.empty() && !detail::equalsIgnoreCase(mode.value, "IPv4")) {
      return configuration.errorAbout(mode, "IPv4 or IPv6");
    }
    if (url.value.empty()) url.value = isIpv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    Endpoint found;
    if (!detail::splitUrl(url.value, found).empty()) {
      return configuration.errorAbout(url, "http://HOST or https://HOST");
    }
    // A token is of use only where it came from.
    if (found.url != endpoint_.url) token_.clear();
    endpoint_ = std::move(found);
    return {};
  }

  [[nodiscard]] CallRules rules() const noexcept {
    CallRules rules;
    // Nobody waits for what is not there outside of EC2.
    rules.maxBackoffMs = 0;
    if (options_.retryWithinMs <= 0) rules.maxAttempts = 1;
    if (attempts_ != 0) rules.maxAttempts = attempts_;
    return rules;
  }
  [[nodiscard]] std::int64_t retryWithinMs() const noexcept {
    return attempts_ != 0 ? 0 : options_.retryWithinMs;
  }

  /// One GET, behind a PUT for a session token where that is due.
  class Get final : public detail::SourceCall {
   public:
    Get(InstanceMetadata& service, HttpExchange& exchange, std::string_view path)
        : SourceCall(exchange, service.transport_, service.rules(), service.retryWithinMs()),
          service_(service),
          path_(path) {}

    /// At `Done`, with the text in the body of the answer.
    [[nodiscard]] Result<void> takeOutcome() {
      Result<void> outcome = SourceCall::takeOutcome(source);
      if (outcome) return outcome;
      // Outside of EC2 nobody answers: then this source is none.
      if (error_->kind == ErrorKind::Transport || isMissing_) {
        outcome.error().kind = ErrorKind::NoCredentials;
      }
      if (isMissing_) outcome.error().code = notFound;
      // A token goes no further than the instance's hop limit lets it.
      if (asksForToken_ && error_->kind == ErrorKind::Transport &&
          error_->delivery == Delivery::Unknown) {
        outcome.error().message.append(
            "; in a container the hop limit has to be 2 or more for the answer to come");
      }
      return outcome;
    }

   private:
    bool writeRequest(std::int64_t nowMs) override {
      asksForToken_ = !goesWithoutToken_ && !hasNewToken_ && !service_.hasToken(nowMs);
      if (asksForToken_) {
        const detail::Decimal ttl(static_cast<std::uint64_t>(service_.options_.tokenTtlSeconds));
        setRequest("PUT", service_.endpoint_, "/latest/api/token");
        addHeader(ttlHeader, ttl.text());
        return true;
      }
      if (!goesWithoutToken_) addHeader(tokenHeader, service_.token_.expose());
      return setForeignTarget("GET", service_.endpoint_, path_);
    }

    Verdict readAnswer(const Moment& now) override {
      if (asksForToken_) return judgeToken(now);
      HttpResponse& response = exchange_.response;
      if (response.status == 200) return Verdict::Finished;
      goesWithoutToken_ = hasNewToken_ = false;
      isMissing_ = response.status == 404;
      const bool isRefusedToken = response.status == 401;
      const detail::Redactor redactor = service_.redactor();
      const Verdict verdict = refuse(redactor);
      error_->message = detail::filled("GET {}: {}", {redactor.quote(path_, 80), error_->message});
      if (!isRefusedToken) return verdict;
      // With a new token the next attempt may do.
      service_.token_.clear();
      return Verdict::Passes;
    }
    Verdict judgeToken(const Moment& now) {
      const int status = exchange_.response.status;
      if (status == 200) {
        Result<void> taken = service_.takeToken(exchange_.response, now.unixMs);
        hasNewToken_ = taken.hasValue();
        return hasNewToken_ ? Verdict::Another : settle(std::move(taken), Verdict::Refused);
      }
      const bool hasNoTokens = status == 403 || status == 404 || status == 405;
      goesWithoutToken_ = service_.mayUseV1_ && hasNoTokens;
      if (goesWithoutToken_) return Verdict::Another;
      // It may be a token all the same.
      if (status < 300) exchange_.response.body.clear();
      const Verdict verdict = refuse({});
      error_->message.insert(0, "no session token: ");
      return verdict;
    }
    /// A hop limit lets only the answers of IMDSv1 into a container.
    bool goesOnAfter(const Error& error) override {
      goesWithoutToken_ =
          asksForToken_ && service_.mayUseV1_ && error.delivery == Delivery::Unknown;
      return goesWithoutToken_;
    }

    InstanceMetadata& service_;
    const std::string path_;
    bool asksForToken_ = false;
    bool goesWithoutToken_ = false;
    /// Which is used, however short it lives.
    bool hasNewToken_ = false;
    bool isMissing_ = false;
  };

  [[nodiscard]] detail::Redactor redactor() const noexcept { return {token_.expose()}; }

  /// Whether there is a session token for another two minutes.
  [[nodiscard]] bool hasToken(std::int64_t nowMs) const noexcept {
    constexpr std::int64_t marginMs = 120'000;
    return !token_.empty() && nowMs < tokenEndsAtMs_ - marginMs;
  }
  Result<void> takeToken(const HttpResponse& response, std::int64_t nowMs) {
    const std::string_view token = detail::trimBlanks(response.body.expose());
    if (token.empty() || !detail::isVisibleAscii(token)) {
      return detail::failure(ErrorKind::Credentials, "the session token",
                             token.empty() ? " is empty" : detail::unsendable);
    }
    constexpr std::int32_t longest = 21'600;
    const std::int32_t seconds =
        detail::parseDecimal(response.headers.find(ttlHeader).value_or(""));
    token_.assign(token);
    // Without a lifetime that can be read it is good for this once.
    tokenEndsAtMs_ =
        seconds < 0 ? nowMs : nowMs + std::int64_t{1000} * (seconds < longest ? seconds : longest);
    return {};
  }

  HttpTransport& transport_;
  Clock& clock_;
  const InstanceMetadataOptions options_;
  Endpoint endpoint_;
  bool mayUseV1_ = false;
  /// Where they are configured; else 0.
  int attempts_ = 0;
  Secret token_;
  std::int64_t tokenEndsAtMs_ = 0;
};

/// Credentials of an EC2 instance's role, from `InstanceMetadata`; see there for the settings and
/// the errors. Those whose time is over are given out with 10 to 15 minutes more: the service
/// renews them late when it is in trouble, and other services go on taking them.
class InstanceMetadataCredentials final : public SerialSource {
 public:
  /// Refers to `transport` and `clock`, and copies `options`. Does no I/O.
  InstanceMetadataCredentials(HttpTransport& transport, Clock& clock,
                              const InstanceMetadataOptions& options = {})
      : isNamed_(!options.roleName.empty()),
        isExtended_(options.useExtendedPath),
        role_(options.roleName),
        metadata_(transport, clock, options) {}

  [[nodiscard]] Clock* clock() noexcept override { return &metadata_.clock_; }

 private:
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    Result<void> located = metadata_.locate();
    if (!located) return fetch.done(std::move(located));
    isFresh_ = isNamed_;
    ask(fetch);
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    for (;;) {
      const Step step = get_->next(now);
      if (step != Step::Done) return fetch.forward(*get_, step);
      Result<void> got = get_->takeOutcome();
      if (got && !asksForName_) return fetch.done(read(fetch));
      if (got) got = takeName(fetch.exchange().response.body.expose());
      if (got) {
        isFresh_ = true;
      } else if (!findsAnother(got.error())) {
        return fetch.done(std::move(got));
      }
      ask(fetch);
    }
  }
  void end() noexcept override { get_.reset(); }

  /// Asks for the credentials of the role, or for its name first.
  void ask(CredentialsFetch& fetch) {
    asksForName_ = role_.empty();
    get_.emplace(metadata_, fetch.exchange(), path().append(role_));
  }
  /// Whether there is something else to ask for, where something is missing.
  bool findsAnother(const Error& error) {
    if (error.code != InstanceMetadata::notFound) return false;
    const bool isReplaced = !asksForName_ && !isFresh_;
    // Another role has been attached.
    if (isReplaced) role_.clear();
    return isReplaced || std::exchange(isExtended_, false);
  }
  Result<void> read(CredentialsFetch& fetch) {
    Credentials& credentials = fetch.credentials();
    Result<void> read = detail::readCredentials(fetch.exchange().response.body, {}, credentials,
                                                metadata_.redactor());
    if (!read) return detail::sourceError(InstanceMetadata::source, read.error());
    const CredentialsQuery& query = fetch.query();
    if (credentials.expiresAtMs && *credentials.expiresAtMs <= query.nowMs) {
      constexpr std::int64_t leastMs = 600'000;
      constexpr std::uint64_t spreadMs = 300'000;
      const auto share = static_cast<std::int64_t>(query.random * spreadMs >> 32);
      credentials.expiresAtMs = query.nowMs + leastMs + share;
    }
    return {};
  }

  [[nodiscard]] std::string path() const {
    return detail::concat(
        {"/latest/meta-data/iam/security-credentials", isExtended_ ? "-extended/" : "/"});
  }

  /// There is at most one role, on a line of its own.
  Result<void> takeName(std::string_view names) {
    const std::string_view name = detail::trimBlanks(names.substr(0, names.find('\n')));
    // It will be quoted with the path.
    if (name.empty() || !detail::isVisibleAscii(name) || metadata_.redactor().isIn(name) ||
        name.find_first_of("/?#%") != std::string_view::npos) {
      return detail::filledFailure(ErrorKind::Credentials, "{}: the answer is no name of a role",
                                   {InstanceMetadata::source});
    }
    role_ = name;
    return {};
  }

  const bool isNamed_;
  bool isExtended_;
  std::string role_;
  InstanceMetadata metadata_;
  // Of the search that is under way.
  std::optional<InstanceMetadata::Get> get_;
  bool asksForName_ = false;
  /// The name of the role has just been asked for, or is given.
  bool isFresh_ = false;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_INSTANCE_METADATA_HPP
