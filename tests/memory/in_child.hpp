// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <variant>

/// A crash in a library.
struct Crash {
  std::array<void*, 64> frames{};
  int depth = 0;

  /// The frames of libraries that stand above all of the program's own, innermost first.
  [[nodiscard]] std::string inLibraries() const;
};

/// For the handler of a signal: where it writes to.
inline Crash* crashOfThisProcess = nullptr;

inline std::string Crash::inLibraries() const {
  Dl_info program{};
  dladdr(&crashOfThisProcess, &program);
  std::string out;
  bool isPastHandler = false;
  for (int i = 0; i < depth; ++i) {
    Dl_info info{};
    void* const frame = frames[static_cast<std::size_t>(i)];
    const bool isOfLibrary = dladdr(frame, &info) != 0 && info.dli_fbase != program.dli_fbase;
    if (!isPastHandler) {  // behind the handler's frames is one of the system's, which called it
      isPastHandler = isOfLibrary;
      continue;
    }
    if (!isOfLibrary) break;
    const std::string file = info.dli_fname;
    const std::ptrdiff_t offset =
        static_cast<const char*>(frame) - static_cast<const char*>(info.dli_fbase);
    out += (out.empty() ? "" : " < ") + file.substr(file.rfind('/') + 1) + "+" +
           std::to_string(offset);
    if (info.dli_sname != nullptr) out += std::string(" (") + info.dli_sname + ")";
  }
  return out;
}

/// Runs a function in a process of its own, and returns its result or the crash that came instead.
/// The result's type is trivial. No other thread may run, whose locks the process would inherit.
template <class Function, class Result = decltype(std::declval<Function&>()())>
std::variant<Result, Crash> runInChild(Function function) {
  struct Told {
    bool isOver = false;
    Result result{};
    Crash crash;
  };
  void* const shared =
      mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  Told* const told = ::new (shared) Told;
  backtrace(told->crash.frames.data(), 1);  // loads what it needs, which a handler must not
  const pid_t process = fork();
  if (process == 0) {
    crashOfThisProcess = &told->crash;
    for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) {
      signal(number, [](int) {
        auto& [frames, depth] = *crashOfThisProcess;
        depth = backtrace(frames.data(), static_cast<int>(frames.size()));
        _exit(1);
      });
    }
    told->result = function();
    told->isOver = true;
    _exit(0);
  }
  waitpid(process, nullptr, 0);
  std::variant<Result, Crash> out;
  if (told->isOver) {
    out = told->result;
  } else {
    out = told->crash;
  }
  munmap(shared, sizeof(Told));
  return out;
}
