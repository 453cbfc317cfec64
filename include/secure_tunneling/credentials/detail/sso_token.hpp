// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP

#include <fcntl.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/credentials/detail/sha1.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"

/// The token that `aws sso login` leaves in the home directory.
namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// RapidJSON's output stream concept over a Secret.
class SecretOutput {
 public:
  using Ch = char;
  explicit SecretOutput(Secret& text) : text_(text) {}
  void Put(char c) { text_.append(std::string_view(&c, 1)); }
  void Flush() {}

 private:
  Secret& text_;
};

/// RapidJSON's allocator concept for the one block that a writer needs: its stack of sixteen bytes
/// a nesting level, for which it asks as for 32 levels.
class JsonWriterMemory {
 public:
  static constexpr bool kNeedFree = false;
  void* Malloc(std::size_t) noexcept { return block_; }
  void* Realloc(void*, std::size_t, [[maybe_unused]] std::size_t size) noexcept {
    assert(size <= sizeof block_);
    return block_;
  }
  static void Free(void*) noexcept {}

 private:
  alignas(8) char block_[512];
};

struct JsonText {
  std::string_view name;
  std::string_view value;
};

/// Appends a JSON object of strings, which are valid UTF-8; those without a character are left out.
inline void writeJsonTexts(std::initializer_list<JsonText> texts, Secret& out) {
  JsonWriterMemory memory;
  SecretOutput output(out);
  json::Writer<SecretOutput, json::UTF8<>, json::UTF8<>, JsonWriterMemory> writer(output, &memory);
  writer.StartObject();
  for (const JsonText& text : texts) {
    if (text.value.empty()) continue;
    writer.Key(text.name.data(), static_cast<json::SizeType>(text.name.size()));
    writer.String(text.value.data(), static_cast<json::SizeType>(text.value.size()));
  }
  writer.EndObject();
}

/// `2026-01-15T12:30:00Z`, in whole seconds.
inline std::string formatIsoDate(std::int64_t unixMs) {
  const AmzDate date = formatAmzDate(unixMs);
  const std::string_view text = date.view();
  return concat({text.substr(0, 4), "-"sv, text.substr(4, 2), "-"sv, text.substr(6, 5), ":"sv,
                 text.substr(11, 2), ":"sv, text.substr(13)});
}

/// What the file holds. All but the access token and its end may be missing.
struct SsoToken {
  Secret accessToken;
  std::int64_t expiresAtMs = 0;
  Secret refreshToken;
  std::string clientId;
  Secret clientSecret;
  std::optional<std::int64_t> registrationExpiresAtMs;
  std::string region;
  std::string startUrl;
};

/// Where the token is; `key` is the name of the session, or the start URL of a profile without.
inline std::string ssoTokenPath(std::string_view key) {
  std::string home = homeDirectory();
  if (!home.empty() && home.back() == '/') home.pop_back();
  return concat({home, "/.aws/sso/cache/"sv, sha1Hex(key), ".json"sv});
}

/// Reads the text of the file in place and wipes it. Returns what is wrong with it; never a value.
inline std::string readSsoToken(Secret& text, SsoToken& token) {
  enum : std::size_t { access, expires, refresh, id, secret, registration, region, startUrl };
  StringMembers members(
      "accessToken expiresAt refreshToken clientId clientSecret registrationExpiresAt region "
      "startUrl"sv);
  std::string problem;
  collectMembers(text, members, problem);
  const auto expiresAtMs = parseIsoDate(members[expires].text);
  if (problem.empty() && members[access].text.empty()) problem = "accessToken: missing";
  if (problem.empty() && !expiresAtMs) {
    problem = "expiresAt: expected a date as in 2026-01-15T12:30:00Z";
  }
  if (problem.empty()) {
    token.accessToken.assign(members[access].text);
    token.expiresAtMs = *expiresAtMs;
    token.refreshToken.assign(members[refresh].text);
    token.clientId = members[id].text;
    token.clientSecret.assign(members[secret].text);
    token.registrationExpiresAtMs = parseIsoDate(members[registration].text);
    token.region = members[region].text;
    token.startUrl = members[startUrl].text;
  }
  text.clear();
  return problem;
}

inline void writeSsoToken(const SsoToken& token, Secret& out) {
  const std::string registration =
      token.registrationExpiresAtMs ? formatIsoDate(*token.registrationExpiresAtMs) : std::string();
  writeJsonTexts({{"accessToken"sv, token.accessToken.expose()},
                  {"expiresAt"sv, formatIsoDate(token.expiresAtMs)},
                  {"refreshToken"sv, token.refreshToken.expose()},
                  {"clientId"sv, token.clientId},
                  {"clientSecret"sv, token.clientSecret.expose()},
                  {"registrationExpiresAt"sv, registration},
                  {"region"sv, token.region},
                  {"startUrl"sv, token.startUrl}},
                 out);
}

/// Replaces the file at `path` by `text`, for its owner alone to read. Who reads it meanwhile gets
/// the old text or the new one, whole. False when that cannot be done: then nothing has changed.
inline bool replaceSecretFile(const std::string& path, const Secret& text) {
  std::string temporary = concat({path, ".XXXXXX"sv});
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (file < 0) return false;
  std::string_view rest = text.expose();
  while (!rest.empty()) {
    const auto written = ::write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool isWhole = rest.empty() && ::fsync(file) == 0;
  const bool isClosed = ::close(file) == 0;
  if (isWhole && isClosed && std::rename(temporary.c_str(), path.c_str()) == 0) return true;
  ::unlink(temporary.c_str());
  return false;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SSO_TOKEN_HPP
