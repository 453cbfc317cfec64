// SPDX-License-Identifier: BSL-1.0
#pragma once

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
/// One message at a time, so that an engine with one context is enough. `false` means that the
/// engine failed: the operation then ends with `Status::HashFailure` and no signature is given out.
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

/// Gathers short pieces before they go to the hash, whose every call has a price.
template <class Hash>
class HashSink {
 public:
  explicit HashSink(Hash& hash) noexcept : hash_(hash), ok_(hash.init()) {}
  ~HashSink() { wipe(buffer_, sizeof buffer_); }
  HashSink(const HashSink&) = delete;
  HashSink& operator=(const HashSink&) = delete;

  [[gnu::noinline]] void append(std::string_view text) noexcept {
    if (text.size() > sizeof buffer_ - used_) {
      flush();
      if (text.size() > sizeof buffer_) {
        ok_ = ok_ && hash_.update(text.data(), text.size());
        return;
      }
    }
    if (text.empty()) return;
    std::memcpy(buffer_ + used_, text.data(), text.size());
    used_ += text.size();
  }
  void append(const unsigned char* bytes, std::size_t size) noexcept {
    append(std::string_view(reinterpret_cast<const char*>(bytes), size));
  }
  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    flush();
    return ok_ && hash_.final(digest);
  }

 private:
  void flush() noexcept {
    if (used_ != 0) ok_ = ok_ && hash_.update(buffer_, used_);
    used_ = 0;
  }

  Hash& hash_;
  bool ok_;
  std::size_t used_ = 0;
  char buffer_[256];
};

