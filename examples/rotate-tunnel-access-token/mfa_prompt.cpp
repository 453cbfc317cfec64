// SPDX-License-Identifier: BSL-1.0
#include "mfa_prompt.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "secure_tunneling/secure_tunneling.hpp"
#include "signals.hpp"
#include "text.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::MfaPrompt;
using secure_tunneling::Result;
using secure_tunneling::Secret;

namespace {

/// The controlling terminal.
class Terminal {
 public:
  Terminal() : file_(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {}
  ~Terminal() {
    if (file_ != -1) close(file_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] int file() const { return file_; }
  /// Whether somebody can type to this program. One in the background would be stopped.
  [[nodiscard]] bool isManned() const {
    return file_ != -1 && isatty(STDIN_FILENO) == 1 && tcgetpgrp(file_) == getpgrp();
  }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  /// Appends a line, without its blanks and its end; what there is of it at the end of the input.
  void readLine(Secret& line) const {
    constexpr std::size_t longest = 256;
    char c = '\0';
    while (line.size() != longest) {
      const ssize_t count = ::read(file_, &c, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count != 1 || c == '\n') break;
      const bool isBlank = c == ' ' || c == '\t' || c == '\r';
      if (!isBlank) line.append({&c, 1});
    }
    secure_tunneling::detail::wipe(&c, 1);
  }

 private:
  int file_;
};

class TerminalMfaPrompt final : public MfaPrompt {
 public:
  Result<void> ask(std::string_view serial, Secret& code) override {
    const Terminal terminal;
    if (!terminal.isManned()) {
      return makeError(ErrorKind::Credentials, "the terminal is gone, on which to ask for a code");
    }
    {
      const WithoutEcho silent(terminal.file());
      terminal.write("Enter MFA code for " + visible(serial) + ": ");
      terminal.readLine(code);
    }
    terminal.write("\n");
    if (!code.empty()) return {};
    return makeError(ErrorKind::Credentials, "no MFA code was entered");
  }
};

}  // namespace

MfaPrompt* terminalMfaPrompt() {
  static TerminalMfaPrompt prompt;
  return Terminal().isManned() ? &prompt : nullptr;
}
