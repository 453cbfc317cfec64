// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP
#define SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/system_host_resolver.hpp"
#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/credentials_document.hpp"
#include "secure_tunneling/detail/environment.hpp"
#include "secure_tunneling/detail/http_call.hpp"
#include "secure_tunneling/detail/refusal.hpp"
#include "secure_tunneling/detail/shared_files.hpp"
#include "secure_tunneling/host_resolver.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// Credentials of a container's role, from the agent beside it: ECS, EKS Pod Identity, Greengrass.
///
/// Asks the URL that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI names (on 169.254.170.2), else
/// AWS_CONTAINER_CREDENTIALS_FULL_URI: https to any host, http to loopback and the agents'
/// addresses (169.254.170.2, 169.254.170.23, fd00:ec2::23) only, and to a name when all of its
/// addresses are such; the transport then gets an address to connect to, so that nobody looks the
/// name up again. Sends what the file
/// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds, read anew at each call, else
/// AWS_CONTAINER_AUTHORIZATION_TOKEN. Three attempts, with waits between.
///
/// Keeps references to its parts. The transport should go past a proxy
/// (`CurlTransportOptions::noProxy`) and give up soon: the agent is on the same host.
class ContainerCredentials final : public CredentialsProvider {
 public:
  /// Without `resolver` a `SystemHostResolver` is used.
  ContainerCredentials(HttpTransport& transport, Clock& clock, HostResolver* resolver = nullptr)
      : transport_(transport),
        clock_(clock),
        resolver_(resolver != nullptr ? *resolver : systemResolver_) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    Endpoint endpoint;
    std::vector<std::string> addresses;
    Result<void> located = locate(endpoint, addresses);
    if (!located) return located;
    Result<Secret> token = readToken();
    if (!token) return std::move(token).error();

    detail::HttpCall call("GET"sv, endpoint);
    call.addHeader("Accept"sv, "application/json"sv);
    if (!addresses.empty()) call.addHeader("Host"sv, endpoint.authority());
    if (!token->empty()) call.addHeader("Authorization"sv, token->expose());
    for (detail::Attempts attempts(3, &clock_);;) {
      Error failure;
      Result<void> got = ask(call, addresses, token->expose(), credentials, failure);
      if (got || !attempts.again(failure)) return got;
    }
  }

 private:
  static constexpr std::string_view source = "container"sv;
  static constexpr const char* relativeName = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  static constexpr const char* fullName = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  static constexpr const char* tokenName = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
  static constexpr const char* tokenFileName = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

  /// Where to ask; over http by one of these addresses, where it is a name.
  Result<void> locate(Endpoint& endpoint, std::vector<std::string>& addresses) {
    const std::string_view relative = detail::environmentVariable(relativeName);
    const std::string_view full = detail::environmentVariable(fullName);
    if (relative.empty() && full.empty()) {
      return detail::sourceError(ErrorKind::NoCredentials, source,
                                 {"neither "sv, relativeName, " nor "sv, fullName, " is set"sv});
    }
    std::string problem;
    if (relative.empty()) {
      problem = detail::splitUrl(full, endpoint);
    } else if (relative.front() != '/') {
      problem = "expected a path that begins with /"sv;
    } else {
      problem = detail::splitUrl(detail::concat({"http://169.254.170.2"sv, relative}), endpoint);
    }
    if (problem.empty()) problem = hostProblem(endpoint, addresses);
    if (problem.empty()) return {};
    return detail::sourceError(
        ErrorKind::Configuration, source,
        {relative.empty() ? fullName : relativeName,
         detail::quotedUrl(relative.empty() ? full : relative), ": "sv, problem});
  }

  /// Why the token must not be sent there in the clear; empty when it may.
  std::string_view hostProblem(const Endpoint& endpoint, std::vector<std::string>& addresses) {
    if (endpoint.https) return {};
    const std::string host(endpoint.host());
    unsigned char bytes[sizeof(in6_addr)];
    const bool isAddress = ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
                           ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
    bool isLocal = isLocalAgent(host.c_str());
    if (!isAddress) {
      resolver_.resolve(host, addresses);
      if (addresses.empty()) return "the host name has no address"sv;
      isLocal = true;
      for (const std::string& address : addresses)
        isLocal = isLocal && isLocalAgent(address.c_str());
    }
    return isLocal ? ""sv : "expected https, or a host on loopback or at an agent's address"sv;
  }

  static bool isLocalAgent(const char* address) noexcept {
    unsigned char bytes[sizeof(in6_addr)];
    if (::inet_pton(AF_INET, address, bytes) == 1 && bytes[0] == 127) return true;
    for (const char* const agent : {"169.254.170.2", "169.254.170.23", "::1", "fd00:ec2::23"}) {
      unsigned char its[sizeof(in6_addr)];
      for (const int family : {AF_INET, AF_INET6}) {
        const std::size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
        if (::inet_pton(family, address, bytes) == 1 && ::inet_pton(family, agent, its) == 1 &&
            std::memcmp(bytes, its, size) == 0) {
          return true;
        }
      }
    }
    return false;
  }

  /// What to send in the Authorization header; empty for nothing.
  static Result<Secret> readToken() {
    const std::string path = detail::expandPath(detail::environmentVariable(tokenFileName));
    const char* const from = path.empty() ? tokenName : tokenFileName;
    Secret token;
    if (path.empty()) {
      token.assign(detail::environmentVariable(tokenName));
    } else {
      Result<detail::SharedText> file = detail::readSharedFile({path, true});
      if (!file) return detail::sourceError(source, file.error());
      token = std::move(file->text);
    }
    std::string_view problem;
    if (!path.empty() && token.empty()) {
      problem = "there is no such file, or it is empty or no regular file"sv;
    }
    for (const char c : token.expose()) {
      if (detail::isControl(c)) problem = "the token has a line break or a control character"sv;
    }
    if (problem.empty()) return token;
    return detail::sourceError(ErrorKind::Configuration, source,
                               {from, path.empty() ? ""sv : " "sv, path, ": "sv, problem});
  }

  /// Asks once. `failure` is what the failure is to `Attempts`.
  Result<void> ask(detail::HttpCall& call, const std::vector<std::string>& addresses,
                   std::string_view token, Credentials& credentials, Error& failure) {
    Result<void> sent = send(call, addresses);
    if (!sent) {
      failure = std::move(sent).error();
      return detail::sourceError(source, failure);
    }
    HttpResponse& response = call.response();
    if (response.status == 200) {
      // An agent that is not ready may answer with anything: as good as a failure that passes.
      failure = detail::statusError(503);
      return detail::readCredentials(response.body, {source}, credentials, {token});
    }
    failure = detail::statusError(response.status);
    return detail::sourceError(ErrorKind::Credentials, source,
                               {detail::refusalText(response, {token})});
  }

  /// Sends it to the first of the addresses that can be reached, without any to its own host.
  Result<void> send(detail::HttpCall& call, const std::vector<std::string>& addresses) {
    if (addresses.empty()) return call.send(transport_);
    Result<void> sent;
    for (const std::string& address : addresses) {
      call.connectTo(address);
      sent = call.send(transport_);
      const bool isReached = sent || sent.error().kind != ErrorKind::Transport ||
                             sent.error().delivery != Delivery::NotSent;
      if (isReached) break;
    }
    return sent;
  }

  HttpTransport& transport_;
  Clock& clock_;
  SystemHostResolver systemResolver_;
  HostResolver& resolver_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP
