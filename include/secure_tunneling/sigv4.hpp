// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_HPP
#define SECURE_TUNNELING_SIGV4_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
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
/// - One message at a time, so that an engine with one context is enough: `init`, any number of
///   `update`, `final`. `init` may come at any time, and drops a message that was not finished.
/// - `false` means that the engine failed: the operation then ends with `Status::HashFailure` and
/// no
///   signature is given out. `init` may be called again then, and nothing else.
/// - Data may begin at any address and is used during the call only; so is `digest`. Nothing is
///   thrown.
/// - It can be moved between messages, and has a default constructor unless one is given to the
///   client.
/// - It wipes what it keeps of a message: the messages of an HMAC hold keys.
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

using secure_tunneling::detail::equalsIgnoreCase;
using secure_tunneling::detail::isAlpha;
using secure_tunneling::detail::isBlank;
using secure_tunneling::detail::isDigit;
using secure_tunneling::detail::toLower;
using secure_tunneling::detail::wipe;
using secure_tunneling::detail::WipeOnExit;

inline void toHex(const unsigned char* bytes, std::size_t size, char* hex) noexcept {
  for (std::size_t i = 0; i != size; ++i) {
    *hex++ = "0123456789abcdef"[bytes[i] >> 4];
    *hex++ = "0123456789abcdef"[bytes[i] & 15];
  }
}

/// Whether `text` has a character from `first` to `last`. Looks at all, because loops that end
/// early are slow ones.
inline bool hasAny(std::string_view text, char first, char last) noexcept {
  unsigned char found = 0;
  for (const char c : text)
    found = static_cast<unsigned char>(found | (c >= first && c <= last ? 1 : 0));
  return found != 0;
}

/// Gathers short pieces before they go to the hash, whose every call has a price.
template <class Hash>
class HashSink {
 public:
  explicit HashSink(Hash& hash) noexcept : hash_(hash), ok_(hash.init()) {}
  ~HashSink() { wipe(buffer_, sizeof buffer_); }
  HashSink(const HashSink&) = delete;
  HashSink& operator=(const HashSink&) = delete;

  void append(std::string_view text) noexcept {
    if (text.size() > sizeof buffer_ - used_) return appendInParts(text);
    if (text.empty()) return;
    std::memcpy(buffer_ + used_, text.data(), text.size());
    used_ += text.size();
  }
  void append(const unsigned char* bytes, std::size_t size) noexcept {
    append(std::string_view(reinterpret_cast<const char*>(bytes), size));
  }
  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    flush();
    ok_ = ok_ && hash_.final(digest);
    return ok_;
  }
  /// Begins another message, after `finish()`.
  void restart() noexcept { ok_ = ok_ && hash_.init(); }

 private:
  [[gnu::noinline]] void appendInParts(std::string_view text) noexcept {
    for (std::size_t room = sizeof buffer_ - used_; text.size() > room; room = sizeof buffer_) {
      append(text.substr(0, room));
      text.remove_prefix(room);
      flush();
    }
    append(text);
  }
  void flush() noexcept {
    if (used_ != 0) ok_ = ok_ && hash_.update(buffer_, used_);
    used_ = 0;
  }

  Hash& hash_;
  bool ok_;
  std::size_t used_ = 0;
  char buffer_[128];
};

/// HMAC (RFC 2104) with the key `prefix` + `key`.
template <class Hash>
class Hmac {
  static_assert(Hash::digestSize == 32 && Hash::blockSize >= 32, "SHA-256 or a hash of its shape");

