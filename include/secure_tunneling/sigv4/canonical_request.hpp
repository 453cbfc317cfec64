// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_CANONICAL_REQUEST_HPP
#define SECURE_TUNNELING_SIGV4_CANONICAL_REQUEST_HPP

/// @file
/// The canonical form of a request, for Signature Version 4.

#include <cstddef>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/before_x11.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace sigv4 {

/// Headers of one request, those added by the signer included.
inline constexpr std::size_t maxHeaders = 64;

/// What came of canonicalising or signing.
enum class Status : unsigned char {
  Ok,               ///< it is done
  HashFailure,      ///< the hash policy returned false
  ForbiddenHeader,  ///< the request already has Authorization or a header that the signer adds
  TooManyHeaders,   ///< more than `maxHeaders`
};

/// One header of a request that is signed.
struct Header {
  /// In any case; signed in lower case.
  std::string_view name;
  /// As it is sent: blanks around it, and runs of them inside, are signed as the specification
  /// says.
  std::string_view value;
};

/// What is signed. All views must outlive the use.
struct Request {
  /// As on the request line, in upper case.
  std::string_view method = "POST";
  /// As on the request line, without the query; empty means "/".
  std::string_view path = "/";
  /// As `writeCanonicalQuery()` of `canonical_query.hpp` gives it: apart from this, because many
  /// requests have none, and whoever signs such does not pay for the code.
  std::string_view canonicalQuery = {};
  /// Host and whatever else is sent; a name may repeat, its values are joined in order.
  const Header* headers = nullptr;
  /// How many `headers` there are.
  std::size_t headerCount = 0;
  /// Names of `headers` that are left out of the signature (a proxy may change them), in any case.
  const std::string_view* unsignedHeaders = nullptr;
  /// How many `unsignedHeaders` there are.
  std::size_t unsignedHeaderCount = 0;
  /// SHA-256 of the body in lower-case hex, or a literal such as UNSIGNED-PAYLOAD.
  std::string_view payloadHash;
  /// `YYYYMMDDTHHMMSSZ`; signed as X-Amz-Date, which the caller sends with this value.
  std::string_view amzDate;
  /// Signed as X-Amz-Security-Token where not empty; the caller sends it.
  std::string_view sessionToken = {};
  /// Signs `payloadHash` as X-Amz-Content-Sha256 too; the caller sends it.
  bool signPayloadHash = false;
  /// Off for S3, which takes paths literally.
  bool normalizePath = true;
  /// Off for S3, which encodes paths once.
  bool doubleEncodePath = true;
};

