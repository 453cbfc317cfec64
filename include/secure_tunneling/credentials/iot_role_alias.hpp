// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP
#define SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP

/// @file
/// Credentials for a device with a certificate, by an AWS IoT role alias.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Which role alias, and where. Plain values; nothing is read from the environment or a file.
struct IotRoleAliasOptions {
  /// The account's credentials endpoint, `PREFIX.credentials.iot.REGION.amazonaws.com`, with
  /// `https://` in front or without; `aws iot describe-endpoint --endpoint-type
  /// iot:CredentialProvider` tells it.
  std::string endpoint;
  /// The alias, as `aws iot create-role-alias` was given it.
  std::string roleAlias;
  /// Sent as `x-amzn-iot-thingname`, for policies with a thing's variables; empty for none.
  std::string thingName = {};
};

namespace detail {

/// What the credentials endpoint of an account is asked.
class RoleAliasCall final : public SourceCall {
 public:
  RoleAliasCall(CredentialsFetch& fetch, HttpTransport& transport, const Endpoint& endpoint,
                const IotRoleAliasOptions& options) noexcept
      : SourceCall(fetch.exchange(), transport, {}),
        endpoint_(endpoint),
        options_(options),
        out_(fetch.credentials()) {}

 private:
  bool writeRequest(std::int64_t) override {
    std::string target = "/role-aliases/";
    appendPercentEncoded(options_.roleAlias, target);
    target.append("/credentials"sv);
    setRequest("GET"sv, endpoint_, target);
    addHeader("Accept"sv, "*/*"sv);
    return options_.thingName.empty() ||
           addForeignHeader("x-amzn-iot-thingname"sv, options_.thingName);
  }
  Verdict readAnswer(const Moment&) override {
    if (exchange_.response.status != 200) return refuse({});
    CredentialsDocument form;
    form.parent = "credentials"sv;
    form.tokenName = "sessionToken"sv;
    return settle(readCredentials(exchange_.response.body, form, out_), Verdict::Refused);
  }

  const Endpoint& endpoint_;
  const IotRoleAliasOptions& options_;
  Credentials& out_;
};

}  // namespace detail

/// Credentials of the role behind an AWS IoT role alias, for a device with an X.509 certificate.
///
/// The certificate is what the device shows in the TLS handshake: give the transport the files
/// (`CurlTransportOptions::clientCertificateFile` and `clientKeyFile`), and use it for this alone.
/// Three attempts, with waits between. Keeps references to its parts; one thread at a time.
class IotRoleAliasCredentials final : public SerialSource {
 public:
  /// Refers to `transport` and `clock`. Does no I/O.
  IotRoleAliasCredentials(IotRoleAliasOptions options, HttpTransport& transport, Clock& clock)
      : options_(std::move(options)), transport_(transport), clock_(clock) {}

  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

 private:
  static constexpr std::string_view source = "IoT role alias";

  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    Result<void> located = locate(endpoint_);
    if (!located) return fetch.done(std::move(located));
    call_.emplace(fetch, transport_, endpoint_, options_);
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    const Step step = call_->next(now);
    if (step != Step::Done) return fetch.forward(*call_, step);
    return fetch.done(call_->takeOutcome(source));
  }
  void end() noexcept override { call_.reset(); }

  /// Only over https: what says who the device is, is its certificate.
  Result<void> locate(Endpoint& endpoint) const {
    const std::string& given = options_.endpoint;
    if (options_.roleAlias.empty()) {
      return detail::filledFailure(ErrorKind::Configuration, "{}: no role alias is given",
                                   {source});
    }
    const bool hasScheme = given.find("://") != std::string::npos;
    std::string_view problem =
        detail::splitUrl(hasScheme ? given : detail::filled("https://{}", {given}), endpoint);
    if (problem.empty() && (!endpoint.https || endpoint.path() != "/")) {
      problem = "expected https:// and a host name, without a path";
    }
    if (problem.empty()) return {};
    return detail::filledFailure(ErrorKind::Configuration, "{}: endpoint{}: {}",
                                 {source, detail::quotedUrl(given), problem});
  }

  const IotRoleAliasOptions options_;
  HttpTransport& transport_;
  Clock& clock_;
  // Of the search that is under way.
  Endpoint endpoint_;
  std::optional<detail::RoleAliasCall> call_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP
