// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_CACHED_HPP
#define SECURE_TUNNELING_CREDENTIALS_CACHED_HPP

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "secure_tunneling/credentials.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

struct CacheOptions {
  /// Milliseconds before their end from which credentials are fetched anew. Unset goes by how long
  /// they live: 5 minutes for up to 20 minutes, 15 minutes for less than 90, else an hour.
  std::optional<std::int64_t> advisoryWindowMs;
  /// Gives out credentials whose time is over while their source has no newer ones: many services
  /// still take them, and the local clock may be wrong.
  bool useExpired = true;
};

/// Credentials of another source, kept until they are about to end.
///
/// - In the advisory window the next call fetches new ones; calls of other threads meanwhile get
///   those that are kept.
/// - In the last minute, and when the service has refused them as expired, all calls wait for the
///   new ones. There is never more than one fetch at a time.
/// - After a fetch that failed, or brought credentials that are over already, those that are kept
///   go on being used, and the source is left alone for 5 to 10 minutes (spread by
///   `CredentialsQuery::random`).
/// - An error that only a person can mend (`ErrorKind::Configuration` or `InvalidArgument`) is
///   returned at once, and again for 5 seconds without asking. With nothing kept, every error is.
///
/// Any number of threads may call `retrieve` and `invalidate`; the source is only used by one at a
/// time. Keeps a reference to it. Blocks as long as the source does.
class CachedCredentials final : public CredentialsProvider {
 public:
  explicit CachedCredentials(CredentialsProvider& source, CacheOptions options = {})
      : source_(source), options_(options) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    std::unique_lock<std::mutex> lock(mutex_);
    // A caller that was refused older credentials than those that are kept has new ones to try.
    if (query.expired && !isOlder(credentials)) isInvalid_ = true;
    const Need need = needAt(query.nowMs);
    if (need == Need::None) return give(query.nowMs, credentials);

    const std::uint64_t seen = fetches_;
    lock.unlock();
    std::unique_lock<std::mutex> fetching(fetchMutex_, std::defer_lock);
    if (need == Need::Mandatory) {
      fetching.lock();
    } else if (!fetching.try_lock()) {
      lock.lock();
      return give(query.nowMs, credentials);
    }
    lock.lock();
    // What another thread has fetched, or failed to, while this one waited is the answer here too.
    if (fetches_ != seen) return give(query.nowMs, credentials);
    lock.unlock();
    Credentials fetched;
    Result<void> result = source_.retrieve(query, fetched);
    lock.lock();
    ++fetches_;
    settle(query, std::move(result), std::move(fetched));
    return give(query.nowMs, credentials);
  }

  /// Makes the next call fetch new ones, unless the source is being left alone.
  void invalidate() {
    const std::lock_guard<std::mutex> lock(mutex_);
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

  /// The kept credentials, or the last error.
  Result<void> give(std::int64_t nowMs, Credentials& credentials) const {
    const bool isOver = hasCached_ && cached_.expiresAtMs && *cached_.expiresAtMs <= nowMs;
    if (lastError_ && (!hasCached_ || errorSpan_.holds(nowMs) || (isOver && !options_.useExpired)))
      return Error(*lastError_);
    credentials.assign(cached_);
    return {};
  }

  void settle(const CredentialsQuery& query, Result<void> result, Credentials fetched) {
    constexpr std::int64_t errorMs = 5'000;
    if (!result) {
      lastError_ = std::move(result).error();
      const bool isFinal = lastError_->kind == ErrorKind::Configuration ||
                           lastError_->kind == ErrorKind::InvalidArgument;
      errorSpan_ = {query.nowMs, isFinal ? errorMs : 0};
      if (!isFinal) backOff(query);
      return;
    }
    const bool isOver = fetched.expiresAtMs && *fetched.expiresAtMs <= query.nowMs;
    if (isOver) {
      lastError_ =
          makeError(ErrorKind::Credentials, "the source has no credentials but expired ones"sv);
      backOff(query);
      if (hasCached_) return;
    } else {
      backOff_ = {};
      isInvalid_ = false;
    }
    errorSpan_ = {};
    advisoryWindowMs_ = options_.advisoryWindowMs.value_or(
        windowOf(fetched.expiresAtMs.value_or(query.nowMs) - query.nowMs));
    cached_ = std::move(fetched);
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

  CredentialsProvider& source_;
  const CacheOptions options_;
  std::mutex fetchMutex_;  // held while the source is asked; never locked with `mutex_` held
  std::mutex mutex_;       // for everything below
  std::uint64_t fetches_ = 0;
  Credentials cached_;
  bool hasCached_ = false;
  bool isInvalid_ = false;
  std::int64_t advisoryWindowMs_ = 0;
  Span backOff_;
  Span errorSpan_;
  std::optional<Error> lastError_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_CACHED_HPP