 public:
  Hmac(Hash& hash, std::string_view prefix, std::string_view key) noexcept : sink_(hash) {
    std::memset(pad_, 0, sizeof pad_);
    if (prefix.size() + key.size() > sizeof pad_) {
      sink_.append(prefix);
      sink_.append(key);
      (void)sink_.finish(pad_);  // a failure stays until the last finish()
      sink_.restart();
    } else {
      copyToPad(prefix, 0);
      copyToPad(key, prefix.size());
    }
    appendPad(0x36);
  }
  ~Hmac() { wipe(pad_, sizeof pad_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void append(std::string_view text) noexcept { sink_.append(text); }
  /// `digest` may be the memory that the key came from.
  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    (void)sink_.finish(digest);
    sink_.restart();
    appendPad(0x36 ^ 0x5c);
    sink_.append(digest, Hash::digestSize);
    return sink_.finish(digest);
  }

 private:
  void copyToPad(std::string_view text, std::size_t at) noexcept {
    if (!text.empty()) std::memcpy(pad_ + at, text.data(), text.size());
  }
  void appendPad(unsigned char change) noexcept {
    for (unsigned char& byte : pad_)
      byte = static_cast<unsigned char>(byte ^ change);
    sink_.append(pad_, sizeof pad_);
  }

  HashSink<Hash> sink_;
  unsigned char pad_[Hash::blockSize];
};

constexpr bool isUnreserved(char c) noexcept {
  return isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// The part of `rest` in front of `separator`, or all of it; moves `rest` behind that.
inline std::string_view takePart(std::string_view& rest, char separator) noexcept {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

/// Whether a ".." somewhere in `rest` takes back the segment in front of it.
inline bool isTakenBack(std::string_view rest) noexcept {
  std::size_t depth = 1;
  while (!rest.empty()) {
    const std::string_view segment = takePart(rest, '/');
    if (segment == ".."sv) {
      if (--depth == 0) return true;
    } else if (!segment.empty() && segment != "."sv) {
      ++depth;
    }
  }
  return false;
}

/// Reads text as its canonical percent-encoding, a character at a time.
class EncodedReader {
 public:
  enum class Kind : unsigned char {
    Path,       ///< "/" stays, all else that is not unreserved is encoded, "%" too
    Parameter,  ///< one side of a query parameter: decoded first, "/" is encoded
  };
  EncodedReader(std::string_view text, Kind kind) noexcept : text_(text), kind_(kind) {}
  /// The next character of the encoding, or -1 at the end.
  int next() noexcept {
    if (pending_ != 0) {
      const auto nibble = static_cast<unsigned char>(pending_ == 2 ? byte_ >> 4 : byte_ & 15);
      --pending_;
      return "0123456789ABCDEF"[nibble];
    }
    if (text_.empty()) return -1;
    char c = text_.front();
    std::size_t used = 1;
    if (kind_ == Kind::Path) {
      if (c == '/') return text_.remove_prefix(1), c;
    } else if (c == '%' && text_.size() > 2 && hexValue(text_[1]) >= 0 && hexValue(text_[2]) >= 0) {
      c = static_cast<char>(hexValue(text_[1]) * 16 + hexValue(text_[2]));
      used = 3;
    }
    text_.remove_prefix(used);
    if (isUnreserved(c)) return c;
    byte_ = static_cast<unsigned char>(c);
    pending_ = 2;
    return '%';
  }

 private:
  static int hexValue(char c) noexcept {
    if (isDigit(c)) return c - '0';
    c = toLower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  std::string_view text_;
  Kind kind_;
  unsigned char byte_ = 0;
  unsigned char pending_ = 0;
};

template <class Sink>
void appendCharacter(char c, Sink& sink) {
  sink.append(std::string_view(&c, 1));
}

template <class Sink>
void appendEncoded(EncodedReader reader, Sink& sink) {
  for (int c = reader.next(); c >= 0; c = reader.next())
    appendCharacter(static_cast<char>(c), sink);
}

template <class Sink>
void appendPath(const Request& request, Sink& sink) {
  const auto appendSegments = [&](std::string_view text) {
    if (request.doubleEncodePath) {
      appendEncoded(EncodedReader(text, EncodedReader::Kind::Path), sink);
    } else {
      sink.append(text);
    }
  };
  if (request.path.size() > 1 && !request.normalizePath) return appendSegments(request.path);
  bool wroteSegment = false;
  for (std::string_view rest = request.path; !rest.empty();) {
    const std::string_view segment = takePart(rest, '/');
    if (segment.empty() || segment == "."sv || segment == ".."sv || isTakenBack(rest)) continue;
    sink.append("/"sv);
    appendSegments(segment);
    wroteSegment = true;
  }
  if (!wroteSegment || request.path.back() == '/') sink.append("/"sv);
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  [[nodiscard]] bool isSet() const noexcept { return name.data() != nullptr; }
};

[[gnu::noinline]] inline int compareEncoded(std::string_view left,
                                            std::string_view right) noexcept {
  EncodedReader leftReader(left, EncodedReader::Kind::Parameter);
  EncodedReader rightReader(right, EncodedReader::Kind::Parameter);
  for (;;) {
    const int l = leftReader.next();
    const int r = rightReader.next();
    if (l != r) return l - r;
    if (l < 0) return 0;
  }
}

/// By name, value and place in the query, so that no two parameters are equal.
inline bool isBefore(const Parameter& left, const Parameter& right) noexcept {
  int order = compareEncoded(left.name, right.name);
  if (order == 0) order = compareEncoded(left.value, right.value);
  return order != 0 ? order < 0 : left.name.data() < right.name.data();
}

/// Appends the canonical query: the smallest parameter, then the smallest behind it, and so on.
/// Quadratic, but a query is short and this needs no memory.
template <class Sink>
void appendQuery(std::string_view query, Sink& sink) {
  for (Parameter last;;) {
    Parameter next;
    for (std::string_view rest = query; !rest.empty();) {
      Parameter candidate;
      candidate.value = takePart(rest, '&');
      if (candidate.value.empty()) continue;
      candidate.name = takePart(candidate.value, '=');
      if (last.isSet() && !isBefore(last, candidate)) continue;
      if (!next.isSet() || isBefore(candidate, next)) next = candidate;
    }
    if (!next.isSet()) return;
    if (last.isSet()) sink.append("&"sv);
    appendEncoded(EncodedReader(next.name, EncodedReader::Kind::Parameter), sink);
    sink.append("="sv);
    appendEncoded(EncodedReader(next.value, EncodedReader::Kind::Parameter), sink);
    last = next;
  }
}

template <class Sink>
void appendLowerCase(std::string_view text, Sink& sink) {
  if (hasAny(text, 'A', 'Z')) {
    for (const char c : text)
      appendCharacter(toLower(c), sink);
  } else {
    sink.append(text);
  }
}

/// Appends a header value without the blanks around it and with each inner run of them as one space
/// (a folded line is such a run).
template <class Sink>
void appendTrimmed(std::string_view value, Sink& sink) {
  if (!hasAny(value, '\t', ' ')) {
    sink.append(value);
    return;
  }
  bool wroteAny = false;
  bool wasBlank = false;
  for (const char c : value) {
    if (!isBlank(c)) {
      if (wasBlank && wroteAny) sink.append(" "sv);
      appendCharacter(c, sink);
      wroteAny = true;
    }
    wasBlank = isBlank(c);
  }
}

[[gnu::noinline]] inline int compareNames(std::string_view left, std::string_view right) noexcept {
  const std::size_t shorter = left.size() < right.size() ? left.size() : right.size();
  for (std::size_t i = 0; i != shorter; ++i) {
    const int difference = toLower(left[i]) - toLower(right[i]);
    if (difference != 0) return difference;
  }
  return static_cast<int>(left.size()) - static_cast<int>(right.size());
}

}  // namespace detail

/// The canonical form of one request: its headers in order, written to a sink on demand. A sink has
/// `append(std::string_view)`. Holds a reference to the request.
class CanonicalRequest {
 public:
  explicit CanonicalRequest(const Request& request) noexcept : request_(request) {
    addOwn({"x-amz-date"sv, request.amzDate});
    if (!request.sessionToken.empty()) addOwn({"x-amz-security-token"sv, request.sessionToken});
    if (request.signPayloadHash) addOwn({"x-amz-content-sha256"sv, request.payloadHash});
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      const std::string_view name = request.headers[i].name;
      if (isForbidden(name)) status_ = Status::ForbiddenHeader;
      if (!isUnsigned(name)) insert(mostOwn + i);
    }
  }

  [[nodiscard]] Status status() const noexcept { return status_; }

  /// Writes the canonical request; `status()` must be `Ok`.
  template <class Sink>
  void write(Sink& sink) const {
    sink.append(request_.method);
    sink.append("\n"sv);
    detail::appendPath(request_, sink);
    sink.append("\n"sv);
    detail::appendQuery(request_.query, sink);
    sink.append("\n"sv);
    for (std::size_t i = 0; i != count_; ++i) {
      if (repeats(i)) {
        sink.append(","sv);
      } else {
        if (i != 0) sink.append("\n"sv);
        detail::appendLowerCase(header(i).name, sink);
        sink.append(":"sv);
      }
      detail::appendTrimmed(header(i).value, sink);
    }
    sink.append("\n\n"sv);
    writeSignedHeaders(sink);
    sink.append("\n"sv);
    sink.append(request_.payloadHash);
  }

  /// Writes the value of SignedHeaders.
  template <class Sink>
  void writeSignedHeaders(Sink& sink) const {
    for (std::size_t i = 0; i != count_; ++i) {
      if (repeats(i)) continue;
      if (i != 0) sink.append(";"sv);
      detail::appendLowerCase(header(i).name, sink);
    }
  }

  CanonicalRequest(const CanonicalRequest&) = delete;
  CanonicalRequest& operator=(const CanonicalRequest&) = delete;

 private:
  static constexpr std::size_t mostOwn = 3;

  /// The header at a place of the order.
  [[nodiscard]] const Header& header(std::size_t place) const noexcept {
    const std::size_t index = sorted_[place];
    return index < mostOwn ? own_[index] : request_.headers[index - mostOwn];
  }
  void addOwn(const Header& header) noexcept {
    own_[ownCount_] = header;
    insert(ownCount_++);
  }
  /// Puts a header behind all that are not greater: equal names keep their order.
  [[gnu::noinline]] void insert(std::size_t index) noexcept {
    if (count_ == maxHeaders || index > 0xff) {
      status_ = Status::TooManyHeaders;
      return;
    }
    std::size_t place = count_++;
    sorted_[place] = static_cast<unsigned char>(index);
    const std::string_view name = header(place).name;
    for (; place != 0 && detail::compareNames(header(place - 1).name, name) > 0; --place)
      sorted_[place] = sorted_[place - 1];
    sorted_[place] = static_cast<unsigned char>(index);
  }
  [[nodiscard]] bool repeats(std::size_t i) const noexcept {
    return i != 0 && detail::equalsIgnoreCase(header(i - 1).name, header(i).name);
  }
  [[nodiscard]] bool isUnsigned(std::string_view name) const noexcept {
    for (std::size_t i = 0; i != request_.unsignedHeaderCount; ++i) {
      if (detail::equalsIgnoreCase(name, request_.unsignedHeaders[i])) return true;
    }
    return false;
  }
  [[nodiscard]] bool isForbidden(std::string_view name) const noexcept {
    for (std::size_t i = 0; i != ownCount_; ++i) {
      if (detail::equalsIgnoreCase(name, own_[i].name)) return true;
    }
    return detail::equalsIgnoreCase(name, "authorization"sv) ||
           detail::equalsIgnoreCase(name, "x-amz-content-sha256"sv);
  }

  const Request& request_;
  Status status_ = Status::Ok;
  std::size_t count_ = 0;
  std::size_t ownCount_ = 0;
  Header own_[mostOwn];
  unsigned char sorted_[maxHeaders];  // own_ first, then those of the request
};

/// Writes `date/region/service/aws4_request`.
template <class Sink>
void writeCredentialScope(const Scope& scope, Sink& sink) {
  sink.append(scope.date);
  sink.append("/"sv);
  sink.append(scope.region);
  sink.append("/"sv);
  sink.append(scope.service);
  sink.append("/aws4_request"sv);
}

/// Writes the string to sign; `canonicalHash` is the canonical request's hash in lower-case hex.
template <class Sink>
void writeStringToSign(std::string_view amzDate, const Scope& scope, std::string_view canonicalHash,
                       Sink& sink) {
  sink.append("AWS4-HMAC-SHA256\n"sv);
  sink.append(amzDate);
  sink.append("\n"sv);
  writeCredentialScope(scope, sink);
  sink.append("\n"sv);
  sink.append(canonicalHash);
}

/// Hashes `data` to lower-case hex, for `Request::payloadHash`.
template <class Hash>
[[nodiscard]] Status hashToHex(Hash& hash, std::string_view data, Signature& hex) noexcept {
  unsigned char digest[Hash::digestSize];
  if (!hash.init() || !hash.update(data.data(), data.size()) || !hash.final(digest)) {
    return Status::HashFailure;
  }
  detail::toHex(digest, sizeof digest, hex.hex);
  return Status::Ok;
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
    if (valid_ && scope.date == std::string_view(date_, sizeof date_) && scope.region == region_ &&
        scope.service == service_ && secretAccessKey == secret_) {
      return Status::Ok;
    }
    valid_ = false;
    const Status status = deriveSigningKey(hash, secretAccessKey.expose(), scope, key_);
    if (status != Status::Ok || scope.date.size() != sizeof date_) return status;
    std::memcpy(date_, scope.date.data(), sizeof date_);
    region_ = scope.region;
    service_ = scope.service;
    secret_.assign(secretAccessKey.expose());
    valid_ = true;
    return Status::Ok;
  }

 private:
  bool valid_ = false;
  char date_[8] = {};
  std::string region_;
  std::string service_;
  Secret secret_;
  SigningKey key_;
};

namespace detail {

/// Out of line: the stack of this is then free again when the signature is made.
template <class Hash>
[[nodiscard, gnu::noinline]] bool hashCanonicalRequest(Hash& hash,
                                                       const CanonicalRequest& canonical,
                                                       unsigned char* digest) noexcept {
  HashSink<Hash> sink(hash);
  canonical.write(sink);
  return sink.finish(digest);
}

}  // namespace detail

/// Signs a canonical request. Allocates nothing; the same inputs always give the same signature.
template <class Hash>
[[nodiscard]] Status sign(Hash& hash, const SigningKey& key, const Scope& scope,
                          const CanonicalRequest& canonical, std::string_view amzDate,
                          Signature& signature) noexcept {
  if (canonical.status() != Status::Ok) return canonical.status();
  unsigned char digest[Hash::digestSize];
  if (!detail::hashCanonicalRequest(hash, canonical, digest)) return Status::HashFailure;
  // The canonical request's hash stands where the signature will.
  detail::toHex(digest, sizeof digest, signature.hex);
  detail::Hmac<Hash> hmac(hash, {}, key.view());
  writeStringToSign(amzDate, scope, signature.text(), hmac);
  if (!hmac.finish(digest)) return Status::HashFailure;
  detail::toHex(digest, sizeof digest, signature.hex);
  return Status::Ok;
}

/// Writes the value of the Authorization header.
template <class Sink>
void writeAuthorization(std::string_view accessKeyId, const Scope& scope,
                        const CanonicalRequest& canonical, const Signature& signature, Sink& sink) {
  sink.append("AWS4-HMAC-SHA256 Credential="sv);
  sink.append(accessKeyId);
  sink.append("/"sv);
  writeCredentialScope(scope, sink);
  sink.append(", SignedHeaders="sv);
  canonical.writeSignedHeaders(sink);
  sink.append(", Signature="sv);
  sink.append(signature.text());
}

}  // namespace sigv4
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_HPP
