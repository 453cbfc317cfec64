// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CONSTANT_LOCK_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CONSTANT_LOCK_HPP

#include "secure_tunneling/detail/compiler.hpp"

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>
#else
#include <pthread.h>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A lock without constructor, and without destructor at exit: a static one works without
/// thread-safe statics, too.
class ConstantLock {
 public:
#if defined(_WIN32)
  void lock() noexcept {
    ::AcquireSRWLockExclusive(&lock_);
  }
  void unlock() noexcept {
    ::ReleaseSRWLockExclusive(&lock_);
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
#else
  void lock() noexcept {
    pthread_mutex_lock(&lock_);
  }
  void unlock() noexcept {
    pthread_mutex_unlock(&lock_);
  }

 private:
  SECURE_TUNNELING_NULL_WARNING_OFF
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  SECURE_TUNNELING_NULL_WARNING_ON
#endif
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CONSTANT_LOCK_HPP
