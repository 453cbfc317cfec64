// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP

/// @file
/// Asks several sources of credentials in order.

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Asks one source after the other, until one has credentials. A source that nobody set up
/// (`ErrorKind::NoCredentials`) is passed over; one that fails ends it, for the next would be
/// somebody else. When none has any, the error says what each looked for. Keeps references; one
/// thread at a time.
class CredentialsChain final : public SerialSource {
 public:
  /// The most sources of one chain.
  static constexpr std::size_t maxSources = 8;

  /// At most `maxSources`; null ones are left out.
  CredentialsChain(std::initializer_list<CredentialsSource*> sources) {
    for (CredentialsSource* const source : sources) {
      if (source != nullptr && count_ != maxSources) sources_[count_++] = source;
    }
  }

  /// The source that ended the last search, with credentials or by failing; null where all were
  /// passed over, and before the first search.
  [[nodiscard]] const CredentialsSource* answeredBy() const noexcept {
    return at_ < count_ ? sources_[at_] : nullptr;
  }

  [[nodiscard]] Clock* clock() noexcept override {
    for (std::size_t i = 0; i != count_; ++i) {
      if (Clock* const found = sources_[i]->clock()) return found;
    }
    return nullptr;
  }

 private:
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    message_ = "no credentials found";
    at_ = 0;
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    for (; at_ != count_; ++at_) {
      if (!search_) search_.emplace(fetch, sources_[at_], fetch.credentials());
      const Step step = search_->next(now);
      if (step != Step::Done) return fetch.forward(*search_, step);
      Result<void> found = search_->takeOutcome();
      search_.reset();
      if (found || found.error().kind != ErrorKind::NoCredentials) {
        return fetch.done(std::move(found));
      }
      message_.append("; ").append(found.error().message);
    }
    return fetch.done(detail::failure(ErrorKind::NoCredentials, message_.c_str()));
  }
  void end() noexcept override { search_.reset(); }

  CredentialsSource* sources_[maxSources];
  std::size_t count_ = 0;
  // Of the search that is under way, or was the last.
  std::size_t at_ = maxSources;
  std::optional<CredentialsFetch> search_;
  std::string message_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CHAIN_HPP
