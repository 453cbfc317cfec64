// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_HTTP_TRANSPORT_HPP
#define SECURE_TUNNELING_SEAMS_HTTP_TRANSPORT_HPP

/// @file
/// The interface of transports, with requests and responses.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// One header field of a request.
struct HttpHeader {
  /// `name: value`, with a NUL behind it, for C libraries that take whole lines.
  std::string_view line;
  /// In any case, of visible ASCII.
  std::string_view name;
  /// Without line breaks and other control characters; may be secret.
  std::string_view value;
};

/// One request, ready to be sent: views into memory that `RotateCall` owns and keeps unchanged
/// until it is told what came back. `Authorization` and `X-Amz-Security-Token` are secret: do not
/// log header values.
struct HttpRequest {
  /// `POST`; for credentials `GET` and `PUT`, too.
  std::string_view method;
  /// Absolute URL, in ASCII: `scheme://authority` + `target`, or for a name whose address was
  /// checked before, that address in place of the name.
  std::string_view url;
  /// Whether it goes over TLS; else in the clear.
  bool https = true;
  /// Where to connect: the URL's host name or address without a port; an IPv6 address without its
  /// brackets.
  std::string_view host;
  /// The TCP port to connect to; the scheme's own where the URL has none.
  std::uint16_t port = 0;
  /// The exact value of the Host header, which is signed: the host's name, and the port where it is
  /// not the scheme's own.
  std::string_view authority;
  /// What follows the method on the request line: the path, at least "/".
  std::string_view target;
  /// Everything to send but Host, Content-Length and what the connection itself needs. Host is
  /// among them where the URL has an address for the name: a transport sends one of the two.
  const HttpHeader* headers = nullptr;
  /// How many `headers` there are.
  std::size_t headerCount = 0;
  /// May be empty, and may be secret.
  std::string_view body;
  /// Milliseconds that are left for this exchange, from when the driver was told to send the
  /// request; 0: no limit.
  std::int64_t timeoutMs = 0;
  /// The transport gives up once this is true; null without. Set by another thread or a signal
  /// handler.
  const std::atomic<bool>* cancelled = nullptr;

  /// Whether `cancelled` is there, and true.
  [[nodiscard]] bool isCancelled() const noexcept {
    return cancelled != nullptr && cancelled->load(std::memory_order_relaxed);
  }
};

/// Header fields of a response, kept in one buffer so that a warm call does not allocate for them;
/// wiped, because a server or a proxy may echo the request's own.
class HttpHeaders {
 public:
  /// Adds a field. A line break in `name` or `value` is the caller's mistake and ends the field.
  void add(std::string_view name, std::string_view value) {
    using detail::operator""sv;
    block_.append(name);
    block_.append(": "sv);
    block_.append(value);
    block_.append("\n"sv);
  }
  /// Adds a field as it stands on the wire, with or without its CR LF.
  void addLine(std::string_view line) {
    using detail::operator""sv;
    block_.append(line);
    if (line.empty() || line.back() != '\n') block_.append("\n"sv);
  }
  /// Adds a field as `addLine` does, for where nothing may be thrown: false, and nothing is added,
  /// where there is no memory.
  [[nodiscard]] bool tryAddLine(std::string_view line) {
    if (!block_.tryReserve(block_.size() + line.size() + 1)) return false;
    addLine(line);
    return true;
  }
  /// Value of the first field called `name` (any case), without the blanks around it; the view
  /// dies with the next change of this object.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept {
    const std::string_view value = valueOf(name);
    return value.data() == nullptr ? std::nullopt : std::optional<std::string_view>(value);
  }
  /// Value of the first field called `name` (any case), as `find` gives it; empty, and null,
  /// without such a field.
  [[nodiscard]] SECURE_TUNNELING_NOINLINE std::string_view valueOf(
      std::string_view name) const noexcept {
    std::string_view rest = block_.expose();
    while (!rest.empty()) {
      const std::string_view line = detail::takePart(rest, '\n');
      const std::size_t size = name.size();
      if (line.size() > size && line[size] == ':' &&
          detail::equalsIgnoreCase({line.data(), size}, name)) {
        return detail::trimBlanks({line.data() + size + 1, line.size() - size - 1});
      }
    }
    return {};
  }
  /// Makes room for so many bytes in all, names, separators and line ends included. Allocates.
  void reserve(std::size_t bytes) { block_.reserve(bytes); }
  /// Bytes in use, as `reserve` counts them.
  [[nodiscard]] std::size_t size() const noexcept { return block_.size(); }
  /// Wipes all fields and keeps the buffer.
  void clear() noexcept { block_.clear(); }

 private:
  Secret block_;
};

/// One answer. The caller of `HttpTransport::send` owns it and reuses its buffers.
struct HttpResponse {
  /// The HTTP status, 200 or more; 0 before there is an answer.
  int status = 0;
  /// The header fields, at least those that `HttpTransport` names.
  HttpHeaders headers;
  /// The whole body, without the framing of chunks; readers parse it in place.
  Secret body;

  /// Wipes all, keeps the buffers.
  void clear() noexcept {
    status = 0;
    headers.clear();
    body.clear();
  }
};

/// The only door to the network.
///
/// An implementation sends `request` once, exactly as it is, with `Host: authority` and the body's
/// length, follows no redirect, does not retry, and fills `response` (which arrives cleared) with
/// the final answer, whatever its status: the status, 200 or more; the whole body, without the
/// framing of chunks; and of the headers at least Age, Date, Retry-After, X-Amz-Retry-After,
/// X-Amzn-Errortype and X-Amzn-Requestid. Over https it checks the server's certificate against
/// trusted authorities and `host`, and takes the end of the connection for the end of an answer
/// only where TLS says so. It limits the size of what it accepts, and wipes copies of the body and
/// of header values that it makes.
///
/// A connection may be kept for the next request. It is used again only when there is nothing on it
/// to be read: a late answer to another request, or what a load balancer says to an idle client,
/// would be taken for the answer, and tokens go to the wrong tunnel. (What arrives between that
/// look and the request cannot be told from its answer.) And only in the process that opened it:
/// after a fork the other one neither uses it nor ends its TLS. Descriptors are closed by exec.
/// What a proxy says to CONNECT is no answer, and none of its headers are among the answer's.
///
/// It MUST give up when `HttpRequest::timeoutMs` are over, or its own limit where that is shorter;
/// and within 100 ms of `HttpRequest::cancelled`, in whatever it waits for: then it sends nothing
/// more, but returns an answer that is there. With the flag set before the first byte nothing is
/// sent at all. The connection of a request that was given up is closed. The errors are `Cancelled`
/// for the flag, and for the time `DeadlineExceeded` or, as a call knows its end, `Transport`.
///
/// It returns an `Error` when there is no complete answer, of kind `Transport`, or `Untrusted` or
/// `Configuration` where trying again is of no use, or `InvalidResponse` for an answer over its
/// size limit, a single header line included; of an error answer's body the beginning will do.
/// `delivery` is `NotSent` only when no byte of the request can have reached the service, else
/// `Unknown`; `message` is one line without header values; `transportCode` is its own. Every wait
/// is bounded; nothing is thrown. Called by one thread at a time unless the implementation says
/// more.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// Sends `request` and fills `response`, as `HttpTransport` says; blocks meanwhile. Success is a
  /// complete answer of whatever status, or as much of an error answer as the size limit allows.
  // In parentheses, as where it is called: lwIP has a macro `send`.
  virtual Result<void>(send)(const HttpRequest& request, HttpResponse& response) = 0;

  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

 protected:
  HttpTransport() = default;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_HTTP_TRANSPORT_HPP
