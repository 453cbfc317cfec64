// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/result.hpp"

// Secrets that an answer may echo, and how to tell that one was told.

inline constexpr std::string_view secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view temporaryToken =
    "IQoJb3JpZ2luX2VjEPr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDq/+s8x==";
inline constexpr std::string_view newToken = "AQGAAXYm0gjQwTtQbyzvhXb3BqY6ABcAAQAHU2VydmljZQ";

/// Pieces of so many characters are never told.
inline constexpr std::size_t enough = 12;

inline bool holdsPiece(std::string_view text, std::string_view secret) {
  for (std::size_t at = 0; at + enough <= secret.size(); ++at) {
    if (text.find(secret.substr(at, enough)) != std::string_view::npos) return true;
  }
  return false;
}

/// `text` with each `%41` made the character that it stands for.
inline std::string percentDecoded(std::string_view text) {
  const auto digit = [](char c) {
    const std::size_t at = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
    return at == std::string_view::npos ? 16 : static_cast<int>(at % 16);
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool isEncoded = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) != 16 &&
                           digit(text[i + 2]) != 16;
    if (!isEncoded) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

/// `text` without what stands for a byte that cannot be shown: its digits are nobody's secret.
inline std::string withoutEscapes(std::string text) {
  for (std::size_t at = text.find("\\x"); at != std::string::npos; at = text.find("\\x", at))
    text.replace(at, 4, " ");
  return text;
}

inline void requireUntold(const std::string& text, std::string_view secret) {
  const std::string told = withoutEscapes(text);
  require(!holdsPiece(told, secret), "no piece of a secret is told", text);
  require(!holdsPiece(percentDecoded(told), secret), "no encoded piece of a secret is told", text);
}

/// A UUID, which is told as it is, has room for twelve digits of a signature in a row.
inline void requireIdUntold(const std::string& id, std::string_view secret) {
  if (!secure_tunneling::detail::isUuid(id)) requireUntold(id, secret);
}

inline void requireUntold(const secure_tunneling::Error& error, std::string_view secret) {
  for (const std::string* text : {&error.message, &error.code})
    requireUntold(*text, secret);
  requireIdUntold(error.requestId, secret);
}

/// What of an error goes to a terminal or a log does not steer it; a page has its line feeds.
inline void requireVisible(const secure_tunneling::Error& error) {
  const auto isOneLine = [](std::string_view text) {
    for (std::size_t i = 0; i != text.size();) {
      if (secure_tunneling::detail::isSteering(secure_tunneling::detail::takeCharacter(text, i)))
        return false;
    }
    return true;
  };
  std::string message;
  for (std::size_t i = 0; i != error.message.size(); ++i) {
    const bool isKept = i >= 4 && error.message[i] == '\n' &&
                        std::string_view(error.message).substr(i - 4, 4) == "\\x0a";
    if (!isKept) message += error.message[i];
  }
  require(isOneLine(message), "a message can be shown on a terminal", error.message);
  require(isOneLine(error.code), "a code can be shown on a terminal", error.code);
  require(isOneLine(error.requestId), "a request id can be shown on a terminal", error.requestId);
}
