// SPDX-License-Identifier: BSL-1.0
#include "received.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <vector>

namespace st = secure_tunneling;

namespace {

/// The text that `copy(destination, size)` makes, which has `length` characters.
template <class Copy>
std::optional<std::string> copied(int length, Copy copy) {
  if (length < 0) return std::nullopt;
  std::vector<char> buffer(static_cast<std::size_t>(length) + 1);
  const int size = copy(buffer.data(), length + 1);
  if (size < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

/// `name:` of a header that libwebsockets knows; empty for its other tokens and behind the last.
std::string_view knownName(int token) {
  const auto* const text =
      reinterpret_cast<const char*>(lws_token_to_string(static_cast<lws_token_indexes>(token)));
  const std::string_view name = text == nullptr ? "" : text;
  return name.size() > 1 && name.front() != ':' && name.back() == ':' ? name : std::string_view();
}

std::optional<std::string> knownHeader(lws* wsi, int token) {
  const auto index = static_cast<lws_token_indexes>(token);
  const int length = lws_hdr_total_length(wsi, index);
  if (length <= 0) return std::nullopt;
  return copied(length, [&](char* to, int size) { return lws_hdr_copy(wsi, to, size, index); });
}

/// What libwebsockets has decoded, encoded again.
std::string encode(std::string_view text, std::string_view kept) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (std::isalnum(value) != 0 || std::string_view("-._~").find(c) != std::string_view::npos ||
        kept.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[value >> 4U];
      encoded += digits[value & 15U];
    }
  }
  return encoded;
}

std::string methodName(int method) {
  switch (method) {
    case LWSHUMETH_GET:
      return "GET";
    case LWSHUMETH_POST:
      return "POST";
    case LWSHUMETH_PUT:
      return "PUT";
    case LWSHUMETH_PATCH:
      return "PATCH";
    case LWSHUMETH_DELETE:
      return "DELETE";
    case LWSHUMETH_HEAD:
      return "HEAD";
    default:
      return "OPTIONS";
  }
}

/// The names of an Authorization header's SignedHeaders.
std::vector<std::string> signedNames(const std::string& authorization) {
  std::vector<std::string> names;
  constexpr std::string_view start = "SignedHeaders=";
  std::size_t at = authorization.find(start);
  if (at == std::string::npos) return names;
  at += start.size();
  const std::string list = authorization.substr(at, authorization.find_first_of(", ", at) - at);
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(';', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

std::optional<std::string> receivedHeader(lws* wsi, const std::string& name) {
  const std::string line = name + ":";
  for (int token = 0; token != WSI_TOKEN_COUNT; ++token) {
    if (knownName(token) == line) return knownHeader(wsi, token);
  }
  const int size = static_cast<int>(line.size());
  return copied(lws_hdr_custom_length(wsi, line.c_str(), size), [&](char* to, int room) {
    return lws_hdr_custom_copy(wsi, to, room, line.c_str(), size);
  });
}

std::string receivedVersion(lws* wsi) {
  return knownHeader(wsi, WSI_TOKEN_HTTP).value_or("");
}

std::string receivedParameter(lws* wsi, const std::string& name) {
  char buffer[256];
  const char* const value =
      lws_get_urlarg_by_name(wsi, (name + "=").c_str(), buffer, static_cast<int>(sizeof buffer));
  return value == nullptr ? "" : value;
}

st::RecordedRequest receivedRequest(lws* wsi) {
  st::RecordedRequest request;
  char* uri = nullptr;
  int size = 0;
  request.method = methodName(lws_http_get_uri_and_method(wsi, &uri, &size));
  if (uri != nullptr) {
    request.target = encode(std::string_view(uri, static_cast<std::size_t>(size)), "/");
  }
  char fragment[1024];
  for (int i = 0; lws_hdr_copy_fragment(wsi, fragment, static_cast<int>(sizeof fragment),
                                        WSI_TOKEN_HTTP_URI_ARGS, i) > 0;
       ++i) {
    request.target.append(i == 0 ? "?" : "&").append(encode(fragment, "="));
  }
  for (int token = 0; token != WSI_TOKEN_COUNT; ++token) {
    const std::string_view name = knownName(token);
    if (name.empty()) continue;
    if (const auto value = knownHeader(wsi, token)) {
      request.headers.push_back({std::string(name.substr(0, name.size() - 1)), *value});
    }
  }
  request.authority = request.header("host").value_or("");
  std::vector<std::string> names = signedNames(request.header("authorization").value_or(""));
  names.insert(names.end(), {"x-amz-content-sha256", "x-amz-date", "x-amz-security-token",
                             "x-amz-target", "x-amz-user-agent"});
  for (const std::string& name : names) {
    if (name.empty() || request.header(name)) continue;
    if (const auto value = receivedHeader(wsi, name)) request.headers.push_back({name, *value});
  }
  return request;
}
