// SPDX-License-Identifier: BSL-1.0
#include "watch_faults.hpp"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "support/replaced_new.hpp"

namespace {

thread_local std::optional<WatchFault::Kind> fault;
thread_local bool isNextRefused = false;
thread_local int faults = 0;

}  // namespace

WatchFault::WatchFault(Kind kind) noexcept {
  fault = kind;
  faults = 0;
}
WatchFault::~WatchFault() {
  fault.reset();
  isNextRefused = false;
}
int WatchFault::count() const noexcept {
  return faults;
}

// By other names, for systems differ in how they declare them.
extern "C" int refuseToWatch(int list, int action, int number,
                             epoll_event* event) __asm__("epoll_ctl");
extern "C" int refuseToWatch(int list, int action, int number, epoll_event* event) {
  static const auto next = reinterpret_cast<decltype(&epoll_ctl)>(dlsym(RTLD_NEXT, "epoll_ctl"));
  if (fault != WatchFault::Kind::NoRoom || action != EPOLL_CTL_ADD) {
    return next(list, action, number, event);
  }
  ++faults;
  errno = ENOSPC;
  return -1;
}

extern "C" int makeSocket(int family, int type, int protocol) __asm__("socket");
extern "C" int makeSocket(int family, int type, int protocol) {
  static const auto next = reinterpret_cast<decltype(&socket)>(dlsym(RTLD_NEXT, "socket"));
  isNextRefused = fault == WatchFault::Kind::NoMemory;
  return next(family, type, protocol);
}

void* replaced_new::allocate(std::size_t size) noexcept {
  if (!isNextRefused) return std::malloc(size != 0 ? size : 1);
  isNextRefused = false;
  ++faults;
  return nullptr;
}
void replaced_new::release(void* memory) noexcept {
  std::free(memory);
}
