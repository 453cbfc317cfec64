// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SIGV4_DETAIL_HASH_MESSAGE_HPP
#define SECURE_TUNNELING_SIGV4_DETAIL_HASH_MESSAGE_HPP

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace sigv4 {
namespace detail {

using secure_tunneling::detail::toLower;
using secure_tunneling::detail::wipe;

inline void toHex(const unsigned char* bytes, std::size_t size, char* hex) noexcept {
  for (std::size_t i = 0; i != size; ++i) {
    *hex++ = "0123456789abcdef"[bytes[i] >> 4];
    *hex++ = "0123456789abcdef"[bytes[i] & 15];
  }
}

/// Gathers short pieces of text before they go to what they are for, because every call of a hash
/// has a price. No template, so that what writes into one is compiled once, wherever it goes.
class PieceBuffer {
 public:
  using Forward = bool (*)(void* target, std::string_view text);
  PieceBuffer(void* target, Forward send) noexcept : target_(target), forward_(send) {}
  PieceBuffer(const PieceBuffer&) = delete;
  PieceBuffer& operator=(const PieceBuffer&) = delete;

  void append(std::string_view text) noexcept {
    if (text.size() > sizeof buffer_ - used_) return appendLong(text);
    if (!text.empty()) std::memcpy(buffer_ + used_, text.data(), text.size());
    used_ += text.size();
  }
  void append(char c) noexcept {
    if (used_ == sizeof buffer_) flush();
    buffer_[used_++] = c;
  }
  void append(std::string_view text, char end) noexcept {
    append(text);
    append(end);
  }
  SECURE_TUNNELING_NOINLINE void appendLowerCase(std::string_view text) noexcept {
    for (const char c : text)
      append(toLower(c));
  }
  SECURE_TUNNELING_NOINLINE void flush() noexcept {
    if (used_ != 0) forward({buffer_, used_});
    used_ = 0;
  }

 protected:
  ~PieceBuffer() { wipe(buffer_, sizeof buffer_); }

  /// Whether everything that was forwarded has been taken.
  bool ok_ = true;

 private:
  void forward(std::string_view text) noexcept { ok_ = ok_ && forward_(target_, text); }
  SECURE_TUNNELING_NOINLINE void appendLong(std::string_view text) noexcept {
    flush();
    if (text.size() > sizeof buffer_) return forward(text);
    append(text);
  }

  void* target_;
  Forward forward_;
  std::size_t used_ = 0;
  char buffer_[128];
};

/// Pieces for anything that has `append(std::string_view)`.
template <class Sink>
class SinkBuffer : public PieceBuffer {
 public:
  SECURE_TUNNELING_NOINLINE explicit SinkBuffer(Sink& sink) noexcept
      : PieceBuffer(&sink, &appendTo) {}
  ~SinkBuffer() { flush(); }

 private:
  static bool appendTo(void* sink, std::string_view text) {
    static_cast<Sink*>(sink)->append(text);
    return true;
  }
};

/// Pieces for one message of a hash after another, each of which has to be begun.
template <class Hash>
class HashSink : public PieceBuffer {
 public:
  SECURE_TUNNELING_NOINLINE explicit HashSink(Hash& hash) noexcept
      : PieceBuffer(&hash, &update), hash_(hash) {}

  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    flush();
    ok_ = ok_ && hash_.final(digest);
    return ok_;
  }
  void begin() noexcept { ok_ = ok_ && hash_.init(); }
  /// Begins with what `other` has hashed; false where that cannot be had.
  [[nodiscard]] bool beginFrom(const Hash& other) noexcept { return ok_ && hash_.copyFrom(other); }
  /// Lets `other` begin with what was hashed here.
  [[nodiscard]] bool copyTo(Hash& other) noexcept {
    flush();
    return ok_ && other.copyFrom(hash_);
  }

 private:
  static bool update(void* hash, std::string_view text) noexcept {
    return static_cast<Hash*>(hash)->update(text.data(), text.size());
  }

  Hash& hash_;
};

/// Whether a policy has the optional `copyFrom`, and can be made to copy into.
template <class Hash, class = bool>
inline constexpr bool canCopy = false;
template <class Hash>
inline constexpr bool
    canCopy<Hash, decltype(std::declval<Hash&>().copyFrom(std::declval<const Hash&>()))> =
        std::is_default_constructible_v<Hash>;

/// A hash that has taken in the first block of an HMAC, which is the same for all messages of a key
/// and as secret as that. It is kept from the second message on: many keys have only one.
template <class Hash>
struct BegunHash {
  void forget() noexcept { isUsed = isKept = false; }

  Hash hash;
  bool isUsed = false;
  bool isKept = false;
};

/// Both hashes of an HMAC, for policies that can copy them.
template <class Hash, bool = canCopy<Hash>>
struct BegunHmac {
  void forget() noexcept {
    inner.forget();
    outer.forget();
  }

  BegunHash<Hash> inner;
  BegunHash<Hash> outer;
};
template <class Hash>
struct BegunHmac<Hash, false> {
  void forget() noexcept {}
};

/// HMAC (RFC 2104).
template <class Hash>
class Hmac {
  static_assert(Hash::digestSize == 32 && Hash::blockSize >= 32, "SHA-256 or a hash of its shape");

 public:
  /// Begins with `begun`, which may be null, and where that is not kept yet keeps it.
  Hmac(Hash& hash, std::string_view key, BegunHmac<Hash>* begun = nullptr) noexcept
      : sink_(hash), begun_(begun) {
    std::memset(pad_, 0, sizeof pad_);
    if (key.size() > sizeof pad_) {
      sink_.begin();
      sink_.append(key);
      (void)sink_.finish(pad_);  // a failure stays until the last finish()
    } else {
      copyToPad(key);
    }
    begin(innerPad);
  }
  ~Hmac() { wipe(pad_, sizeof pad_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void append(std::string_view text) noexcept { sink_.append(text); }
  /// The message, for what writes in pieces.
  [[nodiscard]] PieceBuffer& message() noexcept { return sink_; }
  /// `digest` may be the memory that the key came from.
  [[nodiscard]] bool finish(unsigned char* digest) noexcept {
    (void)sink_.finish(digest);
    begin(innerPad ^ outerPad);
    sink_.append({reinterpret_cast<const char*>(digest), Hash::digestSize});
    return sink_.finish(digest);
  }

 private:
  // Out of line: a caller with few registers left would keep a part of the key on its stack.
  SECURE_TUNNELING_NOINLINE void copyToPad(std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(pad_, text.data(), text.size());
  }
  static constexpr unsigned char innerPad = 0x36;
  static constexpr unsigned char outerPad = 0x5c;

  /// `pad` is to be combined with what is in `pad_`.
  SECURE_TUNNELING_NOINLINE void begin(unsigned char pad) noexcept {
    for (unsigned char& byte : pad_)
      byte = static_cast<unsigned char>(byte ^ pad);
    if constexpr (canCopy<Hash>) {
      if (begun_ != nullptr) return begin(pad == innerPad ? begun_->inner : begun_->outer);
    }
    appendPad();
  }
  void begin(BegunHash<Hash>& begun) noexcept {
    if (begun.isKept && sink_.beginFrom(begun.hash)) return;
    appendPad();
    begun.isKept = begun.isUsed && sink_.copyTo(begun.hash);
    begun.isUsed = true;
  }
  void appendPad() noexcept {
    sink_.begin();
    sink_.append({reinterpret_cast<const char*>(pad_), sizeof pad_});
  }

  HashSink<Hash> sink_;
  BegunHmac<Hash>* begun_;
  unsigned char pad_[Hash::blockSize];
};

}  // namespace detail
}  // namespace sigv4
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SIGV4_DETAIL_HASH_MESSAGE_HPP