namespace detail {

using secure_tunneling::detail::compareIgnoreCase;
using secure_tunneling::detail::isBlank;
using secure_tunneling::detail::isUnreserved;
using secure_tunneling::detail::takePart;

/// Appends a path or a segment of one; encoded, a "%" becomes "%25".
SECURE_TUNNELING_NOINLINE inline void appendPathText(PieceBuffer& out, std::string_view text,
                                                     bool encode) noexcept {
  for (const char c : text) {
    if (!encode || c == '/' || isUnreserved(c)) {
      out.append(c);
    } else {
      secure_tunneling::detail::appendPercentEncoded(static_cast<unsigned char>(c), out);
    }
  }
}

/// How much deeper a segment leads in a path: 1, but 0 for an empty one or ".", and -1 for "..".
SECURE_TUNNELING_NOINLINE inline int depthOf(std::string_view segment) noexcept {
  if (segment.find_first_not_of('.') != std::string_view::npos || segment.size() > 2) return 1;
  return segment.size() == 2 ? -1 : 0;
}

/// Appends `path` without the segments that are no names, and without those that a ".." takes back.
inline void appendPath(PieceBuffer& out, std::string_view path, bool normalize,
                       bool encode) noexcept {
  if (!normalize && path.size() > 1) return appendPathText(out, path, encode);
  bool isRoot = true;
  std::string_view tail = path;  // behind the last ".."
  for (std::string_view rest = path; !rest.empty();) {
    if (depthOf(takePart(rest, '/')) < 0) tail = rest;
  }
  const std::string_view head(path.data(), path.size() - tail.size());
  // What is taken back is known from the end, but is written from the front. There is room for
  // where a group of names begin; where there are more, the rest is gone through again.
  constexpr std::size_t groupSize = 64;
  std::uint32_t group[groupSize];
  for (std::size_t left = head.size(); left != 0;) {
    std::size_t found = 0;
    int takenBack = 0;
    for (std::size_t end = head.size(); found != left && end != 0;) {
      std::size_t begin = end;
      while (begin != 0 && head[begin - 1] != '/')
        --begin;
      const int depth = depthOf({head.data() + begin, end - begin});
      if (depth > 0 && takenBack == 0) {
        group[found++ % groupSize] = static_cast<std::uint32_t>(begin);
      } else {
        takenBack -= depth;
      }
      end = begin != 0 ? begin - 1 : 0;
    }
    left = found;
    for (std::size_t i = 0; i != groupSize && left != 0; ++i) {
      std::string_view rest = head;
      rest.remove_prefix(group[--left % groupSize]);
      out.append('/');
      appendPathText(out, takePart(rest, '/'), encode);
      isRoot = false;
    }
  }
  while (!tail.empty()) {
    const std::string_view segment = takePart(tail, '/');
    if (depthOf(segment) <= 0) continue;
    out.append('/');
    appendPathText(out, segment, encode);
    isRoot = false;
  }
  if (isRoot || path.back() == '/') out.append('/');
}

/// Appends a header value without the blanks around it and with each inner run of them as one space
/// (a folded line is such a run).
inline void appendTrimmed(PieceBuffer& out, std::string_view value) noexcept {
  for (bool wroteAny = false; !value.empty();) {
    std::size_t size = 0;
    while (size != value.size() && !isBlank(value[size]))
      ++size;
    if (size != 0) {
      if (wroteAny) out.append(' ');
      out.append({value.data(), size});
      wroteAny = true;
    }
    value.remove_prefix(size != value.size() ? size + 1 : size);
  }
}

}  // namespace detail

/// Writes the canonical form of a path, as every service but S3 wants it. `path` and `Sink` are as
/// of `Request` and `CanonicalRequest`.
template <class Sink>
void writeCanonicalPath(std::string_view path, Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  detail::appendPath(out, path, true, true);
}

