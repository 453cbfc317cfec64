// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_HTTP_CALL_HPP
#define SECURE_TUNNELING_DETAIL_HTTP_CALL_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/endpoint.hpp"
#include "secure_tunneling/http.hpp"
#include "secure_tunneling/retry.hpp"

/// What the credential sources that ask a server have in common.
namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// Appends `text` with all but the unreserved characters percent-encoded: one part of a path or of
/// a query, or one side of a form's field.
template <class Text>
void appendPercentEncoded(std::string_view text, Text& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char encoded[] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    out.append(sigv4::detail::isUnreserved(c) ? std::string_view(&c, 1)
                                              : std::string_view(encoded, sizeof encoded));
  }
}

/// An error of the source `source`, whatever failed in it: a call that could not get credentials
/// was not sent, and what an `HttpTransport` said of the source's own request would mislead.
inline Error sourceError(ErrorKind kind, std::string_view source,
                         std::initializer_list<std::string_view> pieces) {
  return errorOf(kind, {source, ": "sv, concat(pieces)});
}
inline Error sourceError(std::string_view source, const Error& cause) {
  Error error = sourceError(
      cause.kind == ErrorKind::Configuration ? ErrorKind::Configuration : ErrorKind::Credentials,
      source, {cause.message});
  error.transportCode = cause.transportCode;
  return error;
}

/// One request with its answer. Header values and the body may be secret: they live in memory that
/// is wiped. The endpoint must outlive it.
class HttpCall {
 public:
  static constexpr std::size_t maxHeaders = 8;
  /// A transport that reads more is not believed.
  static constexpr std::size_t maxBodyBytes = std::size_t{1} << 20;

  /// `target` (a path, with a query or without) goes behind the path of the endpoint.
  HttpCall(std::string_view method, const Endpoint& endpoint, std::string_view target = {})
      : method_(method),
        endpoint_(endpoint),
        host_(endpoint.host()),
        urlAuthority_(endpoint.authority()) {
    std::string_view base = endpoint.path();
    if (target.substr(0, 1) == "/"sv && base.back() == '/') base.remove_suffix(1);
    target_ = concat({base, target});
  }
  ~HttpCall() { response_.clear(); }
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

  /// `name` must outlive the call. Not Host and Content-Length, which a transport adds.
  void addHeader(std::string_view name, std::string_view value) {
    if (headerCount_ == maxHeaders) return refuse(name, "one header too many"sv);
    for (const char c : value) {
      if (isControl(c)) {
        return refuse(name, "the value has a line break or another control character"sv);
      }
    }
    Place& place = headers_[headerCount_++];
    place.begin = lines_.size();
    lines_.append(name);
    lines_.append(": "sv);
    lines_.append(value);
    place.nameSize = name.size();
    place.size = lines_.size() - place.begin;
    lines_.append("\0"sv);
  }
  /// Connects to `address`, one of the endpoint's host name, in place of looking that up; the
  /// caller adds a Host header with the name. `address` must outlive the call.
  void connectTo(std::string_view address) {
    const bool isIpv6 = address.find(':') != std::string_view::npos;
    host_ = address;
    assignPieces(urlAuthority_, {isIpv6 ? "["sv : ""sv, address, isIpv6 ? "]"sv : ""sv,
                                 endpoint_.authority().substr(endpoint_.host().size())});
  }
  /// To be filled; empty at first.
  [[nodiscard]] Secret& body() noexcept { return body_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

  /// Sends it once; may be repeated. A header or target that cannot be sent is an error of kind
  /// `Configuration`; any other is the transport's.
  [[nodiscard]] Result<void> send(HttpTransport& transport) {
    if (!isVisibleAscii(target_)) {
      problem_ = "the path or query has a blank, a control or a non-ASCII character"sv;
    }
    if (!problem_.empty()) return makeError(ErrorKind::Configuration, problem_);
    const std::string url =
        concat({endpoint_.https ? "https://"sv : "http://"sv, urlAuthority_, target_});
    HttpHeader headers[maxHeaders];
    for (std::size_t i = 0; i != headerCount_; ++i) {
      const Place& place = headers_[i];
      const std::string_view line = lines_.expose().substr(place.begin, place.size);
      headers[i] = {line, line.substr(0, place.nameSize), line.substr(place.nameSize + 2)};
    }
    HttpRequest request;
    request.method = method_;
    request.url = url;
    request.https = endpoint_.https;
    request.host = host_;
    request.port = endpoint_.port;
    request.authority = endpoint_.authority();
    request.target = target_;
    request.headers = headers;
    request.headerCount = headerCount_;
    request.body = body_.expose();
    response_.clear();
    Result<void> sent = transport.send(request, response_);
    if (sent && response_.body.size() > maxBodyBytes) {
      response_.clear();
      return makeError(ErrorKind::InvalidResponse, "the answer is too long"sv);
    }
    return sent;
  }

  /// What came back from the last `send` that succeeded.
  [[nodiscard]] HttpResponse& response() noexcept { return response_; }

 private:
  struct Place {
    std::size_t begin;
    std::size_t nameSize;
    std::size_t size;
  };

  void refuse(std::string_view name, std::string_view why) {
    problem_ = concat({"header "sv, name, ": "sv, why});
  }

  std::string_view method_;
  const Endpoint& endpoint_;
  std::string_view host_;
  std::string urlAuthority_;
  std::string target_;
  Secret lines_;
  Place headers_[maxHeaders];
  std::size_t headerCount_ = 0;
  std::string problem_;
  Secret body_;
  HttpResponse response_;
};

/// How often one request is made, and the waits between.
class Attempts {
 public:
  /// With `clock` null it never waits: for servers on the same host.
  explicit Attempts(int most, Clock* clock = nullptr) : most_(most), clock_(clock) {}

  /// Whether to try again after `failure` (of a transport, or of an answer with `httpStatus`, and
  /// `code` where there is one), which may pass by `retryReason` or because the caller knows;
  /// waits before it says yes.
  [[nodiscard]] bool again(const Error& failure, bool mayPass = false) {
    constexpr std::int64_t maxBackoffMs = 5'000;
    mayPass = mayPass || retryReason(failure) != RetryReason::None;
    if (++made_ >= most_ || !mayPass) return false;
    if (clock_ != nullptr) {
      const std::int64_t delayMs =
          retryDelayMs(made_ - 1, clock_->now().random, maxBackoffMs, failure);
      if (delayMs > 0) clock_->wait(delayMs);
    }
    return true;
  }
  [[nodiscard]] int made() const noexcept { return made_; }

 private:
  int most_;
  Clock* clock_;
  int made_ = 0;
};

/// The failure that an answer of this status is, for `Attempts`.
inline Error statusError(int httpStatus) {
  Error error = errorOf(ErrorKind::Service,
                        {"HTTP status "sv, Decimal(static_cast<unsigned>(httpStatus)).text()});
  error.delivery = Delivery::Answered;
  error.httpStatus = httpStatus;
  return error;
}

/// Sends `call`, again after failures that may pass, 429 and 5xx among them. Succeeds with any
/// answer, whatever its status; the error is as of `sourceError`.
inline Result<void> exchange(HttpCall& call, HttpTransport& transport, std::string_view source,
                             Attempts attempts) {
  for (;;) {
    Result<void> sent = call.send(transport);
    const Error failure = sent ? statusError(call.response().status) : std::move(sent).error();
    if (attempts.again(failure)) continue;
    if (sent) return {};
    return sourceError(source, failure);
  }
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_HTTP_CALL_HPP