/// HMAC (RFC 2104) with the key `prefix` + `key`.
template <class Hash>
class Hmac {
 public:
  Hmac(Hash& hash, std::string_view prefix, std::string_view key) noexcept
      : hash_(hash), keyReady_(makePad(prefix, key)), inner_(hash) {
    inner_.append(pad_, sizeof pad_);
  }
  ~Hmac() { wipe(pad_, sizeof pad_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void append(std::string_view text) noexcept { inner_.append(text); }
  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    unsigned char innerDigest[Hash::digestSize];
    const WipeOnExit<decltype(innerDigest)> wiped(innerDigest);
    if (!inner_.finish(innerDigest)) return false;
    for (unsigned char& byte : pad_)
      byte ^= 0x36 ^ 0x5c;
    HashSink<Hash> outer(hash_);
    outer.append(pad_, sizeof pad_);
    outer.append(innerDigest, sizeof innerDigest);
    return outer.finish(digest) && keyReady_;
  }

 private:
  bool makePad(std::string_view prefix, std::string_view key) noexcept {
    std::memset(pad_, 0, sizeof pad_);
    bool ok = true;
    if (prefix.size() + key.size() > sizeof pad_) {
      HashSink<Hash> shortened(hash_);
      shortened.append(prefix);
      shortened.append(key);
      ok = shortened.finish(pad_);
    } else {
      // An empty view may point nowhere, which memcpy does not take.
      if (!prefix.empty()) std::memcpy(pad_, prefix.data(), prefix.size());
      if (!key.empty()) std::memcpy(pad_ + prefix.size(), key.data(), key.size());
    }
    for (unsigned char& byte : pad_)
      byte ^= 0x36;
    return ok;
  }

  Hash& hash_;
  unsigned char pad_[Hash::blockSize];
  bool keyReady_;
  HashSink<Hash> inner_;
};

constexpr bool isUnreserved(char c) noexcept {
  return isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Appends `text` percent-encoded, "/" too unless it is kept.
template <class Sink>
void appendEncoded(std::string_view text, bool keepSlash, Sink& sink) {
  std::size_t plain = 0;  // where the run of characters that stay as they are begins
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    if (isUnreserved(c) || (keepSlash && c == '/')) continue;
    sink.append(text.substr(plain, i - plain));
    const auto byte = static_cast<unsigned char>(c);
    const char encoded[3] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    sink.append(std::string_view(encoded, sizeof encoded));
    plain = i + 1;
  }
  sink.append(text.substr(plain));
}

/// The next segment of a path, without its slashes; moves `rest` behind it.
inline std::string_view takeSegment(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return segment;
}

/// Whether a ".." somewhere in `rest` takes back the segment in front of it.
inline bool isTakenBack(std::string_view rest) noexcept {
  std::size_t depth = 1;
  while (!rest.empty()) {
    const std::string_view segment = takeSegment(rest);
    if (segment == ".."sv) {
      if (--depth == 0) return true;
    } else if (!segment.empty() && segment != "."sv) {
      ++depth;
    }
  }
  return false;
}

template <class Sink>
void appendPath(const Request& request, Sink& sink) {
  const auto appendPart = [&](std::string_view part) {
    if (request.doubleEncodePath) {
      appendEncoded(part, true, sink);
    } else {
      sink.append(part);
    }
  };
  if (request.path.size() <= 1) {
    sink.append("/"sv);
    return;
  }
  if (!request.normalizePath) return appendPart(request.path);
  bool wroteSegment = false;
  for (std::string_view rest = request.path; !rest.empty();) {
    const std::string_view segment = takeSegment(rest);
    if (segment.empty() || segment == "."sv || segment == ".."sv || isTakenBack(rest)) continue;
    sink.append("/"sv);
    appendPart(segment);
    wroteSegment = true;
  }
  if (!wroteSegment || request.path.back() == '/') sink.append("/"sv);
}

/// One side of a query parameter, read as its canonical encoding: percent-decoded, then encoded.
class EncodedReader {
 public:
  explicit EncodedReader(std::string_view text) noexcept : text_(text) {}
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
    if (c == '%' && text_.size() > 2 && hexValue(text_[1]) >= 0 && hexValue(text_[2]) >= 0) {
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
  unsigned char byte_ = 0;
  int pending_ = 0;
};

[[gnu::noinline]] inline int compareEncoded(std::string_view left,
                                            std::string_view right) noexcept {
  EncodedReader leftReader(left);
  EncodedReader rightReader(right);
  for (;;) {
    const int l = leftReader.next();
    const int r = rightReader.next();
    if (l != r) return l - r;
    if (l < 0) return 0;
  }
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  std::size_t offset = 0;  // breaks ties, so that every parameter has its own place
};

inline bool isBefore(const Parameter& left, const Parameter& right) noexcept {
  int order = compareEncoded(left.name, right.name);
  if (order == 0) order = compareEncoded(left.value, right.value);
  return order != 0 ? order < 0 : left.offset < right.offset;
}

/// Calls `visit` with every parameter of `query`, in the order they stand there.
template <class Visit>
void forEachParameter(std::string_view query, Visit visit) {
  for (std::size_t begin = 0; begin < query.size();) {
    std::size_t end = query.find('&', begin);
    if (end == std::string_view::npos) end = query.size();
    const std::string_view text = query.substr(begin, end - begin);
    const std::size_t equals = text.find('=');
    Parameter parameter{text.substr(0, equals), {}, begin};
    if (equals != std::string_view::npos) parameter.value = text.substr(equals + 1);
    if (!text.empty()) visit(parameter);
    begin = end + 1;
  }
}

template <class Sink>
void appendEncodedOnce(std::string_view text, Sink& sink) {
  EncodedReader reader(text);
  for (int c = reader.next(); c >= 0; c = reader.next()) {
    const char character = static_cast<char>(c);
    sink.append(std::string_view(&character, 1));
  }
}

/// Appends the canonical query: the smallest parameter, then the smallest behind it, and so on.
/// Quadratic, but a query is short and this needs no memory.
template <class Sink>
void appendQuery(std::string_view query, Sink& sink) {
  bool first = true;
  for (Parameter last;; first = false) {
    Parameter next;
    bool found = false;
    forEachParameter(query, [&](const Parameter& candidate) {
      if ((first || isBefore(last, candidate)) && (!found || isBefore(candidate, next))) {
        next = candidate;
        found = true;
      }
    });
    if (!found) return;
    if (!first) sink.append("&"sv);
    appendEncodedOnce(next.name, sink);
    sink.append("="sv);
    appendEncodedOnce(next.value, sink);
    last = next;
  }
}

template <class Sink>
void appendLowerCase(std::string_view text, Sink& sink) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char lower = toLower(text[i]);
    if (lower == text[i]) continue;
    sink.append(text.substr(plain, i - plain));
    sink.append(std::string_view(&lower, 1));
    plain = i + 1;
  }
  sink.append(text.substr(plain));
}

