// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_SIGNER_HPP
#define SECURE_TUNNELING_SIGV4_SIGNER_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

/// AWS Signature Version 4 in the Authorization header, as the AWS General Reference defines it.
///
/// The canonical request is streamed into the hash and never held whole, because it carries the
/// session token. Nothing here allocates but what derives a signing key.
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
inline namespace v0_1 {
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
  /// As `writeCanonicalQuery()` of `canonical_query.hpp` gives it: apart from this, because many
  /// requests have none, and whoever signs such does not pay for the code.
  std::string_view canonicalQuery;
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

/// Where a signature is valid: date (the first eight characters of `amzDate`), region, service. No
/// part has a slash.
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
using secure_tunneling::detail::isBlank;
using secure_tunneling::detail::takePart;

/// Appends a path or a segment of one; encoded, a "%" becomes "%25".
SECURE_TUNNELING_NOINLINE inline void appendPathText(PieceBuffer& out, std::string_view text,
                                                     bool encode) noexcept {
  for (const char c : text) {
    if (!encode || c == '/' || isUnreserved(c)) {
      out.append(c);
    } else {
      appendPercentEncoded(out, static_cast<unsigned char>(c));
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

  [[nodiscard]] Status status() const noexcept { return status_; }

  /// Writes the canonical request; `status()` must be `Ok`.
  template <class Sink>
  void write(Sink& sink) const {
    detail::SinkBuffer<Sink> out(sink);
    writeTo(out);
  }
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
  static constexpr std::string_view ownNames[] = {
      "authorization"sv, "x-amz-date"sv, "x-amz-content-sha256"sv, "x-amz-security-token"sv};

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

namespace detail {

/// `date/region/service/aws4_request`.
SECURE_TUNNELING_NOINLINE inline void appendCredentialScope(PieceBuffer& out,
                                                            const Scope& scope) noexcept {
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

namespace detail {

/// Writes all that a signing key is made of: the key of the first HMAC, whose size is returned, and
/// behind it the credential scope.
inline std::size_t writeSeed(std::string_view secretAccessKey, const Scope& scope, Secret& seed) {
  constexpr std::string_view prefix = "AWS4"sv;
  seed.clear();
  // Room first, because a sink must not throw.
  seed.reserve(secretAccessKey.size() + scope.date.size() + scope.region.size() +
               scope.service.size() + "AWS4///aws4_request"sv.size());
  SinkBuffer<Secret> out(seed);
  out.append(prefix);
  out.append(secretAccessKey);
  appendCredentialScope(out, scope);
  return prefix.size() + secretAccessKey.size();
}

/// Four HMACs: each makes the key of the next, and the parts of the scope are their messages.
template <class Hash>
[[nodiscard]] Status deriveFromSeed(Hash& hash, std::string_view seed, std::size_t keySize,
                                    SigningKey& key) noexcept {
  std::string_view current(seed.data(), keySize);
  std::string_view messages(seed.data() + keySize, seed.size() - keySize);
  while (!messages.empty()) {
    Hmac<Hash> hmac(hash, current);
    hmac.append(takePart(messages, '/'));
    if (!hmac.finish(key.bytes)) return Status::HashFailure;
    current = key.view();
  }
  return Status::Ok;
}

}  // namespace detail

/// Derives the signing key of a secret access key and a scope. Allocates.
template <class Hash>
[[nodiscard]] Status deriveSigningKey(Hash& hash, std::string_view secretAccessKey,
                                      const Scope& scope, SigningKey& key) {
  Secret seed;
  const std::size_t keySize = detail::writeSeed(secretAccessKey, scope, seed);
  return detail::deriveFromSeed(hash, seed.expose(), keySize, key);
}

/// Keeps the last signing key: it is another one once a day, and deriving it costs more than the
/// rest of a signature. Allocates only where a secret or a scope is longer than those before.
class SigningKeyCache {
 public:
  template <class Hash>
  [[nodiscard]] Status get(Hash& hash, const Secret& secretAccessKey, const Scope& scope,
                           const SigningKey*& key) {
    key = &key_;
    const std::size_t keySize = detail::writeSeed(secretAccessKey.expose(), scope, seed_);
    if (seed_ == seedOfKey_) return Status::Ok;
    seedOfKey_.clear();
    const Status status = detail::deriveFromSeed(hash, seed_.expose(), keySize, key_);
    if (status == Status::Ok) seedOfKey_.assign(seed_.expose());
    return status;
  }

 private:
  Secret seed_;
  Secret seedOfKey_;
  SigningKey key_;
};

namespace detail {

/// Out of line: the stack of this is then free again when the signature is made.
template <class Hash, class Canonical>
[[nodiscard]] SECURE_TUNNELING_NOINLINE Status hashCanonicalRequest(Hash& hash,
                                                                    const Canonical& canonical,
                                                                    Signature& hex) noexcept {
  HashSink<Hash> message(hash);
  canonical.writeTo(message);
  return finishHex(message, hex);
}

}  // namespace detail

/// Signs a canonical request: a `CanonicalRequest`, or what writes itself as one does. Allocates
/// nothing; the same inputs always give the same signature.
template <class Hash, class Canonical>
[[nodiscard]] Status sign(Hash& hash, const SigningKey& key, const Scope& scope,
                          const Canonical& canonical, std::string_view amzDate,
                          Signature& signature) noexcept {
  Status status = canonical.status();
  // The canonical request's hash stands where the signature will.
  if (status == Status::Ok) status = detail::hashCanonicalRequest(hash, canonical, signature);
  if (status != Status::Ok) return status;
  detail::Hmac<Hash> hmac(hash, key.view());
  detail::appendStringToSign(hmac.message(), amzDate, scope, signature.text());
  return detail::finishHex(hmac, signature);
}

/// Writes the value of the Authorization header.
template <class Sink, class Canonical>
void writeAuthorization(std::string_view accessKeyId, const Scope& scope,
                        const Canonical& canonical, const Signature& signature, Sink& sink) {
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
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_SIGNER_HPP
