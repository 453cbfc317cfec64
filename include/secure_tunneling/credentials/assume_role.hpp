// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP
#define SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/sts.hpp"
#include "secure_tunneling/sigv4.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// A role, and how it is taken on.
struct Role {
  std::string arn;
  /// Names the session in the logs of AWS; empty for one made from the time.
  std::string sessionName;
  /// What the owner of the role asks for, where they do.
  std::string externalId;
  /// How long the credentials are good, in seconds; 0 for the hour that STS gives by itself.
  int durationSeconds = 0;
};

/// Takes on roles. For what knows roles by their settings, and leaves STS and signing to others.
class RoleAssumer {
 public:
  virtual ~RoleAssumer() = default;
  /// Writes credentials of `role` to `credentials`, as somebody who has those of `as`.
  virtual Result<void> assume(const StsSettings& sts, const Role& role, const Credentials& as,
                              Credentials& credentials) = 0;

  RoleAssumer(const RoleAssumer&) = delete;
  RoleAssumer& operator=(const RoleAssumer&) = delete;

 protected:
  RoleAssumer() = default;
};

namespace detail {

/// Adds what Signature Version 4 puts into the headers of a form for STS.
template <class Hash>
Result<void> signStsCall(Hash& hash, HttpCall& call, const Endpoint& endpoint,
                         const Credentials& as, std::int64_t nowMs, sigv4::Signature& signature) {
  const AmzDate amzDate = formatAmzDate(nowMs);
  const sigv4::Scope scope{amzDate.day(), endpoint.signingRegion, "sts"sv};
  const sigv4::Header headers[] = {{"content-type"sv, stsContentType},
                                   {"host"sv, endpoint.authority()}};
  sigv4::Signature payloadHash;
  sigv4::SigningKey key;
  sigv4::Status status = sigv4::hashToHex(hash, call.body().expose(), payloadHash);
  sigv4::Request request;
  request.path = endpoint.path();
  request.headers = headers;
  request.headerCount = 2;
  request.payloadHash = payloadHash.text();
  request.amzDate = amzDate.view();
  request.sessionToken = as.sessionToken.expose();
  const sigv4::CanonicalRequest canonical(request);
  if (status == sigv4::Status::Ok) {
    status = sigv4::deriveSigningKey(hash, as.secretAccessKey.expose(), scope, key);
  }
  if (status == sigv4::Status::Ok) {
    status = sigv4::sign(hash, key, scope, canonical, amzDate.view(), signature);
  }
  if (status != sigv4::Status::Ok) {
    return makeError(ErrorKind::Credentials, "the hash policy reported a failure"sv);
  }
  Secret authorization;
  sigv4::writeAuthorization(as.accessKeyId, scope, canonical, signature, authorization);
  call.addHeader("Content-Type"sv, stsContentType);
  call.addHeader("X-Amz-Date"sv, amzDate.view());
  if (!as.sessionToken.empty()) {
    call.addHeader("X-Amz-Security-Token"sv, as.sessionToken.expose());
  }
  call.addHeader("Authorization"sv, authorization.expose());
  return {};
}

}  // namespace detail

/// Takes on roles by AssumeRole of AWS STS, signed with Signature Version 4. `Hash` is the policy
/// of `sigv4.hpp`. Keeps references; one thread at a time.
template <class Hash>
class StsRoleAssumer final : public RoleAssumer {
 public:
  /// Signs with the time of `clock`, and waits on it between attempts.
  StsRoleAssumer(HttpTransport& transport, Clock& clock, Hash hash = Hash())
      : transport_(transport), clock_(clock), hash_(std::move(hash)) {}

  Result<void> assume(const StsSettings& sts, const Role& role, const Credentials& as,
                      Credentials& credentials) override {
    const std::string source =
        detail::concat({"AssumeRole of "sv, detail::printable(role.arn, 120)});
    const char* const problem = detail::problemOf(as);
    if (problem != nullptr) {
      return detail::sourceError(ErrorKind::Credentials, source, {problem});
    }
    Result<Endpoint> endpoint = resolveStsEndpoint(sts);
    if (endpoint && endpoint->signingRegion.empty()) {
      endpoint = makeError(ErrorKind::Configuration, "Invalid Configuration: Missing Region"sv);
    }
    if (!endpoint) return detail::sourceError(source, endpoint.error());
    const detail::Decimal duration(static_cast<std::uint64_t>(role.durationSeconds));
    std::int64_t nowMs = clock_.now().unixMs;
    const std::string sessionName =
        role.sessionName.empty() ? detail::sessionNameOf(nowMs) : role.sessionName;
    for (bool isLast = false;; isLast = true) {
      detail::HttpCall call("POST"sv, *endpoint);
      detail::writeStsForm(
          "AssumeRole"sv,
          {{"RoleArn"sv, role.arn},
           {"RoleSessionName"sv, sessionName},
           {"DurationSeconds"sv, role.durationSeconds == 0 ? ""sv : duration.text()},
           {"ExternalId"sv, role.externalId}},
          call.body());
      sigv4::Signature signature;
      Result<void> done = detail::signStsCall(hash_, call, *endpoint, as, nowMs, signature);
      if (done) {
        done = detail::askSts(
            call, transport_, detail::Attempts(sts.maxAttempts, &clock_), credentials,
            {as.sessionToken.expose(), as.secretAccessKey.expose(), signature.text()});
      }
      if (done) return done;
      const auto serverMs = serverTimeOfSkew(done.error(), call.response(), nowMs);
      if (isLast || !serverMs) return detail::sourceError(source, done.error());
      nowMs = *serverMs;
    }
  }

 private:
  /// The server's time, where it refused the signature because the clocks differ.
  static std::optional<std::int64_t> serverTimeOfSkew(const Error& error,
                                                      const HttpResponse& response,
                                                      std::int64_t nowMs) {
    constexpr std::int64_t toleratedMs = 240'000;
    const bool isRefused = error.code == "SignatureDoesNotMatch"sv ||
                           error.code == "RequestTimeTooSkewed"sv ||
                           error.code == "RequestExpired"sv;
    const auto date = response.headers.find("date"sv);
    if (!isRefused || !date) return std::nullopt;
    const auto serverMs = detail::parseHttpDate(*date);
    const bool isSkewed =
        serverMs && (*serverMs - nowMs > toleratedMs || nowMs - *serverMs > toleratedMs);
    return isSkewed ? serverMs : std::nullopt;
  }

  HttpTransport& transport_;
  Clock& clock_;
  Hash hash_;
};

/// Credentials of a role, for somebody with other ones. Asks at each call; put a cache around it.
/// Keeps references; one thread at a time.
class AssumeRoleCredentials final : public CredentialsProvider {
 public:
  AssumeRoleCredentials(StsSettings sts, Role role, CredentialsProvider& source,
                        RoleAssumer& assumer)
      : sts_(std::move(sts)), role_(std::move(role)), source_(source), assumer_(assumer) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    Credentials as;
    Result<void> found = source_.retrieve(query, as);
    if (!found) return found;
    return assumer_.assume(sts_, role_, as, credentials);
  }

 private:
  StsSettings sts_;
  Role role_;
  CredentialsProvider& source_;
  RoleAssumer& assumer_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP
