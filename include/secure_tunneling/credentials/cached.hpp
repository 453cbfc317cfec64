// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CACHED_HPP
#define SECURE_TUNNELING_CREDENTIALS_CACHED_HPP

/// @file
/// Keeps the credentials of another source until they end. For any number of threads.

#include <cstdint>
#include <optional>
#include <utility>

#include "secure_tunneling/detail/mutex.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// How long credentials are kept.
struct CacheOptions {
  /// Milliseconds before their end from which credentials are fetched anew. Unset goes by how long
  /// they live: 5 minutes for up to 20 minutes, 15 minutes for less than 90, else an hour.
  std::optional<std::int64_t> advisoryWindowMs = {};
  /// Gives out credentials whose time is over while their source has no newer ones: many services
  /// still take them, and the local clock may be wrong.
  bool useExpired = true;
};

/// Credentials of another source, kept until they are about to end.
///
/// - In the advisory window the next call fetches new ones; calls of other threads meanwhile get
///   those that are kept.
/// - A search that is cut short, because its call is cancelled or out of time, changes nothing:
///   whoever waited for it makes the search instead.
/// - In the last minute, and when the service has refused them as expired, all calls wait for the
///   new ones. There is never more than one fetch at a time; one that an event loop drives is
///   waited for in steps of 20 ms, for half a minute at most.
/// - After a fetch that failed, or brought credentials that are over already, those that are kept
///   go on being used, and the source is left alone for 5 to 10 minutes (spread by
///   `CredentialsQuery::random`).
/// - An error that only a person can mend (`ErrorKind::Configuration` or `InvalidArgument`) is
///   returned at once, and again for 5 seconds without asking. With nothing kept, every error is.
///
/// Any number of threads may search in it and call `invalidate`; the source is only used by one at
/// a time. Keeps a reference to it. Blocks as long as the source does.
class CachedCredentials final : public CredentialsSource {
 public:
  /// Caches what `source` finds. Does not ask it yet.
  explicit CachedCredentials(CredentialsSource& source, CacheOptions options = {})
      : source_(source), options_(options) {}

  Step next(CredentialsFetch& fetch, const Moment& now) override {
    detail::MutexLock lock(mutex_);
    if (fetcher_ != &fetch) {
      // What another search has fetched, or failed to, while this one waited is the answer here
      // too.
      const bool hasWaited = fetch.waits != 0;
      if (hasWaited && fetches_ != fetch.seen) return give(fetch);
      // A caller that was refused older credentials than those that are kept has new ones to try.
      if (!hasWaited && fetch.query().expired && !isOlder(fetch.credentials())) isInvalid_ = true;
      const Need need = needAt(fetch.query().nowMs);
      if (need == Need::None || (need == Need::Advisory && fetcher_ != nullptr)) return give(fetch);
      if (fetcher_ != nullptr) return waitForOther(fetch, lock);
      // Taken for a moment by one who has waited: never waited for with the other mutex held.
      if (fetch.mayBlock() && !fetchMutex_.try_lock()) return fetch.wait(0);
      fetcher_ = &fetch;
      search_.emplace(fetch, &source_, fetched_);
    }
    lock.unlock();
    const Step step = search_->next(now);
    if (step != Step::Done) return fetch.forward(*search_, step);
    Result<void> outcome = search_->takeOutcome();
    lock.lock();
    if (!outcome && detail::isOfLimits(outcome.error().kind)) {
      // That is this call's alone: others, who may be waiting, ask for themselves.
      endSearch();
      return fetch.done(std::move(outcome));
    }
    settle(fetch.query(), std::move(outcome));
    ++fetches_;
    endSearch();
    return give(fetch);
  }
  void abandon(CredentialsFetch& fetch) noexcept override {
    const detail::MutexLock lock(mutex_);
    if (fetcher_ == &fetch) endSearch();
  }
  [[nodiscard]] Clock* clock() noexcept override { return source_.clock(); }

  /// Makes the next call fetch new ones, unless the source is being left alone.
  void invalidate() {
    const detail::MutexLock lock(mutex_);
    isInvalid_ = true;
  }

 private:
  enum class Need : unsigned char { None, Advisory, Mandatory };

  /// A time from which something holds for a while; not before it either, should the clock be set
  /// back.
  struct Span {
    std::int64_t beginMs = 0;
    std::int64_t lengthMs = 0;
    [[nodiscard]] bool holds(std::int64_t nowMs) const noexcept {
      return nowMs >= beginMs && nowMs - beginMs < lengthMs;
    }
  };

  [[nodiscard]] bool isOlder(const Credentials& refused) const {
    return hasCached_ && !refused.accessKeyId.empty() && refused.accessKeyId != cached_.accessKeyId;
  }