/// Appends a header value without the blanks around it and with each inner run of them as one space
/// (a folded line is such a run).
template <class Sink>
void appendTrimmed(std::string_view value, Sink& sink) {
  value = secure_tunneling::detail::trimBlanks(value);
  std::size_t plain = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!isBlank(value[i])) continue;
    std::size_t end = i + 1;
    while (isBlank(value[end]))
      ++end;  // ends, because the value does not end with a blank
    if (end - i == 1 && value[i] == ' ') continue;
    sink.append(value.substr(plain, i - plain));
    sink.append(" "sv);
    plain = end;
    i = end - 1;
  }
  sink.append(value.substr(plain));
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
      const Header& header = request.headers[i];
      if (isForbidden(header.name)) status_ = Status::ForbiddenHeader;
      if (!isUnsigned(header.name)) insert(header);
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
        detail::appendLowerCase(sorted_[i]->name, sink);
        sink.append(":"sv);
      }
      detail::appendTrimmed(sorted_[i]->value, sink);
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
      detail::appendLowerCase(sorted_[i]->name, sink);
    }
  }

  CanonicalRequest(const CanonicalRequest&) = delete;
  CanonicalRequest& operator=(const CanonicalRequest&) = delete;

 private:
  void addOwn(const Header& header) noexcept {
    own_[ownCount_] = header;
    insert(own_[ownCount_++]);
  }
  /// Keeps `header`, which must stay, behind all that are not greater: equal names keep their
  /// order.
  [[gnu::noinline]] void insert(const Header& header) noexcept {
    if (count_ == maxHeaders) {
      status_ = Status::TooManyHeaders;
      return;
    }
    std::size_t place = count_++;
    for (; place != 0 && detail::compareNames(sorted_[place - 1]->name, header.name) > 0; --place) {
      sorted_[place] = sorted_[place - 1];
    }
    sorted_[place] = &header;
  }
  [[nodiscard]] bool repeats(std::size_t i) const noexcept {
    return i != 0 && detail::compareNames(sorted_[i - 1]->name, sorted_[i]->name) == 0;
  }
  [[nodiscard]] bool isUnsigned(std::string_view name) const noexcept {
    for (std::size_t i = 0; i != request_.unsignedHeaderCount; ++i) {
      if (detail::compareNames(name, request_.unsignedHeaders[i]) == 0) return true;
    }
    return false;
  }
  static bool isForbidden(std::string_view name) noexcept {
    return detail::compareNames(name, "x-amz-date"sv) == 0 ||
           detail::compareNames(name, "authorization"sv) == 0 ||
           detail::compareNames(name, "x-amz-content-sha256"sv) == 0;
  }

  const Request& request_;
  Status status_ = Status::Ok;
  std::size_t count_ = 0;
  std::size_t ownCount_ = 0;
  Header own_[3];
  const Header* sorted_[maxHeaders];
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

/// Signs a canonical request. Allocates nothing; the same inputs always give the same signature.
template <class Hash>
[[nodiscard]] Status sign(Hash& hash, const SigningKey& key, const Scope& scope,
                          const CanonicalRequest& canonical, std::string_view amzDate,
                          Signature& signature) noexcept {
  if (canonical.status() != Status::Ok) return canonical.status();
  unsigned char digest[Hash::digestSize];
  detail::HashSink<Hash> canonicalSink(hash);
  canonical.write(canonicalSink);
  if (!canonicalSink.finish(digest)) return Status::HashFailure;
  Signature canonicalHash;
  detail::toHex(digest, sizeof digest, canonicalHash.hex);

  detail::Hmac<Hash> hmac(hash, {}, key.view());
  writeStringToSign(amzDate, scope, canonicalHash.text(), hmac);
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
