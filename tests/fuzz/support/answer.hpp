// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

/// An answer that a script puts together.
///
/// | line           | what it adds                                                        |
/// |----------------|---------------------------------------------------------------------|
/// | `S 400`        | the status                                                          |
/// | `H name: text` | a header                                                            |
/// | `b text`       | to the body                                                         |
/// | `n`            | to the body a line feed                                             |
/// | `k 0 3 20`     | to the body, of secret 0 from character 3 on 20 characters          |
/// | `p 0 3 20`     | the same, percent-encoded                                           |
/// | `j 0 3 20`     | the same, escaped as in JSON                                        |
/// | `i 0 3 20`     | the same, as the header of the request id                           |
/// | `t`            | to the body a member of an answer that has a new token              |
class Answer {
 public:
  /// `secrets` are those of `k`.
  explicit Answer(std::initializer_list<std::string_view> secrets) : secrets_(secrets) {}

  /// Takes a line of a script; false where it is none of an answer.
  bool take(Script& script) {
    switch (script.letter()) {
      case 'S':
        status = static_cast<int>(100 + script.below(1000));
        return true;
      case 'H':
        headers.append(script.text()).append("\n");
        return true;
      case 'b':
        body.append(script.text());
        return true;
      case 'n':
        body.append("\n");
        return true;
      case 'k':
      case 'p':
      case 'j':
      case 'i':
        addPiece(script.letter(), piece(script));
        return true;
      case 't':
        body.append("\"sourceAccessToken\":\"").append(newToken).append("\"");
        return true;
      default:
        return false;
    }
  }
  /// Puts it where a transport puts one.
  void give(secure_tunneling::HttpResponse& response) const {
    response.clear();
    response.status = status;
    for (std::string_view rest = headers; !rest.empty();)
      response.headers.addLine(secure_tunneling::detail::takePart(rest, '\n'));
    response.body.assign(body);
  }
  void clear() {
    status = 200;
    headers.clear();
    body.clear();
  }

  int status = 200;
  std::string headers;
  std::string body;

 private:
  std::string_view piece(Script& script) const {
    const std::string_view secret = secrets_[script.below(secrets_.size())];
    const std::size_t begin = script.below(secret.size());
    return secret.substr(begin, script.below(secret.size() + 1));
  }
  void addPiece(char form, std::string_view text) {
    if (form == 'i') {
      headers.append("x-amzn-RequestId: ").append(text).append("\n");
      return;
    }
    for (const char c : text) {
      constexpr char digits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      if (form == 'k') {
        body += c;
        continue;
      }
      body.append(form == 'p' ? "%" : "\\u00");
      body += digits[byte >> 4U];
      body += digits[byte & 15U];
    }
  }

  std::vector<std::string_view> secrets_;
};
