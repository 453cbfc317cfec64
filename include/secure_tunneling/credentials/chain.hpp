// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP

#include <cstddef>
#include <initializer_list>
#include <string>

#include "secure_tunneling/credentials.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// Asks one source after the other, until one has credentials. A source that nobody set up
/// (`ErrorKind::NoCredentials`) is passed over; one that fails ends it, for the next would be
/// somebody else. When none has any, the error says what each looked for. Keeps references; as safe
/// between threads as its sources.
class CredentialsChain final : public CredentialsProvider {
 public:
  static constexpr std::size_t maxSources = 8;

  /// At most `maxSources`; null ones are left out.
  CredentialsChain(std::initializer_list<CredentialsProvider*> sources) {
    for (CredentialsProvider* const source : sources) {
      if (source != nullptr && count_ != maxSources) sources_[count_++] = source;
    }
  }

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    std::string message("no credentials found"sv);
    for (std::size_t i = 0; i != count_; ++i) {
      Result<void> found = sources_[i]->retrieve(query, credentials);
      if (found || found.error().kind != ErrorKind::NoCredentials) return found;
      message.append("; "sv).append(found.error().message);
    }
    return makeError(ErrorKind::NoCredentials, message);
  }

 private:
  CredentialsProvider* sources_[maxSources];
  std::size_t count_ = 0;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP
