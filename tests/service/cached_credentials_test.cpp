// SPDX-License-Identifier: BSL-1.0
// A cache of credentials between threads.
#include "secure_tunneling/credentials/cached.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t start = 1'767'225'600'000;
constexpr std::int64_t minute = 60'000;
constexpr std::int64_t hour = 60 * minute;

/// A source whose fetches wait until the test lets them go.
class GatedSource final : public CredentialsProvider {
 public:
  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++asked_;
    if (++inside_ > 1) overlapped_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return isOpen_; });
    --inside_;
    if (isFailing_) return makeError(ErrorKind::Credentials, "why");
    credentials.accessKeyId = "key" + std::to_string(asked_);
    credentials.secretAccessKey.assign("secret");
    credentials.expiresAtMs = query.nowMs + hour;
    return {};
  }

  void setOpen(bool isOpen) {
    const std::lock_guard<std::mutex> lock(mutex_);
    isOpen_ = isOpen;
    changed_.notify_all();
  }
  void setFailing() {
    const std::lock_guard<std::mutex> lock(mutex_);
    isFailing_ = true;
  }
  void waitUntilAsked(int times) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return asked_ == times; });
  }
  int asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }
  bool overlapped() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return overlapped_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  int inside_ = 0;
  bool isOpen_ = true;
  bool isFailing_ = false;
  bool overlapped_ = false;
};

std::string getFrom(CachedCredentials& cached, std::int64_t nowMs) {
  Credentials credentials;
  CredentialsQuery query;
  query.nowMs = nowMs;
  const Result<void> result = cached.retrieve(query, credentials);
  return result ? credentials.accessKeyId : "error: " + result.error().message;
}

constexpr int threadCount = 8;

/// What `threadCount` threads get that have all begun before the source answers.
std::vector<std::string> getFromManyThreads(CachedCredentials& cached, GatedSource& source,
                                            int askedBefore) {
  source.setOpen(false);
  std::vector<std::string> got(threadCount);
  std::atomic<int> begun{0};
  std::vector<std::thread> threads;
  for (std::string& mine : got) {
    threads.emplace_back([&] {
      ++begun;
      mine = getFrom(cached, start);
    });
  }
  source.waitUntilAsked(askedBefore + 1);
  while (begun != threadCount)
    std::this_thread::yield();
  source.setOpen(true);
  for (std::thread& thread : threads)
    thread.join();
  return got;
}

}  // namespace

TEST_CASE("threads that need credentials share one fetch") {
  GatedSource source;
  CachedCredentials cached(source);
  CHECK(getFromManyThreads(cached, source, 0) == std::vector<std::string>(threadCount, "key1"));
  CHECK(source.asked() == 1);
  CHECK_FALSE(source.overlapped());
}

TEST_CASE("threads that wait for a fetch that fails do not repeat it") {
  GatedSource source;
  CachedCredentials cached(source);
  source.setFailing();
  CHECK(getFromManyThreads(cached, source, 0) ==
        std::vector<std::string>(threadCount, "error: why"));
  // A thread that came only after the failure has asked for itself.
  CHECK(source.asked() <= threadCount);
  CHECK_FALSE(source.overlapped());
}

TEST_CASE("in the advisory window one thread fetches and the others go on") {
  GatedSource source;
  CachedCredentials cached(source);
  CHECK(getFrom(cached, start) == "key1");
  source.setOpen(false);
  std::string fetched;
  std::thread fetcher([&] { fetched = getFrom(cached, start + 50 * minute); });
  source.waitUntilAsked(2);
  // These would hang here if they waited for the fetch.
  for (int i = 0; i != 3; ++i)
    CHECK(getFrom(cached, start + 50 * minute) == "key1");
  source.setOpen(true);
  fetcher.join();
  CHECK(fetched == "key2");
  CHECK(getFrom(cached, start + 50 * minute) == "key2");
  CHECK(source.asked() == 2);
}

TEST_CASE("many threads, many refreshes, no overlap") {
  GatedSource source;
  CachedCredentials cached(source);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int thread = 0; thread != 4; ++thread) {
    threads.emplace_back([&cached, &wrong, thread] {
      for (int i = 0; i != 200; ++i) {
        if (i % 50 == thread) cached.invalidate();
        if (getFrom(cached, start + i * minute).find("key") != 0) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(wrong == 0);
  CHECK_FALSE(source.overlapped());
}
