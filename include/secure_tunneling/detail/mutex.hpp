// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_MUTEX_HPP
#define SECURE_TUNNELING_DETAIL_MUTEX_HPP

#if defined(__unix__) || defined(__APPLE__)
#define SECURE_TUNNELING_HAS_PTHREADS 1
#include <pthread.h>
#else
#include <mutex>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

#ifdef SECURE_TUNNELING_HAS_PTHREADS

/// As std::mutex, whose header is slow to include.
class Mutex {
 public:
  Mutex() noexcept { pthread_mutex_init(&mutex_, nullptr); }
  ~Mutex() { pthread_mutex_destroy(&mutex_); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() noexcept { pthread_mutex_lock(&mutex_); }
  [[nodiscard]] bool try_lock() noexcept { return pthread_mutex_trylock(&mutex_) == 0; }
  void unlock() noexcept { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

#else

using Mutex = std::mutex;

#endif
#undef SECURE_TUNNELING_HAS_PTHREADS

/// Holds a mutex, but for what its owner does between `unlock` and `lock`.
class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) { lock(); }
  ~MutexLock() {
    if (isHeld_) unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() {
    mutex_.lock();
    isHeld_ = true;
  }
  void unlock() {
    isHeld_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool isHeld_ = false;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_MUTEX_HPP
