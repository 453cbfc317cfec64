// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP
#define SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP

/// @file
/// Credentials of a container, on ECS or EKS.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/pauses.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/detail/ip_address.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/host_resolver.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

/// What the agent is asked. With addresses, at the first of them that can be reached.
class ContainerCall final : public SourceCall {
 public:
  ContainerCall(CredentialsFetch& fetch, HttpTransport& transport, const Endpoint& endpoint,
                const std::vector<std::string>& addresses, std::string_view token) noexcept
      : SourceCall(fetch.exchange(), transport, {}),
        endpoint_(endpoint),
        addresses_(addresses),
        token_(token),
        out_(fetch.credentials()) {}

 private:
  bool writeRequest(std::int64_t) override {
    setRequest("GET"sv, endpoint_);
    addHeader("Accept"sv, "application/json"sv);
    if (!addresses_.empty()) connectTo(addresses_[address_]);
    return token_.empty() || addForeignHeader("Authorization"sv, token_);
  }
  /// Has the transport look nothing up: the name may mean something else by then.
  void connectTo(std::string_view address) {
    const bool isIpv6 = address.find(':') != std::string_view::npos;
    assignForm(exchange_.url, isIpv6 ? "http://[{}]{}{}" : "http://{}{}{}",
               {address, endpoint_.authority().substr(endpoint_.host().size()), endpoint_.path()});
    exchange_.request.url = exchange_.url;
    exchange_.request.host = address;
    addHeader("Host"sv, endpoint_.authority());
  }
  bool goesOnAfter(const Error& error) override {
    const bool isReached =
        error.kind != ErrorKind::Transport || error.delivery != Delivery::NotSent;
    const bool hasNext = !isReached && address_ + 1 < addresses_.size();
    address_ = hasNext ? address_ + 1 : 0;
    return hasNext;
  }
  Verdict readAnswer(const Moment&) override {
    if (exchange_.response.status != 200) return refuse({token_});
    // An agent that is not ready may answer with anything.
    return settle(readCredentials(exchange_.response.body, {}, out_, {token_}), Verdict::Passes);
  }

  const Endpoint& endpoint_;
  const std::vector<std::string>& addresses_;
  std::size_t address_ = 0;
  std::string_view token_;
  Credentials& out_;
};

}  // namespace detail

/// Credentials of a container's role, from the agent beside it: ECS, EKS Pod Identity, Greengrass.
///
/// Asks the URL that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI names (on 169.254.170.2), else
/// AWS_CONTAINER_CREDENTIALS_FULL_URI: https to any host, http to loopback and the agents'
/// addresses (169.254.170.2, 169.254.170.23, fd00:ec2::23) only, and to a name when all of its
/// addresses are such; the transport then gets an address to connect to, so that nobody looks the
/// name up again. Sends what the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds, read anew at
/// each call, else AWS_CONTAINER_AUTHORIZATION_TOKEN. Three attempts, with waits between.
///
/// A name is looked up in steps, with waits of 1 to 20 ms between, where the resolver has them;
/// nothing blocks but reading that file.
///
/// Keeps references to its parts; one thread at a time. The transport should go past a proxy
/// (`CurlTransportOptions::noProxy`) and give up soon: the agent is on the same host.
class ContainerCredentials final : public SerialSource {
 public:
  /// `resolver` looks names up, a `SystemHostResolver` for one; without it the only name is
  /// localhost.
  ContainerCredentials(HttpTransport& transport, Clock& clock, HostResolver* resolver = nullptr)
      : transport_(transport), clock_(clock), resolver_(resolver) {}

  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

 private:
  static constexpr std::string_view source = "container";
  static constexpr const char* relativeName = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  static constexpr const char* fullName = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  static constexpr const char* tokenName = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
  static constexpr const char* tokenFileName = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    Result<void> located = locate();
    if (!located) return fetch.done(std::move(located));
    host_ = endpoint_.host();
    return isLookedUp() ? proceed(fetch, now) : ask(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    if (!call_) {
      if (!hasResolved()) return fetch.wait(pauses_.nextMs());
      return ask(fetch, now);
    }
    const Step step = call_->next(now);
    if (step != Step::Done) return fetch.forward(*call_, step);
    return fetch.done(call_->takeOutcome(source));
  }
  void end() noexcept override {
    if (resolver_ != nullptr) resolver_->abandon(addresses_);
    call_.reset();
    pauses_ = {};
    addresses_.clear();
    token_.clear();
  }

