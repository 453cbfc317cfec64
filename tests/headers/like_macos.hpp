// SPDX-License-Identifier: BSL-1.0
// Included by force before a source: from here on the machine looks like macOS. Its headers come
// first, as they are; of what they have declared, nothing is left to the source that macOS lacks.
// With LIKE_A_BSD, like OpenBSD.
#pragma once

#include "system_headers.hpp"

#include <fcntl.h>
#include <grp.h>
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <clocale>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <variant>
#if __has_include(<CLI/CLI.hpp>)
#include <CLI/CLI.hpp>
#endif
#if __has_include(<ares.h>)
#include <ares.h>
#endif
#if __has_include(<openssl/ssl.h>)
#include <openssl/ssl.h>
#endif

#undef __GLIBC__
#undef __GLIBC_MINOR__
#undef __gnu_linux__
#undef __linux
#undef __linux__
#undef _GNU_SOURCE
#undef linux
#if defined(LIKE_A_BSD)
#define __OpenBSD__ 1
#define __BSD_VISIBLE 1
#else
#define __APPLE__ 1
extern "C" char*** _NSGetEnviron(void);
#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#undef MSG_NOSIGNAL
#define accept4 macos_has_no_accept4
#define dup3 macos_has_no_dup3
#define environ macos_has_no_environ_in_libraries
#define mkostemp older_macos_has_no_mkostemp
#define pipe2 macos_has_no_pipe2
#endif

// Neither has these.
#undef _POSIX_REALTIME_SIGNALS
#undef _POSIX_SYNCHRONIZED_IO
#undef _POSIX_THREAD_CPUTIME
#define _POSIX_REALTIME_SIGNALS (-1)
#define _POSIX_SYNCHRONIZED_IO (-1)
#define _POSIX_THREAD_CPUTIME (-1)
#undef CLOCK_BOOTTIME
#undef CLOCK_MONOTONIC_COARSE
#undef CLOCK_MONOTONIC_RAW
#undef CLOCK_REALTIME_COARSE
#undef FALLOC_FL_KEEP_SIZE
#undef F_OFD_SETLK
#undef O_PATH
#undef O_TMPFILE
#undef RTLD_DEEPBIND
#undef SIGPOLL
#undef SIGRTMAX
#undef SIGRTMIN
#undef SO_PEERCRED
#undef TEMP_FAILURE_RETRY
#define canonicalize_file_name only_linux_has_canonicalize_file_name
#define clock_nanosleep macos_has_no_clock_nanosleep
#define epoll_create1 only_linux_has_epoll
#define eventfd only_linux_has_eventfd
#define execvpe macos_has_no_execvpe
#define explicit_bzero macos_has_no_explicit_bzero
#define fallocate only_linux_has_fallocate
#define fdatasync macos_declares_no_fdatasync
#define get_current_dir_name only_linux_has_get_current_dir_name
#define getrandom only_linux_has_getrandom
#define gettid only_linux_has_gettid
#define inotify_init1 only_linux_has_inotify
#define mallopt only_linux_has_mallopt
#define memfd_create only_linux_has_memfd_create
#define memrchr macos_has_no_memrchr
#define posix_fallocate macos_has_no_posix_fallocate
#define posix_spawn_file_actions_addclosefrom_np only_glibc_has_addclosefrom_np
#define ppoll macos_has_no_ppoll
#define prctl only_linux_has_prctl
#define program_invocation_name only_linux_has_program_invocation_name
#define program_invocation_short_name only_linux_has_program_invocation_short_name
#define pthread_condattr_setclock macos_has_no_pthread_condattr_setclock
#define pthread_getcpuclockid macos_has_no_pthread_getcpuclockid
#define pthread_mutex_timedlock macos_has_no_pthread_mutex_timedlock
#define rawmemchr only_linux_has_rawmemchr
#define sched_getaffinity only_linux_has_sched_getaffinity
#define secure_getenv only_linux_has_secure_getenv
#define signalfd only_linux_has_signalfd
#define sigqueue macos_has_no_sigqueue
#define sigtimedwait macos_has_no_sigtimedwait
#define sigwaitinfo macos_has_no_sigwaitinfo
#define strchrnul only_newer_ones_have_strchrnul
#define timer_create macos_has_no_timer_create
#define timerfd_create only_linux_has_timerfd
#define ucred only_linux_has_ucred
