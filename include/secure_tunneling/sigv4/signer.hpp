// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_SIGNER_HPP
#define SECURE_TUNNELING_SIGV4_SIGNER_HPP

/// @file
/// Signature Version 4: signing key, signature, Authorization header.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/sigv4/canonical_request.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
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
/// Optional, for a policy that has a default constructor, and an engine with contexts to spare:
/// ```
///   bool copyFrom(const Hash& other);  // go on with a copy of the message that `other` has begun
/// ```
/// `Signer` keeps what all messages of its key begin with in two policies of its own then, from the
/// second signature on, and each that follows is two blocks shorter. `false` is no failure of the
/// engine here: `init` comes next.
///
/// Data may begin at any address and is used during the call only; so is `digest`. Nothing is
/// thrown. A policy can be moved between messages, and has a default constructor unless one is
/// given to the client. It wipes what it keeps of a message: the messages of an HMAC hold keys.
namespace sigv4 {

/// Where a signature is valid: date (the first eight characters of `amzDate`), region, service. No
/// part has a slash.
struct Scope {
  /// `YYYYMMDD`, in UTC.
  std::string_view date;
  /// As `us-east-1`.
  std::string_view region;
  /// As `signingService`; its case counts.
  std::string_view service;
};

/// A signature, or another SHA-256.
struct Signature {
  /// Lower-case hex, without a NUL behind it.
  char hex[64];
  /// The 64 characters; they live as long as this does.
  [[nodiscard]] std::string_view text() const noexcept { return {hex, sizeof hex}; }
};

namespace detail {

using secure_tunneling::detail::operator""sv;

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
  message.begin();
  message.append(data);
  return detail::finishHex(message, hex);
}

/// The signing key of one scope; wiped when it goes.
struct SigningKey {
  /// The key; not set before it is derived.
  unsigned char bytes[32];
  SigningKey() noexcept = default;
  ~SigningKey() { detail::wipe(bytes, sizeof bytes); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  /// The 32 bytes; they live as long as this does.
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
  /// Sets `key` to the signing key of a secret and a scope, which stays good until the next call of
  /// this. `Status::HashFailure` where the hash policy failed: then there is no key, and none is
  /// kept.
  template <class Hash>
  [[nodiscard]] Status get(Hash& hash, const Secret& secretAccessKey, const Scope& scope,
                           const SigningKey*& key) {
    detail::BegunHmac<Hash, false> none;
    return get(hash, secretAccessKey, scope, key, none);
  }

 private:
  template <class Hash>
  friend class Signer;

  /// Lets go of what has `begun` with another key.
  template <class Hash, class Begun>
  [[nodiscard]] Status get(Hash& hash, const Secret& secretAccessKey, const Scope& scope,
                           const SigningKey*& key, Begun& begun) {
    key = &key_;
    const std::size_t keySize = detail::writeSeed(secretAccessKey.expose(), scope, seed_);
    if (seed_ == seedOfKey_) return Status::Ok;
    begun.forget();
    seedOfKey_.clear();
    const Status status = detail::deriveFromSeed(hash, seed_.expose(), keySize, key_);
    if (status == Status::Ok) seedOfKey_.assign(seed_.expose());
    return status;
  }

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
  message.begin();
  canonical.writeTo(message);
  return finishHex(message, hex);
}

template <class Hash, class Canonical>
[[nodiscard]] Status signWith(Hash& hash, const SigningKey& key, BegunHmac<Hash>* begun,
                              const Scope& scope, const Canonical& canonical,
                              std::string_view amzDate, Signature& signature) noexcept {
  Status status = canonical.status();
  // The canonical request's hash stands where the signature will.
  if (status == Status::Ok) status = hashCanonicalRequest(hash, canonical, signature);
  if (status != Status::Ok) return status;
  Hmac<Hash> hmac(hash, key.view(), begun);
  appendStringToSign(hmac.message(), amzDate, scope, signature.text());
  return finishHex(hmac, signature);
}

}  // namespace detail

/// Signs a canonical request: a `CanonicalRequest`, or what writes itself as one does. Allocates
/// nothing; the same inputs always give the same signature.
template <class Hash, class Canonical>
[[nodiscard]] Status sign(Hash& hash, const SigningKey& key, const Scope& scope,
                          const Canonical& canonical, std::string_view amzDate,
                          Signature& signature) noexcept {
  return detail::signWith<Hash>(hash, key, nullptr, scope, canonical, amzDate, signature);
}

/// Signs one request after another and keeps the last signing key, as a `SigningKeyCache` does, and
/// what all its signatures begin with, where the hash policy has `copyFrom`.
template <class Hash>
class Signer {
 public:
  /// As the function `sign`, with the key of this secret and scope: each call with the same `Hash`.
  template <class Canonical>
  [[nodiscard]] Status sign(Hash& hash, const Secret& secretAccessKey, const Scope& scope,
                            const Canonical& canonical, std::string_view amzDate,
                            Signature& signature) {
    const SigningKey* key = nullptr;
    const Status status = cache_.get(hash, secretAccessKey, scope, key, begun_);
    if (status != Status::Ok) return status;
    return detail::signWith(hash, *key, &begun_, scope, canonical, amzDate, signature);
  }

 private:
  SigningKeyCache cache_;
  detail::BegunHmac<Hash> begun_;
};

/// Writes the value of the Authorization header.
template <class Sink, class Canonical>
void writeAuthorization(std::string_view accessKeyId, const Scope& scope,
                        const Canonical& canonical, const Signature& signature, Sink& sink) {
  detail::SinkBuffer<Sink> out(sink);
  out.append("AWS4-HMAC-SHA256 Credential=");
  out.append(accessKeyId, '/');
  detail::appendCredentialScope(out, scope);
  out.append(", SignedHeaders=");
  canonical.writeSignedHeadersTo(out);
  out.append(", Signature=");
  out.append(signature.text());
}

}  // namespace sigv4
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_SIGNER_HPP
