// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <http_parser.h>

#include <cstddef>
#include <string>

#include "secure_tunneling/seams/http_transport.hpp"

/// Reads one HTTP/1 answer with http_parser: with a length, in chunks, or up to the end of the
/// connection. Interim answers are skipped.
class ResponseParser {
 public:
  /// Begins an answer; it goes to `response`.
  void begin(secure_tunneling::HttpResponse& response, std::size_t maxHeaderBytes,
             std::size_t maxBodyBytes);
  /// Takes bytes from the connection; false when they are no HTTP, or too many.
  bool feed(const unsigned char* bytes, std::size_t size);
  /// The connection has ended in good order; false when the answer has not.
  bool end();

  [[nodiscard]] bool isComplete() const noexcept { return complete_; }
  [[nodiscard]] bool isTooLong() const noexcept { return tooLong_; }
  [[nodiscard]] const char* problem() const noexcept {
    return http_errno_description(HTTP_PARSER_ERRNO(&parser_));
  }

 private:
  static const http_parser_settings& callbacks();
  static ResponseParser& of(http_parser* parser) {
    return *static_cast<ResponseParser*>(parser->data);
  }
  static int onHeaderName(http_parser* parser, const char* text, std::size_t size);
  static int onHeaderValue(http_parser* parser, const char* text, std::size_t size);
  static int onHeadersComplete(http_parser* parser);
  static int onBody(http_parser* parser, const char* text, std::size_t size);
  static int onMessageComplete(http_parser* parser);

  /// Makes room for what so many bytes can add: what runs inside the parser's C frames then never
  /// allocates.
  void reserve(std::size_t size);
  bool hasRoomInHeaders(std::size_t size);
  void takeHeader();

  http_parser parser_{};
  secure_tunneling::HttpResponse* response_ = nullptr;
  std::size_t maxHeaderBytes_ = 0;
  std::size_t maxBodyBytes_ = 0;
  std::size_t headerBytes_ = 0;
  std::string name_;
  secure_tunneling::Secret value_;  // may echo the session token
  bool valueBegun_ = false;
  bool tooLong_ = false;
  bool complete_ = false;
};
