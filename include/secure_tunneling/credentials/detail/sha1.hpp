// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SHA1_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SHA1_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/text.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Takes 64 bytes into the state of SHA-1 (FIPS 180-4, 6.1.2).
inline void addSha1Block(const char* block, std::uint32_t (&state)[5]) noexcept {
  constexpr std::uint32_t constants[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
  constexpr auto rotate = [](std::uint32_t word, unsigned bits) {
    return word << bits | word >> (32 - bits);
  };
  std::uint32_t words[80] = {};
  for (std::size_t i = 0; i != 64; ++i)
    words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t i = 16; i != 80; ++i)
    words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i != 80; ++i) {
    const std::uint32_t mixed = i < 20              ? (b & c) | (~b & d)
                                : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d)
                                                    : b ^ c ^ d;
    const std::uint32_t next = rotate(a, 5) + mixed + e + constants[i / 20] + words[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

/// SHA-1 of `text` in lower-case hexadecimal. For names only, as the AWS tools call the file of an
/// SSO token by it: of its own, so that a name needs no library, nor one that still has SHA-1.
inline std::string sha1Hex(std::string_view text) {
  std::string message(text);
  message.push_back('\x80');
  message.append((120 - message.size() % 64) % 64, '\0');
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (unsigned shift = 64; shift != 0; shift -= 8)
    message.push_back(static_cast<char>(bits >> (shift - 8)));
  std::uint32_t state[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (std::size_t i = 0; i != message.size(); i += 64)
    addSha1Block(message.data() + i, state);
  std::string hex;
  for (const std::uint32_t word : state) {
    for (unsigned shift = 32; shift != 0; shift -= 4)
      hex.push_back("0123456789abcdef"[word >> (shift - 4) & 15]);
  }
  return hex;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SHA1_HPP
