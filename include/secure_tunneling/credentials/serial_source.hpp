// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_SERIAL_SOURCE_HPP
#define SECURE_TUNNELING_CREDENTIALS_SERIAL_SOURCE_HPP

/// @file
/// What a source of credentials for one search at a time is made from.

#include <cstdint>

#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/steps.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Lets one search at a time through: another that comes meanwhile waits for its end. One that
/// blocks its thread cannot, for the first may be driven by that same thread: it is refused.
class OneSearch {
 public:
  /// Whether `fetch` is the one that is under way, or can become it.
  [[nodiscard]] bool isFree(const CredentialsFetch& fetch) const noexcept {
    return owner_ == nullptr || owner_ == &fetch;
  }
  /// Whether `fetch` is the one that is under way.
  [[nodiscard]] bool isUnderWay(const CredentialsFetch& fetch) const noexcept {
    return owner_ == &fetch;
  }
  /// Makes `fetch` the one that is under way.
  void begin(const CredentialsFetch& fetch) noexcept { owner_ = &fetch; }
  /// Lets the next one through.
  void end() noexcept { owner_ = nullptr; }

  /// The step of a search that has to wait.
  static Step busy(CredentialsFetch& fetch) {
    constexpr std::int64_t pauseMs = 20;
    if (!fetch.mayBlock()) return fetch.wait(pauseMs);
    return fetch.done(detail::failure(ErrorKind::Credentials,
                                      "these credentials are being fetched by another call"));
  }

 private:
  const CredentialsFetch* owner_ = nullptr;
};

/// A source with one search at a time.
class SerialSource : public CredentialsSource {
 public:
  Step next(CredentialsFetch& fetch, const Moment& now) final {
    return step(fetch, now, [&] { return begin(fetch, now); });
  }
  void abandon(CredentialsFetch& fetch) noexcept final {
    if (search_.isUnderWay(fetch)) release();
  }

 protected:
  SerialSource() = default;

  /// `next`, with a first step by `beginning`.
  template <class Beginning>
  Step step(CredentialsFetch& fetch, const Moment& now, Beginning beginning) {
    if (!search_.isFree(fetch)) return OneSearch::busy(fetch);
    const bool isFirst = !search_.isUnderWay(fetch);
    search_.begin(fetch);
    const Step step = isFirst ? beginning() : proceed(fetch, now);
    if (step == Step::Done) release();
    return step;
  }

  /// The first step of a search.
  virtual Step begin(CredentialsFetch& fetch, const Moment& now) = 0;
  /// Every other one, with the same `fetch`.
  virtual Step proceed(CredentialsFetch& fetch, const Moment& now) = 0;
  /// The search is over: lets go of all that was kept for it.
  virtual void end() noexcept = 0;

 private:
  void release() noexcept {
    search_.end();
    end();
  }

  OneSearch search_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_SERIAL_SOURCE_HPP
