// SPDX-License-Identifier: BSL-1.0
#include "response_parser.hpp"

#include <string_view>

namespace {

constexpr std::size_t separators = 3;  // ": " and "\n"

}  // namespace

void ResponseParser::begin(secure_tunneling::HttpResponse& response, std::size_t maxHeaderBytes,
                           std::size_t maxBodyBytes) {
  http_parser_init(&parser_, HTTP_RESPONSE);
  parser_.data = this;
  response_ = &response;
  name_.clear();
  value_.clear();
  maxHeaderBytes_ = maxHeaderBytes;
  maxBodyBytes_ = maxBodyBytes;
  headerBytes_ = 0;
  valueBegun_ = tooLong_ = complete_ = false;
}

bool ResponseParser::feed(const unsigned char* bytes, std::size_t size) {
  const auto* const text = reinterpret_cast<const char*>(bytes);
  reserve(size);
  http_parser_execute(&parser_, &callbacks(), text, size);
  if (HTTP_PARSER_ERRNO(&parser_) == HPE_HEADER_OVERFLOW) tooLong_ = true;
  // A complete answer pauses the parser: what comes behind it is nobody's.
  return complete_ || (HTTP_PARSER_ERRNO(&parser_) == HPE_OK && parser_.upgrade == 0);
}

bool ResponseParser::end() {
  http_parser_execute(&parser_, &callbacks(), nullptr, 0);
  return complete_;
}

void ResponseParser::reserve(std::size_t size) {
  name_.reserve(name_.size() + size);
  value_.reserve(value_.size() + size);
  // A field that is whole moves there.
  response_->headers.reserve(response_->headers.size() + name_.size() + value_.size() +
                             (separators + 1) * size + separators);
  response_->body.reserve(response_->body.size() + size);
}

const http_parser_settings& ResponseParser::callbacks() {
  static const http_parser_settings settings = [] {
    http_parser_settings made{};
    made.on_header_field = &onHeaderName;
    made.on_header_value = &onHeaderValue;
    made.on_headers_complete = &onHeadersComplete;
    made.on_body = &onBody;
    made.on_message_complete = &onMessageComplete;
    return made;
  }();
  return settings;
}

bool ResponseParser::hasRoomInHeaders(std::size_t size) {
  headerBytes_ += size;
  tooLong_ = headerBytes_ + separators > maxHeaderBytes_;
  return !tooLong_;
}

int ResponseParser::onHeaderName(http_parser* parser, const char* text, std::size_t size) {
  ResponseParser& self = of(parser);
  if (self.valueBegun_) self.takeHeader();
  if (!self.hasRoomInHeaders(size)) return 1;
  self.name_.append(text, size);
  return 0;
}

int ResponseParser::onHeaderValue(http_parser* parser, const char* text, std::size_t size) {
  ResponseParser& self = of(parser);
  if (!self.hasRoomInHeaders(size)) return 1;
  self.valueBegun_ = true;
  self.value_.append({text, size});
  return 0;
}

void ResponseParser::takeHeader() {
  response_->headers.add(name_, value_.expose());
  headerBytes_ = response_->headers.size();
  name_.clear();
  value_.clear();
  valueBegun_ = false;
}

int ResponseParser::onHeadersComplete(http_parser* parser) {
  ResponseParser& self = of(parser);
  if (self.valueBegun_) self.takeHeader();
  return 0;
}

int ResponseParser::onBody(http_parser* parser, const char* text, std::size_t size) {
  ResponseParser& self = of(parser);
  self.tooLong_ = size > self.maxBodyBytes_ - self.response_->body.size();
  if (self.tooLong_) return 1;
  self.response_->body.append(std::string_view(text, size));
  return 0;
}

int ResponseParser::onMessageComplete(http_parser* parser) {
  ResponseParser& self = of(parser);
  if (parser->status_code < 200) {
    self.response_->clear();
    self.headerBytes_ = 0;
    return 0;
  }
  self.response_->status = static_cast<int>(parser->status_code);
  self.complete_ = true;
  http_parser_pause(parser, 1);
  return 0;
}
