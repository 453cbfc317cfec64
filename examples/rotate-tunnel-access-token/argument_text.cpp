// SPDX-License-Identifier: BSL-1.0
#include "argument_text.hpp"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "text.hpp"
#include "text_encoding.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

/// `$NAME` and `${NAME}` replaced, where such a variable is set.
std::string expandVariables(std::string_view path) {
  const auto isNameCharacter = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::string out;
  bool hasBrace = true;
  while (!path.empty()) {
    std::size_t size = 1;
    std::string name;
    const bool isBraced = hasBrace && path.substr(0, 2) == "${";
    if (isBraced) hasBrace = path.find('}') != path.npos;
    if (isBraced && hasBrace) {
      size = path.find('}') + 1;
      name = path.substr(2, size - 3);
    } else if (path.front() == '$') {
      while (size != path.size() && isNameCharacter(path[size]))
        ++size;
      name = path.substr(1, size - 1);
    }
    const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
    out += value != nullptr ? std::string_view(value) : path.substr(0, size);
    path.remove_prefix(size);
  }
  return out;
}

std::string expandedPath(std::string_view path) {
  const char* const home = std::getenv("HOME");
  const bool inHome = path == "~" || path.substr(0, 2) == "~/";
  if (!inHome || home == nullptr) return expandVariables(path);
  return expandVariables(std::string(home).append(path.substr(1)));
}

/// Far more than the service takes of anything.
constexpr std::size_t mostFileBytes = std::size_t{16} << 20U;

/// Reads a whole file; 0, or what went wrong as an errno, EFBIG past `mostFileBytes`.
int readFile(const std::string& path, std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return errno;
  char chunk[4096];
  std::size_t size = 0;
  while (text.size() <= mostFileBytes && (size = std::fread(chunk, 1, sizeof chunk, file)) != 0)
    text.append(chunk, size);
  const int error = std::ferror(file) != 0 ? errno : 0;
  const int problem = text.size() > mostFileBytes ? EFBIG : error;
  static_cast<void>(std::fclose(file));
  return problem;
}

/// The encoding of text files. A variable that is set to nothing counts as not set.
Result<TextEncoding> fileEncoding() {
  const char* const name = std::getenv("AWS_CLI_FILE_ENCODING");
  if (name == nullptr || *name == '\0') return TextEncoding::Utf8;
  const std::optional<TextEncoding> encoding = textEncoding(name);
  if (encoding) return *encoding;
  return makeError(ErrorKind::Configuration, "AWS_CLI_FILE_ENCODING is \"" + visible(name) +
                                                 "\": expected " + listOf(textEncodings()) +
                                                 suggestion(name, textEncodings()));
}

void useUnixLineEnds(std::string& text) {
  std::size_t out = 0;
  for (std::size_t in = 0; in != text.size(); ++in) {
    const bool isReturn = text[in] == '\r';
    text[out++] = isReturn ? '\n' : text[in];
    if (isReturn && in + 1 != text.size() && text[in + 1] == '\n') ++in;
  }
  text.resize(out);
}

}  // namespace

Result<ArgumentText> loadText(const std::string& value) {
  ArgumentText out;
  out.isBytes = value.compare(0, 8, "fileb://") == 0;
  if (!out.isBytes && value.compare(0, 7, "file://") != 0) {
    out.text = value;
    return out;
  }
  const auto refuse = [](const std::string& why) {
    return makeError(ErrorKind::InvalidArgument, "Unable to load paramfile " + visible(why));
  };
  const std::string path = expandedPath(std::string_view(value).substr(out.isBytes ? 8 : 7));
  const int problem = readFile(path, out.text);
  if (problem == EFBIG) return refuse(value + ": more than 16 MiB: '" + path + "'");
  if (problem != 0) {
    return refuse(value + ": [Errno " + std::to_string(problem) + "] " + std::strerror(problem) +
                  ": '" + path + "'");
  }
  if (out.isBytes) return out;
  Result<TextEncoding> encoding = fileEncoding();
  if (!encoding) return std::move(encoding).error();
  std::optional<std::string> decoded = toUtf8(std::move(out.text), *encoding);
  if (!decoded) {
    return refuse("(" + path +
                  "), text contents could not be decoded.  If this is a binary file, please use "
                  "the fileb:// prefix instead of the file:// prefix.");
  }
  out.text = *std::move(decoded);
  useUnixLineEnds(out.text);
  return out;
}

Result<ArgumentText> loadArgument(const std::string& option, const std::string& value) {
  Result<ArgumentText> loaded = loadText(value);
  if (!loaded) loaded.error().message.insert(0, "Error parsing parameter '" + option + "': ");
  return loaded;
}
