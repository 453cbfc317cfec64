// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_HPP
#define SECURE_TUNNELING_CREDENTIALS_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// AWS credentials. Move-only, because its secrets are.
struct Credentials {
  std::string accessKeyId;
  Secret secretAccessKey;
  /// Empty for long-term credentials.
  Secret sessionToken;
  /// When they end, in milliseconds since the Unix epoch; unset when they do not.
  std::optional<std::int64_t> expiresAtMs;

  /// Replaces these credentials by a copy of `other`, reusing the buffers.
  void assign(const Credentials& other) {
    accessKeyId = other.accessKeyId;
    secretAccessKey.assign(other.secretAccessKey.expose());
    sessionToken.assign(other.sessionToken.expose());
    expiresAtMs = other.expiresAtMs;
  }
};

namespace detail {

/// Credentials that are still to be filled. Out of line, for size; derived, because one with a
/// constructor would be no aggregate.
struct CredentialsRoom : Credentials {
  [[gnu::noinline]] CredentialsRoom() noexcept {}  // NOLINT(*-use-equals-default)
};

/// What is wrong with a credential that `isVisibleAscii` refuses: none that AWS gives is so.
inline constexpr char unsendable[] = " has a blank, a control or a non-ASCII character";

/// Why `credentials` cannot be sent, or signed with; null when they can.
inline const char* problemOf(const Credentials& credentials) noexcept {
  if (credentials.secretAccessKey.empty()) return "the secret access key is empty";
  if (!isVisibleAscii(credentials.secretAccessKey.expose())) {
    return "the secret access key has a blank, a control or a non-ASCII character";
  }
  if (credentials.accessKeyId.empty() || !isVisibleAscii(credentials.accessKeyId) ||
      credentials.accessKeyId.find_first_of("/,") != std::string::npos) {
    return "the access key id is empty or has a character that none has";
  }
  if (!isVisibleAscii(credentials.sessionToken.expose())) {
    return "the session token has a blank, a control or a non-ASCII character";
  }
  return nullptr;
}

}  // namespace detail

/// Why credentials are asked for.
struct CredentialsQuery {
  /// The time, in milliseconds since the Unix epoch.
  std::int64_t nowMs = 0;
  /// The service has just refused those that the caller still holds as expired: the same again are
  /// of no use.
  bool expired = false;
  /// Uniformly distributed over all values; spreads refreshes. Need not be unpredictable.
  std::uint32_t random = 0;
};

/// Where credentials come from.
///
/// An implementation writes them to `credentials`, which may still hold those of an earlier call
/// (their buffers are worth reusing), or returns an `Error` whose message says what was looked for
/// and where, never a value. Its kind is `NoCredentials` where nothing asks for this source, so
/// that a chain goes on; `Configuration` for a malformed file, variable or setting; `Credentials`
/// for any other failure, a transport's too: `delivery` stays `NotSent`, for the call itself was
/// not sent. It does its I/O here and not in its constructor. Called by one thread at a time unless
/// the implementation says more.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  virtual Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) = 0;

  CredentialsProvider(const CredentialsProvider&) = delete;
  CredentialsProvider& operator=(const CredentialsProvider&) = delete;

 protected:
  CredentialsProvider() = default;
};

/// Credentials given by the program. Safe to share between threads.
class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials) {
    static_cast<Credentials&>(credentials_) = std::move(credentials);
  }
  StaticCredentials(std::string_view accessKeyId, std::string_view secretAccessKey,
                    std::string_view sessionToken = {}) {
    credentials_.accessKeyId = accessKeyId;
    credentials_.secretAccessKey.assign(secretAccessKey);
    credentials_.sessionToken.assign(sessionToken);
  }

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    credentials.assign(credentials_);
    return {};
  }

 private:
  detail::CredentialsRoom credentials_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_HPP
