// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_RECORDED_REQUEST_HPP
#define SECURE_TUNNELING_TESTING_RECORDED_REQUEST_HPP

/// @file
/// A copy of a request, for tests.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A request that owns its characters: a copy of one that was sent, or one made by hand. For tests
/// only: nothing in it is wiped.
struct RecordedRequest {
  /// One header field.
  struct Header {
    std::string name;   ///< in the case that it was sent in
    std::string value;  ///< as it was sent
  };

  /// As the member of this name of `HttpRequest`.
  /// @{
  std::string method = "POST";
  std::string url;
  bool https = true;
  std::string host;
  std::uint16_t port = 0;
  std::string authority;
  std::string target = "/";
  std::vector<Header> headers;
  std::string body;
  /// @}

  /// A POST to "/", to be filled in.
  RecordedRequest() = default;
  /// A copy of `request`, with all of its headers.
  explicit RecordedRequest(const HttpRequest& request)
      : method(request.method),
        url(request.url),
        https(request.https),
        host(request.host),
        port(request.port),
        authority(request.authority),
        target(request.target),
        body(request.body) {
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      headers.push_back(
          {std::string(request.headers[i].name), std::string(request.headers[i].value)});
    }
  }

  /// Value of the first header called `name` (any case).
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
    for (const Header& header : headers) {
      if (detail::equalsIgnoreCase(header.name, name)) return header.value;
    }
    return std::nullopt;
  }

  /// This request as views, to be sent (again); they die with the next change of this object.
  [[nodiscard]] HttpRequest view() {
    lines_.clear();
    for (const Header& header : headers)
      lines_.push_back(header.name + ": " + header.value);
    views_.clear();
    for (std::size_t i = 0; i != headers.size(); ++i) {
      views_.push_back({lines_[i], headers[i].name, headers[i].value});
    }
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.https = https;
    request.host = host;
    request.port = port;
    request.authority = authority;
    request.target = target;
    request.headers = views_.data();
    request.headerCount = views_.size();
    request.body = body;
    return request;
  }

 private:
  std::vector<std::string> lines_;
  std::vector<HttpHeader> views_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_RECORDED_REQUEST_HPP
