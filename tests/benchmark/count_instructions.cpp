// SPDX-License-Identifier: BSL-1.0
// Prints `NAME INSTRUCTIONS` for one warm call each, as this processor does them: valgrind has
// other instructions for hashes. By the kernel's counter where there is one, else step by step;
// `by perf`, `by steps` or, where neither is allowed, `by nothing` says which.
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "calls.hpp"
#include "tls_loopback_server.hpp"

namespace {

using namespace benchmarks;

constexpr int calls = 4;

/// The kernel's counter of this thread's instructions, outside of the kernel; -1 without one that
/// counts.
int openCounter() {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.disabled = 1;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  const auto counter = static_cast<int>(syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0));
  std::uint64_t count = 0;
  if (counter < 0 || (ioctl(counter, PERF_EVENT_IOC_ENABLE, 0) == 0 &&
                      read(counter, &count, sizeof count) == sizeof count && count != 0))
    return counter;
  close(counter);
  return -1;
}

/// Containers may be kept from it, and so may every process by Yama.
bool canStep() {
  const pid_t process = fork();
  if (process == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) raise(SIGSTOP);
    std::_Exit(0);
  }
  int status = 0;
  waitpid(process, &status, 0);
  if (!WIFSTOPPED(status)) return false;
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  return true;
}

/// Where a process is. Of a repeated instruction each round is a step, at the same place.
long placeOf([[maybe_unused]] pid_t process, [[maybe_unused]] long step) {
#ifdef __x86_64__
  return ptrace(PTRACE_PEEKUSER, process, offsetof(user, regs.rip), nullptr);
#else
  return step;
#endif
}

int waitForStop(pid_t process) {
  int status = 0;
  require(waitpid(process, &status, 0) == process && WIFSTOPPED(status), "what is counted fails");
  return WSTOPSIG(status);
}

/// The steps of `process` from one stop of its own to the next.
std::uint64_t countSteps(pid_t process) {
  require(waitForStop(process) == SIGSTOP, "what is counted does not begin");
  std::uint64_t count = 0;
  long last = 0;
  for (long step = 1;; ++step) {
    require(ptrace(PTRACE_SINGLESTEP, process, nullptr, nullptr) == 0, "no single steps");
    if (waitForStop(process) == SIGSTOP) return count;
    const long place = placeOf(process, step);
    count += place != last ? 1U : 0U;
    last = place;
  }
}

template <class Work>
std::uint64_t stepsOf(Work work) {
  const pid_t process = fork();
  if (process == 0) {
    require(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "this process cannot be traced");
    work([] { raise(SIGSTOP); }, [] { raise(SIGSTOP); });
    std::_Exit(0);
  }
  const std::uint64_t steps = countSteps(process);
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  return steps;
}

template <class Call>
void print(const char* name, const Target& target, int counter) {
  const auto work = [&](auto begin, auto end) {
    Call call(target);
    for (int i = 0; i != 10; ++i)
      call();
    begin();
    for (int i = 0; i != calls; ++i)
      call();
    end();
  };
  std::uint64_t count = 0;
  if (counter < 0) {
    count = stepsOf(work);
  } else {
    work([&] { ioctl(counter, PERF_EVENT_IOC_RESET, 0), ioctl(counter, PERF_EVENT_IOC_ENABLE, 0); },
         [&] { ioctl(counter, PERF_EVENT_IOC_DISABLE, 0); });
    require(read(counter, &count, sizeof count) == sizeof count, "the counter cannot be read");
  }
  std::printf("%s %.0f\n", name, static_cast<double>(count) / calls);
  std::fflush(stdout);
}

}  // namespace

int main() {
  const TlsFiles files;
  const LoopbackServer server;
  const TlsLoopbackServer tlsServer(files);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Target http(server.url());
  const Target https(tlsServer.url(), files.authority.file());
  const int counter = openCounter();
  const bool isCounted = counter >= 0 || canStep();
  std::printf("by %s\n", !isCounted ? "nothing" : counter < 0 ? "steps" : "perf");
  std::fflush(stdout);
  if (!isCounted) return 0;
  print<RawCall>("http_raw", http, counter);
  print<LibraryCall>("http_library", http, counter);
  print<RawCall>("https_raw", https, counter);
  print<LibraryCall>("https_library", https, counter);
}
