// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_COMMAND_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_COMMAND_HPP

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>
#endif

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/command_output.hpp"
#include "secure_tunneling/credentials/detail/windows_handle.hpp"
#include "secure_tunneling/credentials/process_options.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"

#if defined(_WIN32)
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A command of `cmd.exe` whose standard output is read as it comes. All that it starts is in a job
/// of its own, which ends with this and with the program. It has no standard input; its standard
/// error is that of the program, of which it inherits no other handle.
///
/// Its time is that of the system's own clock and of no driver.
class ChildCommand : public CommandOutput {
 public:
  explicit ChildCommand(const ProcessOptions& options) noexcept
      : CommandOutput(options), beganMs_(::GetTickCount64()) {}
  /// Ends what still runs.
  ~ChildCommand() {
    if (job_.isOpen()) ::TerminateJobObject(job_.get(), 1);
  }
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  void start(const std::string& command) {
    const DWORD failed = spawn(command);
    if (failed == 0) return;
    process_.reset();
    problem_ = filled("cannot be run: Windows' error {}", {Decimal(failed).text()});
  }
  /// Takes what it has written, and whether it has ended, without waiting for either. Returns
  /// whether it is over.
  bool isOver() {
    if (process_.isOpen() && output_.isOpen()) readOutput();
    if (process_.isOpen() && !output_.isOpen()) lookForEnd();
    if (!process_.isOpen() || !problem_.empty()) return true;
    if (!isLate()) return false;
    tookTooLong();
    return true;
  }
  /// Waits a little while, `mostMs` at most: nothing tells of output.
  void wait(int mostMs) noexcept {
    const int pause = pauses_.nextMs();
    ::Sleep(static_cast<DWORD>(mostMs < pause ? mostMs : pause));
  }

 private:
  [[nodiscard]] bool isLate() const noexcept {
    return options_.timeoutMs <= 0 ||
           ::GetTickCount64() - beganMs_ >= static_cast<std::uint64_t>(options_.timeoutMs);
  }

  /// The system's code of what failed, 0 when all went well.
  DWORD spawn(const std::string& command) {
    if (!makeJob()) return ::GetLastError();
    SECURITY_ATTRIBUTES inherited{};
    inherited.nLength = sizeof inherited;
    inherited.bInheritHandle = TRUE;
    WindowsHandle itsOutput;
    WindowsHandle itsInput;
    WindowsHandle itsErrors;
    if (::CreatePipe(output_.out(), itsOutput.out(), &inherited, 0) == 0) return ::GetLastError();
    ::SetHandleInformation(output_.get(), HANDLE_FLAG_INHERIT, 0);
    itsInput.reset(::CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                 &inherited, OPEN_EXISTING, 0, nullptr));
    // A program without a console may have none.
    const HANDLE errors = ::GetStdHandle(STD_ERROR_HANDLE);
    // What is no handle is, as a number, one of this process itself.
    if (errors != nullptr && errors != INVALID_HANDLE_VALUE) {
      const HANDLE self = ::GetCurrentProcess();
      ::DuplicateHandle(self, errors, self, itsErrors.out(), 0, TRUE, DUPLICATE_SAME_ACCESS);
    }
    HANDLE handles[] = {itsOutput.get(), itsInput.get(), itsErrors.get()};
    const std::size_t count = itsErrors.isOpen() ? 3 : 2;

    STARTUPINFOEXA start{};
    start.StartupInfo.cb = sizeof start;
    start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    start.StartupInfo.hStdInput = itsInput.get();
    start.StartupInfo.hStdOutput = itsOutput.get();
    start.StartupInfo.hStdError = itsErrors.get();
    // Windows says how much room an attribute takes: of one, less than this.
    alignas(16) unsigned char room[256];
    SIZE_T size = sizeof room;
    start.lpAttributeList = static_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(static_cast<void*>(room));
    if (::InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size) == 0 ||
        ::UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                    handles, count * sizeof *handles, nullptr, nullptr) == 0) {
      return ::GetLastError();
    }
    // With /s cmd.exe takes off the outer quotes, and leaves all between as it is.
    std::string line = filled("cmd.exe /d /s /c \"{}\"", {command});
    PROCESS_INFORMATION made{};
    const bool isMade =
        ::CreateProcessA(nullptr, line.data(), nullptr, nullptr, TRUE,
                         CREATE_SUSPENDED | CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT,
                         nullptr, nullptr, &start.StartupInfo, &made) != 0;
    DWORD failed = isMade ? 0 : ::GetLastError();
    ::DeleteProcThreadAttributeList(start.lpAttributeList);
    if (!isMade) return failed;
    process_.reset(made.hProcess);
    if (::AssignProcessToJobObject(job_.get(), made.hProcess) == 0) {
      failed = ::GetLastError();
      ::TerminateProcess(made.hProcess, 1);
    }
    ::ResumeThread(made.hThread);
    ::CloseHandle(made.hThread);
    return failed;
  }
  bool makeJob() noexcept {
    job_.reset(::CreateJobObjectA(nullptr, nullptr));
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    return job_.isOpen() && ::SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation,
                                                      &limits, sizeof limits) != 0;
  }

  void readOutput() {
    char chunk[chunkBytes];
    const WipeOnExit<char[sizeof chunk]> wiped(chunk);
    for (int i = 0; i != mostChunks; ++i) {
      DWORD size = 0;
      // A read would wait.
      if (::PeekNamedPipe(output_.get(), nullptr, 0, nullptr, &size, nullptr) == 0)
        return closeOutput();
      if (size == 0) return;
      if (::ReadFile(output_.get(), chunk, sizeof chunk, &size, nullptr) == 0) return closeOutput();
      if (!take(std::string_view(chunk, size))) return;
    }
  }
  void closeOutput() noexcept {
    output_.reset();
    pauses_ = {};
  }

  void lookForEnd() {
    if (::WaitForSingleObject(process_.get(), 0) == WAIT_TIMEOUT) return;
    DWORD code = 0;
    ::GetExitCodeProcess(process_.get(), &code);
    process_.reset();
    exited(code);
  }

  std::uint64_t beganMs_;
  WindowsHandle job_;
  WindowsHandle process_;
  WindowsHandle output_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling
#endif

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_WINDOWS_COMMAND_HPP