  [[nodiscard]] Need needAt(std::int64_t nowMs) const noexcept {
    constexpr std::int64_t mandatoryWindowMs = 60'000;
    if (errorSpan_.holds(nowMs)) return Need::None;
    if (!hasCached_) return Need::Mandatory;
    if (backOff_.holds(nowMs)) return Need::None;
    if (isInvalid_) return Need::Mandatory;
    if (!cached_.expiresAtMs) return Need::None;
    const std::int64_t leftMs = *cached_.expiresAtMs - nowMs;
    if (leftMs <= mandatoryWindowMs) return Need::Mandatory;
    return leftMs <= advisoryWindowMs_ ? Need::Advisory : Need::None;
  }

  /// Waits for the search that is under way: of another thread, at a mutex, until it is over. A
  /// call that may have to end meanwhile comes by instead.
  Step waitForOther(CredentialsFetch& fetch, detail::MutexLock& lock) {
    constexpr std::int64_t pauseMs = 20;
    // Half a minute: an event loop may be driven by the very thread that waits here.
    constexpr int mostWaits = 1'500;
    fetch.seen = fetches_;
    ++fetch.waits;
    if (!fetch.mayBlock()) return fetch.wait(pauseMs);
    fetch.block();
    if (fetcher_->mayBlock()) {
      if (fetch.exchange().end.isLimited()) return fetch.wait(pauseMs);
      lock.unlock();
      fetchMutex_.lock();
      fetchMutex_.unlock();
      return fetch.wait(0);
    }
    if (fetch.waits < mostWaits && clock() != nullptr) return fetch.wait(pauseMs);
    return fetch.done(detail::failure(
        ErrorKind::Credentials, "these credentials are still being fetched by an event loop"));
  }
  void endSearch() noexcept {
    search_.reset();
    fetched_ = {};
    if (fetcher_->mayBlock()) fetchMutex_.unlock();
    fetcher_ = nullptr;
  }

  /// Ends a search with the kept credentials, or the last error.
  Step give(CredentialsFetch& fetch) const {
    return fetch.done(give(fetch.query().nowMs, fetch.credentials()));
  }
  Result<void> give(std::int64_t nowMs, Credentials& credentials) const {
    const bool isOver = hasCached_ && cached_.expiresAtMs && *cached_.expiresAtMs <= nowMs;
    if (!lastError_.empty() &&
        (!hasCached_ || errorSpan_.holds(nowMs) || (isOver && !options_.useExpired)))
      return *lastError_;
    credentials.assign(cached_);
    return {};
  }

  void settle(const CredentialsQuery& query, Result<void> result) {
    constexpr std::int64_t errorMs = 5'000;
    if (!result) {
      lastError_ = detail::takeError(std::move(result));
      const bool isFinal = lastError_->kind == ErrorKind::Configuration ||
                           lastError_->kind == ErrorKind::InvalidArgument;
      errorSpan_ = {query.nowMs, isFinal ? errorMs : 0};
      if (!isFinal) backOff(query);
      return;
    }
    const bool isOver = fetched_.expiresAtMs && *fetched_.expiresAtMs <= query.nowMs;
    if (isOver) {
      lastError_ = detail::takeError(detail::failure(
          ErrorKind::Credentials, "the source has no credentials but expired ones"));
      backOff(query);
      if (hasCached_) return;
    } else {
      backOff_ = {};
      isInvalid_ = false;
    }
    errorSpan_ = {};
    advisoryWindowMs_ = options_.advisoryWindowMs.value_or(
        windowOf(fetched_.expiresAtMs.value_or(query.nowMs) - query.nowMs));
    cached_ = std::move(fetched_);
    hasCached_ = true;
  }

  void backOff(const CredentialsQuery& query) noexcept {
    constexpr std::int64_t leastMs = 300'000;
    constexpr std::uint64_t spreadMs = 300'000;
    backOff_ = {query.nowMs, leastMs + static_cast<std::int64_t>(query.random * spreadMs >> 32)};
  }

  static std::int64_t windowOf(std::int64_t lifetimeMs) noexcept {
    constexpr std::int64_t minute = 60'000;
    if (lifetimeMs <= 20 * minute) return 5 * minute;
    return lifetimeMs < 90 * minute ? 15 * minute : 60 * minute;
  }

  CredentialsSource& source_;
  const CacheOptions options_;
  detail::Mutex fetchMutex_;  // held during the search of a thread that blocks
  detail::Mutex mutex_;       // for everything below
  std::uint64_t fetches_ = 0;
  // Of the search that is under way; used without the lock by whose it is.
  CredentialsFetch* fetcher_ = nullptr;
  std::optional<CredentialsFetch> search_;
  Credentials fetched_;
  Credentials cached_;
  bool hasCached_ = false;
  bool isInvalid_ = false;
  std::int64_t advisoryWindowMs_ = 0;
  Span backOff_;
  Span errorSpan_;
  detail::ErrorBox lastError_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CACHED_HPP