/// The canonical form of one request: its headers in order, written to a sink on demand. A sink has
/// `append(std::string_view)`, which must not throw: one that may run out of memory is given it
/// before. Holds a reference to the request.
class CanonicalRequest {
 public:
  /// Puts the headers in order. `request`, and what its views show, must outlive this. `status()`
  /// says whether it can be signed.
  explicit CanonicalRequest(const Request& request) noexcept : request_(request) {
    const bool hasToken = !request.sessionToken.empty();
    insert(date);
    if (request.signPayloadHash) insert(payloadHash);
    if (hasToken) insert(sessionToken);
    // The last name is the caller's where it is not the signer's.
    const std::size_t ownNamesCount = hasToken ? ownCount : ownCount - 1;
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      const std::string_view header = request.headers[i].name;
      if (isAmong(header, ownNames, ownNamesCount)) {
        status_ = Status::ForbiddenHeader;
      }
      if (!isAmong(header, request.unsignedHeaders, request.unsignedHeaderCount)) {
        insert(ownCount + i);
      }
    }
  }

  /// `Ok`, `ForbiddenHeader` or `TooManyHeaders`.
  [[nodiscard]] Status status() const noexcept { return status_; }

  /// Writes the canonical request; `status()` must be `Ok`.
  // In parentheses: lwIP has a macro `write`.
  template <class Sink>
  void(write)(Sink& sink) const {
    detail::SinkBuffer<Sink> out(sink);
    writeTo(out);
  }
  /// Writes the canonical request to a buffer of the library's own, which stands before a sink;
  /// `status()` must be `Ok`.
  SECURE_TUNNELING_NOINLINE void writeTo(detail::PieceBuffer& out) const noexcept {
    out.append(request_.method, '\n');
    detail::appendPath(out, request_.path, request_.normalizePath, request_.doubleEncodePath);
    out.append('\n');
    out.append(request_.canonicalQuery);
    for (std::size_t i = 0; i != count_; ++i) {
      if (repeats(i)) {
        out.append(',');
      } else {
        out.append('\n');
        out.appendLowerCase(name(i));
        out.append(':');
      }
      detail::appendTrimmed(out, value(i));
    }
    out.append("\n", '\n');
    writeSignedHeadersTo(out);
    out.append('\n');
    out.append(request_.payloadHash);
  }

  /// Writes the value of SignedHeaders.
  template <class Sink>
  void writeSignedHeaders(Sink& sink) const {
    detail::SinkBuffer<Sink> out(sink);
    writeSignedHeadersTo(out);
  }
  /// Writes the value of SignedHeaders to a buffer of the library's own, which stands before a
  /// sink.
  SECURE_TUNNELING_NOINLINE void writeSignedHeadersTo(detail::PieceBuffer& out) const noexcept {
    for (std::size_t i = 0; i != count_; ++i) {
      if (repeats(i)) continue;
      if (i != 0) out.append(';');
      out.appendLowerCase(name(i));
    }
  }

  CanonicalRequest(const CanonicalRequest&) = delete;
  CanonicalRequest& operator=(const CanonicalRequest&) = delete;

 private:
  /// The headers that the signer adds, and a name that no request may have as a header either.
  enum Own : unsigned char { authorization, date, payloadHash, sessionToken, ownCount };
  static constexpr std::string_view ownNames[] = {"authorization", "x-amz-date",
                                                  "x-amz-content-sha256", "x-amz-security-token"};

  static constexpr std::string_view Request::*ownValues[] = {
      nullptr, &Request::amzDate, &Request::payloadHash, &Request::sessionToken};
  /// The header at a place of the order.
  [[nodiscard]] std::string_view name(std::size_t place) const noexcept {
    const std::size_t index = sorted_[place];
    return index < ownCount ? ownNames[index] : request_.headers[index - ownCount].name;
  }
  [[nodiscard]] std::string_view value(std::size_t place) const noexcept {
    const std::size_t index = sorted_[place];
    return index < ownCount ? request_.*ownValues[index] : request_.headers[index - ownCount].value;
  }
  /// Puts a header behind all that are not greater: equal names keep their order.
  SECURE_TUNNELING_NOINLINE void insert(std::size_t index) noexcept {
    if (count_ == maxHeaders || index > 0xff) {
      status_ = Status::TooManyHeaders;
      return;
    }
    std::size_t place = count_++;
    sorted_[place] = static_cast<unsigned char>(index);
    const std::string_view inserted = name(place);
    for (; place != 0 && detail::compareIgnoreCase(name(place - 1), inserted) > 0; --place)
      sorted_[place] = sorted_[place - 1];
    sorted_[place] = static_cast<unsigned char>(index);
  }
  [[nodiscard]] SECURE_TUNNELING_NOINLINE bool repeats(std::size_t i) const noexcept {
    return i != 0 && detail::compareIgnoreCase(name(i - 1), name(i)) == 0;
  }
  [[nodiscard]] SECURE_TUNNELING_NOINLINE static bool isAmong(std::string_view name,
                                                              const std::string_view* names,
                                                              std::size_t count) noexcept {
    while (count != 0 && detail::compareIgnoreCase(name, names[count - 1]) != 0)
      --count;
    return count != 0;
  }

  const Request& request_;
  Status status_ = Status::Ok;
  std::size_t count_ = 0;
  unsigned char sorted_[maxHeaders];  // the signer's own first, then those of the request
};

}  // namespace sigv4
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_CANONICAL_REQUEST_HPP