  /// Finds out where to ask.
  Result<void> locate() {
    const std::string_view relative = detail::environmentVariable(relativeName);
    const std::string_view full = detail::environmentVariable(fullName);
    if (relative.empty() && full.empty()) {
      return detail::filledFailure(ErrorKind::NoCredentials, "{}: neither {} nor {} is set",
                                   {source, relativeName, fullName});
    }
    std::string problem;
    if (relative.empty()) {
      problem = detail::splitUrl(full, endpoint_);
    } else if (relative.front() != '/') {
      problem = "expected a path that begins with /";
    } else {
      problem = detail::splitUrl(detail::filled("http://169.254.170.2{}", {relative}), endpoint_);
    }
    if (problem.empty()) return {};
    return errorAbout(problem);
  }
  static Failure errorAbout(std::string_view problem) {
    const std::string_view relative = detail::environmentVariable(relativeName);
    const bool isFull = relative.empty();
    return detail::filledFailure(
        ErrorKind::Configuration, "{}: {}{}: {}",
        {source, isFull ? fullName : relativeName,
         detail::quotedUrl(isFull ? detail::environmentVariable(fullName) : relative), problem});
  }

  /// Whether it has to be known what the host's name leads to: over http the token must not be sent
  /// anywhere.
  [[nodiscard]] bool isLookedUp() const noexcept {
    unsigned char bytes[sizeof(in6_addr)];
    return !endpoint_.https && ::inet_pton(AF_INET, host_.c_str(), bytes) != 1 &&
           ::inet_pton(AF_INET6, host_.c_str(), bytes) != 1;
  }
  [[nodiscard]] bool isLocalhost() const noexcept { return host_ == "localhost"; }
  /// Looks the host's name up; false while that goes on.
  bool hasResolved() {
    if (resolver_ == nullptr) {
      if (isLocalhost()) addresses_ = {"127.0.0.1", "::1"};
      return true;
    }
    return resolver_->proceed(host_, addresses_);
  }

  Step ask(CredentialsFetch& fetch, const Moment& now) {
    const std::string_view problem = hostProblem();
    Result<void> ready = problem.empty() ? readToken(token_) : errorAbout(problem);
    if (!ready) return fetch.done(std::move(ready));
    call_.emplace(fetch, transport_, endpoint_, addresses_, token_.expose());
    return proceed(fetch, now);
  }

  /// Why the token must not be sent there in the clear; empty when it may.
  [[nodiscard]] std::string_view hostProblem() const {
    if (endpoint_.https) return {};
    bool isLocal = true;
    if (isLookedUp()) {
      if (resolver_ == nullptr && !isLocalhost()) {
        return "a host name takes a HostResolver, which the program has not given";
      }
      if (addresses_.empty()) return "the host name has no address";
      for (const std::string& address : addresses_)
        isLocal = isLocal && isLocalAgent(address.c_str());
    } else {
      isLocal = isLocalAgent(host_.c_str());
    }
    return isLocal ? "" : "expected https, or a host on loopback or at an agent's address";
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
  static Result<void> readToken(Secret& token) {
    const std::string path = detail::expandPath(detail::environmentVariable(tokenFileName));
    const char* const from = path.empty() ? tokenName : tokenFileName;
    if (path.empty()) {
      token.assign(detail::environmentVariable(tokenName));
    } else {
      Result<detail::SharedText> file = detail::readSharedFile({path, true});
      if (!file) return detail::sourceError(source, file.error());
      token = std::move(file->text);
    }
    std::string_view problem;
    if (!path.empty() && token.empty()) {
      problem = "there is no such file, or it is empty or no regular file";
    }
    for (const char c : token.expose()) {
      if (detail::isControl(c)) problem = "the token has a line break or a control character";
    }
    if (problem.empty()) return {};
    return detail::filledFailure(ErrorKind::Configuration,
                                 path.empty() ? "{}: {}{}: {}" : "{}: {} {}: {}",
                                 {source, from, path, problem});
  }

  HttpTransport& transport_;
  Clock& clock_;
  HostResolver* resolver_;
  // Of the search that is under way.
  Endpoint endpoint_;
  std::string host_;
  detail::Pauses pauses_;
  std::vector<std::string> addresses_;
  Secret token_;
  std::optional<detail::ContainerCall> call_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CONTAINER_HPP
