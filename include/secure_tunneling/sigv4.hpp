// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_HPP
#define SECURE_TUNNELING_SIGV4_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/hash_message.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"
#include "secure_tunneling/secret.hpp"

/// AWS Signature Version 4 in the Authorization header, as the AWS General Reference defines it.
///
/// The canonical request is streamed into the hash and never held whole, because it carries the
/// session token. Nothing here allocates but `SigningKeyCache`, and that only when the secret, the
/// region or the service changes.
///
/// **Hash policy.** `Hash` is SHA-256 (or another hash of the same shape, for tests):
/// ```
/// struct Hash {
///   static constexpr std::size_t digestSize = 32, blockSize = 64;
///   bool init();                                     // begin a new message
///   bool update(const void* data, std::size_t size); // size may be 0
///   bool final(unsigned char* digest);               // writes digestSize bytes
/// };
/// ```
/// One message at a time, so that an engine with one context is enough: `init`, any number of
/// `update`, `final`. `init` may come at any time, and drops a message that was not finished.
///
/// `false` means that the engine failed: the operation then ends with `Status::HashFailure` and no
/// signature is given out. `init` may be called again then, and nothing else.
///
/// Data may begin at any address and is used during the call only; so is `digest`. Nothing is
/// thrown. A policy can be moved between messages, and has a default constructor unless one is
/// given to the client. It wipes what it keeps of a message: the messages of an HMAC hold keys.
namespace secure_tunneling {
inline namespace v1 {
namespace sigv4 {

/// Headers of one request, those added by the signer included.
inline constexpr std::size_t maxHeaders = 64;

enum class Status : unsigned char {
  Ok,
  HashFailure,      ///< the hash policy returned false
  ForbiddenHeader,  ///< the request already has Authorization or a header that the signer adds
  TooManyHeaders,   ///< more than `maxHeaders`
};

struct Header {
  std::string_view name;
  std::string_view value;
};

/// What is signed. All views must outlive the use.
struct Request {
  std::string_view method = "POST"sv;
  /// As on the request line, without the query; empty means "/".
  std::string_view path = "/"sv;
  /// As on the request line, without the "?"; percent-encoded or not.
  std::string_view query;
  /// Host and whatever else is sent; a name may repeat, its values are joined in order.
  const Header* headers = nullptr;
  std::size_t headerCount = 0;
  /// Names of `headers` that are left out of the signature (a proxy may change them), in any case.
  const std::string_view* unsignedHeaders = nullptr;
  std::size_t unsignedHeaderCount = 0;
  /// SHA-256 of the body in lower-case hex, or a literal such as UNSIGNED-PAYLOAD.
  std::string_view payloadHash;
  /// `YYYYMMDDTHHMMSSZ`; signed as X-Amz-Date, which the caller sends with this value.
  std::string_view amzDate;
  /// Signed as X-Amz-Security-Token where not empty; the caller sends it.
  std::string_view sessionToken;
  /// Signs `payloadHash` as X-Amz-Content-Sha256 too; the caller sends it.
  bool signPayloadHash = false;
  /// Off for S3, which takes paths literally.
  bool normalizePath = true;
  /// Off for S3, which encodes paths once.
  bool doubleEncodePath = true;
};

/// Where a signature is valid: date (the first eight characters of `amzDate`), region, service.
struct Scope {
  std::string_view date;
  std::string_view region;
  std::string_view service;
};

struct Signature {
  char hex[64];
  [[nodiscard]] std::string_view text() const noexcept { return {hex, sizeof hex}; }
};

namespace detail {

using secure_tunneling::detail::compareIgnoreCase;
using secure_tunneling::detail::equalsIgnoreCase;
using secure_tunneling::detail::isAlpha;
using secure_tunneling::detail::isBlank;
using secure_tunneling::detail::isDigit;
using secure_tunneling::detail::takePart;
using secure_tunneling::detail::toLower;

/// How much deeper a segment leads in a path: 1, but 0 for an empty one or ".", and -1 for "..".
[[gnu::noinline]] inline int depthOf(std::string_view segment) noexcept {
  if (segment.find_first_not_of('.') != std::string_view::npos || segment.size() > 2) return 1;
  return segment.size() == 2 ? -1 : 0;
}

/// Whether a ".." somewhere in `rest` takes back the segment in front of it.
inline bool isTakenBack(std::string_view rest) noexcept {
  int depth = 1;
  while (depth != 0 && !rest.empty())
    depth += depthOf(takePart(rest, '/'));
  return depth == 0;
}

/// The value of a hexadecimal digit, -1 for any other character.
[[gnu::noinline]] inline int hexValue(char c) noexcept {
  constexpr std::string_view digits = "0123456789abcdef"sv;
  const void* const digit = std::memchr(digits.data(), toLower(c), digits.size());
  return digit == nullptr ? -1 : static_cast<int>(static_cast<const char*>(digit) - digits.data());
}

enum class Encoding : unsigned char {
  None,
  Path,       ///< "/" stays, all else that is not unreserved is encoded, "%" too
  Parameter,  ///< one side of a query parameter: decoded first, "/" is encoded
};

/// Above what `takeByte` gives for a byte that stands for itself, and below the others.
inline constexpr int literal = 0x100;

/// Takes one byte from `text`: its value, `literal` added where it needs no encoding; -1 at the
/// end. These numbers are in the order of the encoded texts, as "%" is less than all that is
/// literal.
[[gnu::noinline]] inline int takeByte(std::string_view& text, Encoding encoding) noexcept {
  if (text.empty()) return -1;
  char c = text.front();
  if (encoding == Encoding::Parameter && c == '%' && text.size() > 2) {
    const int high = hexValue(text[1]);
    const int low = hexValue(text[2]);
    if (high >= 0 && low >= 0) {
      c = static_cast<char>(high << 4 | low);
      text.remove_prefix(2);
    }
  }
  text.remove_prefix(1);
  const std::size_t marks = encoding == Encoding::Path ? 5 : 4;
  const bool isLiteral = encoding == Encoding::None || isAlpha(c) || isDigit(c) ||
                         std::memchr("-._~/", c, marks) != nullptr;
  return static_cast<unsigned char>(c) + (isLiteral ? literal : 0);
}

[[gnu::noinline]] inline void appendEncoded(PieceBuffer& out, std::string_view text,
                                            Encoding encoding) noexcept {
  for (int byte = takeByte(text, encoding); byte >= 0; byte = takeByte(text, encoding)) {
    if (byte >= literal) {
      out.append(static_cast<char>(byte));
    } else {
      out.append('%');
      out.append("0123456789ABCDEF"[byte >> 4]);
      out.append("0123456789ABCDEF"[byte & 15]);
    }
  }
}

inline void appendPath(PieceBuffer& out, const Request& request) noexcept {
  const Encoding encoding = request.doubleEncodePath ? Encoding::Path : Encoding::None;
  std::string_view rest = request.path;
  if (!request.normalizePath && rest.size() > 1) return appendEncoded(out, rest, encoding);
  bool needsSlash = true;
  while (!rest.empty()) {
    const std::string_view segment = takePart(rest, '/');
    if (depthOf(segment) <= 0 || isTakenBack(rest)) continue;
    out.append('/');
    appendEncoded(out, segment, encoding);
    needsSlash = request.path.back() == '/';
  }
  if (needsSlash) out.append('/');
}

[[gnu::noinline]] inline int compareEncoded(std::string_view left,
                                            std::string_view right) noexcept {
  for (;;) {
    const int l = takeByte(left, Encoding::Parameter);
    const int r = takeByte(right, Encoding::Parameter);
    if (l != r) return l - r;
    if (l < 0) return 0;
  }
}

/// By name, value and place in the query, so that no two parameters are equal.
[[gnu::noinline]] inline bool isBefore(std::string_view left, std::string_view right) noexcept {
  const std::string_view leftName = takePart(left, '=');
  const std::string_view rightName = takePart(right, '=');
  int order = compareEncoded(leftName, rightName);
  if (order == 0) order = compareEncoded(left, right);
  return order != 0 ? order < 0 : leftName.data() < rightName.data();
}

/// Appends the canonical query: the smallest parameter, then the smallest behind it, and so on.
/// Quadratic, but a query is short and this needs no memory.
inline void appendQuery(PieceBuffer& out, std::string_view query) noexcept {
  for (std::string_view last;;) {
    std::string_view next;
    for (std::string_view rest = query; !rest.empty();) {
      const std::string_view candidate = takePart(rest, '&');
      if (candidate.empty() || (!last.empty() && !isBefore(last, candidate))) continue;
      if (next.empty() || isBefore(candidate, next)) next = candidate;
    }
    if (next.empty()) return;
    if (!last.empty()) out.append('&');
    last = next;
    appendEncoded(out, takePart(next, '='), Encoding::Parameter);
    out.append('=');
    appendEncoded(out, next, Encoding::Parameter);
  }
}

/// Looks at every character, because a loop that ends early is a slow one.
inline bool hasBlank(std::string_view text) noexcept {
  unsigned char found = 0;
  for (const char c : text)
    found = static_cast<unsigned char>(found | (c >= '\t' && c <= ' ' ? 1 : 0));
  return found != 0;
}

/// Appends a header value without the blanks around it and with each inner run of them as one space
/// (a folded line is such a run).
inline void appendTrimmed(PieceBuffer& out, std::string_view value) noexcept {
  if (!hasBlank(value)) return out.append(value);
  bool wroteAny = false;
  bool wasBlank = false;
  for (const char c : value) {
    if (!isBlank(c)) {
      if (wasBlank && wroteAny) out.append(' ');
      out.append(c);
      wroteAny = true;
    }
    wasBlank = isBlank(c);
  }
}

}  // namespace detail

/// The canonical form of one request: its headers in order, written to a sink on demand. A sink has
/// `append(std::string_view)`, which must not throw: one that may run out of memory is given it
/// before. Holds a reference to the request.
class CanonicalRequest {
 public:
  explicit CanonicalRequest(const Request& request) noexcept
      : request_(request), own_{{}, request.amzDate, request.payloadHash, request.sessionToken} {
    const bool hasToken = !request.sessionToken.empty();
    insert(date);
    if (request.signPayloadHash) insert(payloadHash);
    if (hasToken) insert(sessionToken);
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      const std::string_view header = request.headers[i].name;
      if (isAmong(header, ownNames, sessionToken + (hasToken ? 1 : 0))) {
        status_ = Status::ForbiddenHeader;
      }
      if (!isAmong(header, request.unsignedHeaders, request.unsignedHeaderCount)) {
        insert(ownCount + i);
      }
    }
  }

  [[nodiscard]] Status status() const noexcept { return status_; }

  /// Writes the canonical request; `status()` must be `Ok`.
  template <class Sink>
  void write(Sink& sink) const {
    detail::SinkBuffer<Sink> out(sink);
    writeTo(out);
  }
  [[gnu::noinline]] void writeTo(detail::PieceBuffer& out) const noexcept {
    out.append(request_.method, '\n');
    detail::appendPath(out, request_);
    out.append('\n');
    detail::appendQuery(out, request_.query);
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
    out.append("\n"sv, '\n');
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
  [[gnu::noinline]] void writeSignedHeadersTo(detail::PieceBuffer& out) const noexcept {
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
  static constexpr std::string_view ownNames[] = {
      "authorization"sv, "x-amz-date"sv, "x-amz-content-sha256"sv, "x-amz-security-token"sv};

  /// The header at a place of the order.
  [[nodiscard]] std::string_view name(std::size_t place) const noexcept {
    const std::size_t index = sorted_[place];
    return index < ownCount ? ownNames[index] : request_.headers[index - ownCount].name;
  }
  [[nodiscard]] std::string_view value(std::size_t place) const noexcept {
    const std::size_t index = sorted_[place];
    return index < ownCount ? own_[index] : request_.headers[index - ownCount].value;
  }
  /// Puts a header behind all that are not greater: equal names keep their order.
  [[gnu::noinline]] void insert(std::size_t index) noexcept {
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
  [[nodiscard, gnu::noinline]] bool repeats(std::size_t i) const noexcept {
    return i != 0 && detail::equalsIgnoreCase(name(i - 1), name(i));
  }
  [[nodiscard, gnu::noinline]] static bool isAmong(std::string_view name,
                                                   const std::string_view* names,
                                                   std::size_t count) noexcept {
    while (count != 0 && !detail::equalsIgnoreCase(name, names[count - 1]))
      --count;
    return count != 0;
  }

  const Request& request_;
  const std::string_view own_[ownCount];
  Status status_ = Status::Ok;
  std::size_t count_ = 0;
  unsigned char sorted_[maxHeaders];  // own_ first, then those of the request
};

namespace detail {

/// `date/region/service/aws4_request`.
[[gnu::noinline]] inline void appendCredentialScope(PieceBuffer& out, const Scope& scope) noexcept {
  out.append(scope.date, '/');
  out.append(scope.region, '/');
  out.append(scope.service, '/');
  out.append("aws4_request"sv);
}

inline void appendStringToSign(PieceBuffer& out, std::string_view amzDate, const Scope& scope,
                               std::string_view canonicalHash) noexcept {
  out.append("AWS4-HMAC-SHA256"sv, '\n');
  out.append(amzDate, '\n');
  appendCredentialScope(out, scope);
  out.append('\n');
  out.append(canonicalHash);
}

}  // namespace detail

/// Writes `date/region/service/aws4_request`.
template <class Sink>
void writeCredentialScope(const Scope& scope, Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  detail::appendCredentialScope(out, scope);
}

/// Writes the string to sign; `canonicalHash` is the canonical request's hash in lower-case hex.
template <class Sink>
void writeStringToSign(std::string_view amzDate, const Scope& scope, std::string_view canonicalHash,
                       Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  detail::appendStringToSign(out, amzDate, scope, canonicalHash);
}

namespace detail {

/// Ends `message`, a `HashSink` or an `Hmac`, and writes its digest in lower-case hex.
template <class Message>
[[nodiscard]] Status finishHex(Message& message, Signature& signature) noexcept {
  unsigned char digest[sizeof signature.hex / 2];
  if (!message.finish(digest)) return Status::HashFailure;
  toHex(digest, sizeof digest, signature.hex);
  return Status::Ok;
}

}  // namespace detail

/// Hashes `data` to lower-case hex, for `Request::payloadHash`.
template <class Hash>
[[nodiscard]] Status hashToHex(Hash& hash, std::string_view data, Signature& hex) noexcept {
  detail::HashSink<Hash> message(hash);
  message.append(data);
  return detail::finishHex(message, hex);
}

/// The signing key of one scope; wiped when it goes.
struct SigningKey {
  unsigned char bytes[32];
  SigningKey() noexcept = default;
  ~SigningKey() { detail::wipe(bytes, sizeof bytes); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  [[nodiscard]] std::string_view view() const noexcept {
    return {reinterpret_cast<const char*>(bytes), sizeof bytes};
  }
};

/// Derives the signing key: four HMACs, from the secret access key over date, region and service.
template <class Hash>
[[nodiscard]] Status deriveSigningKey(Hash& hash, std::string_view secretAccessKey,
                                      const Scope& scope, SigningKey& key) noexcept {
  const std::string_view steps[] = {scope.date, scope.region, scope.service, "aws4_request"sv};
  std::string_view prefix = "AWS4"sv;
  std::string_view current = secretAccessKey;
  for (const std::string_view step : steps) {
    detail::Hmac<Hash> hmac(hash, prefix, current);
    hmac.append(step);
    if (!hmac.finish(key.bytes)) return Status::HashFailure;
    prefix = {};
    current = key.view();
  }
  return Status::Ok;
}

/// Keeps the signing key of the last scope: it changes once a day, and deriving it costs more than
/// the rest of a signature.
class SigningKeyCache {
 public:
  template <class Hash>
  [[nodiscard]] Status get(Hash& hash, const Secret& secretAccessKey, const Scope& scope,
                           const SigningKey*& key) {
    key = &key_;
    if (isFor(secretAccessKey, scope)) return Status::Ok;
    valid_ = false;
    const Status status = deriveSigningKey(hash, secretAccessKey.expose(), scope, key_);
    if (status == Status::Ok) remember(secretAccessKey, scope);
    return status;
  }

 private:
  [[nodiscard]] bool isFor(const Secret& secret, const Scope& scope) const noexcept {
    const std::string_view parts[] = {scope.date, scope.region, scope.service};
    for (std::size_t i = 0; i != 3; ++i) {
      if (scope_[i] != parts[i]) return false;
    }
    return valid_ && secret_ == secret;
  }
  void remember(const Secret& secret, const Scope& scope) {
    const std::string_view parts[] = {scope.date, scope.region, scope.service};
    for (std::size_t i = 0; i != 3; ++i)
      scope_[i] = parts[i];
    secret_.assign(secret.expose());
    valid_ = true;
  }

  bool valid_ = false;
  std::string scope_[3];
  Secret secret_;
  SigningKey key_;
};

namespace detail {

/// Out of line: the stack of this is then free again when the signature is made.
template <class Hash>
[[nodiscard, gnu::noinline]] Status hashCanonicalRequest(Hash& hash,
                                                         const CanonicalRequest& canonical,
                                                         Signature& hex) noexcept {
  HashSink<Hash> message(hash);
  canonical.writeTo(message);
  return finishHex(message, hex);
}

}  // namespace detail

/// Signs a canonical request. Allocates nothing; the same inputs always give the same signature.
template <class Hash>
[[nodiscard]] Status sign(Hash& hash, const SigningKey& key, const Scope& scope,
                          const CanonicalRequest& canonical, std::string_view amzDate,
                          Signature& signature) noexcept {
  Status status = canonical.status();
  // The canonical request's hash stands where the signature will.
  if (status == Status::Ok) status = detail::hashCanonicalRequest(hash, canonical, signature);
  if (status != Status::Ok) return status;
  detail::Hmac<Hash> hmac(hash, {}, key.view());
  detail::appendStringToSign(hmac.message(), amzDate, scope, signature.text());
  return detail::finishHex(hmac, signature);
}

/// Writes the value of the Authorization header.
template <class Sink>
void writeAuthorization(std::string_view accessKeyId, const Scope& scope,
                        const CanonicalRequest& canonical, const Signature& signature, Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  out.append("AWS4-HMAC-SHA256 Credential="sv);
  out.append(accessKeyId, '/');
  detail::appendCredentialScope(out, scope);
  out.append(", SignedHeaders="sv);
  canonical.writeSignedHeadersTo(out);
  out.append(", Signature="sv);
  out.append(signature.text());
}

}  // namespace sigv4
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_HPP
