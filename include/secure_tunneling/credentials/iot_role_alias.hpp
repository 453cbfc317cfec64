// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP
#define SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/credentials_document.hpp"
#include "secure_tunneling/detail/http_call.hpp"
#include "secure_tunneling/detail/refusal.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

struct IotRoleAliasOptions {
  /// The account's credentials endpoint, `PREFIX.credentials.iot.REGION.amazonaws.com`, with
  /// `https://` in front or without; `aws iot describe-endpoint --endpoint-type
  /// iot:CredentialProvider` tells it.
  std::string endpoint;
  std::string roleAlias;
  /// Sent as `x-amzn-iot-thingname`, for policies with a thing's variables; empty for none.
  std::string thingName;
};

/// Credentials of the role behind an AWS IoT role alias, for a device with an X.509 certificate.
///
/// The certificate is what the device shows in the TLS handshake: give the transport the files
/// (`CurlTransportOptions::clientCertificateFile` and `clientKeyFile`), and use it for this alone.
/// Three attempts, with waits between. Keeps references to its parts.
class IotRoleAliasCredentials final : public CredentialsProvider {
 public:
  IotRoleAliasCredentials(IotRoleAliasOptions options, HttpTransport& transport, Clock& clock)
      : options_(std::move(options)), transport_(transport), clock_(clock) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    Endpoint endpoint;
    Result<void> located = locate(endpoint);
    if (!located) return located;
    std::string target = "/role-aliases/";
    detail::appendPercentEncoded(options_.roleAlias, target);
    target.append("/credentials"sv);
    detail::HttpCall call("GET"sv, endpoint, target);
    call.addHeader("Accept"sv, "*/*"sv);
    if (!options_.thingName.empty()) call.addHeader("x-amzn-iot-thingname"sv, options_.thingName);
    Result<void> sent = detail::exchange(call, transport_, source, detail::Attempts(3, &clock_));
    if (!sent) return sent;
    HttpResponse& response = call.response();
    if (response.status != 200) {
      return detail::sourceError(ErrorKind::Credentials, source,
                                 {detail::refusalText(response, {})});
    }
    return detail::readCredentials(response.body, {source, "credentials"sv, "sessionToken"sv},
                                   credentials);
  }

 private:
  static constexpr std::string_view source = "IoT role alias"sv;

  /// Only over https: what says who the device is, is its certificate.
  Result<void> locate(Endpoint& endpoint) const {
    const std::string& given = options_.endpoint;
    if (options_.roleAlias.empty()) {
      return detail::sourceError(ErrorKind::Configuration, source, {"no role alias is given"sv});
    }
    const bool hasScheme = given.find("://"sv) != std::string::npos;
    std::string_view problem =
        detail::splitUrl(hasScheme ? given : detail::concat({"https://"sv, given}), endpoint);
    if (problem.empty() && (!endpoint.https || endpoint.path() != "/"sv)) {
      problem = "expected https:// and a host name, without a path"sv;
    }
    if (problem.empty()) return {};
    return detail::sourceError(ErrorKind::Configuration, source,
                               {"endpoint"sv, detail::quotedUrl(given), ": "sv, problem});
  }

  const IotRoleAliasOptions options_;
  HttpTransport& transport_;
  Clock& clock_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_IOT_ROLE_ALIAS_HPP
