// SPDX-License-Identifier: BSL-1.0
#include "proxy_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "line_relay.hpp"
#include "port_check.hpp"
#include "unblocked.hpp"

using secure_tunneling::Secret;

namespace {

constexpr const char* tokenVariable = "AWSIOT_TUNNEL_ACCESS_TOKEN";
constexpr int stopSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// A file descriptor of this process alone.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void open(int number) noexcept { number_ = number; }
  void close() noexcept {
    if (number_ != -1) ::close(number_);
    number_ = -1;
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor out, in;

  bool open() noexcept {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    out.open(ends[0]);
    in.open(ends[1]);
    return true;
  }
};

/// While it lives the signals that end this process, and those of its children, are read from a
/// descriptor instead.
class ReadSignals {
 public:
  ReadSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : stopSignals)
      sigaddset(&signals, number);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &before_);
    descriptor_.open(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~ReadSignals() { restore(); }
  ReadSignals(const ReadSignals&) = delete;
  ReadSignals& operator=(const ReadSignals&) = delete;

  void restore() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }
  /// The next signal; 0 where there is none.
  [[nodiscard]] int next() const {
    signalfd_siginfo signal{};
    const ssize_t size = read(descriptor(), &signal, sizeof signal);
    return size == static_cast<ssize_t>(sizeof signal) ? static_cast<int>(signal.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  Descriptor descriptor_;
};

/// Whether the program may have a variable of this process: nothing that gives AWS credentials, or
/// says where they are, and no token but its own.
bool isForProgram(std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('='));
  if (name == tokenVariable) return false;
  return name.substr(0, 4) != "AWS_" || name == "AWS_REGION" || name == "AWS_DEFAULT_REGION";
}

bool hasEnded(pid_t process) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == process;
}

int millisecondsUntil(std::chrono::steady_clock::time_point then) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(then - std::chrono::steady_clock::now());
  return std::max(0, static_cast<int>(left.count()));
}

/// Passes on what a program writes, and the signals that are to end it.
class Watch {
 public:
  Watch(pid_t process, const ReadSignals& signals, std::array<LineRelay, 2> relays)
      : process_(process), signals_(signals), relays_(std::move(relays)) {}

  /// Until the program has ended. It is killed where it does not end soon after a signal.
  void untilEnd() {
    constexpr auto patience = std::chrono::seconds(10);
    patience_ = patience;
    while (!hasEnded(process_)) {
      step();
      if (!isOverdue()) continue;
      isKilled_ = true;
      kill(-process_, SIGKILL);
      deadline_ += patience;
    }
    hasEnded_ = true;
  }
  /// What it wrote last. After a signal whoever reads it has a second.
  void passOnRest() {
    constexpr auto patience = std::chrono::seconds(1);
    patience_ = patience;
    deadline_ = std::chrono::steady_clock::now() + patience;
    for (LineRelay& relay : relays_)
      relay.finish();
    while ((relays_[0].isPending() || relays_[1].isPending()) && !isOverdue())
      step();
  }

  /// The last one; 0 for none.
  [[nodiscard]] int stopSignal() const noexcept { return stopSignal_; }
  [[nodiscard]] bool isKilled() const noexcept { return isKilled_; }

 private:
  [[nodiscard]] bool isOverdue() const {
    return stopSignal_ != 0 && std::chrono::steady_clock::now() >= deadline_;
  }
  /// Waits for something to do, and does it.
  void step() {
    std::array<pollfd, 3> polled = {
        {{signals_.descriptor(), POLLIN, 0}, relays_[0].awaited(), relays_[1].awaited()}};
    poll(polled.data(), polled.size(), stopSignal_ == 0 ? -1 : millisecondsUntil(deadline_));
    for (std::size_t i = 0; i != relays_.size(); ++i) {
      if (polled[i + 1].revents == 0) continue;
      const bool isWrite = relays_[i].isPending();
      relays_[i].step();
      // Both may lead to one pipe, which may be full by then.
      if (isWrite) break;
    }
    for (int number = signals_.next(); number != 0; number = signals_.next()) {
      if (number != SIGCHLD) handOn(number);
    }
  }
  void handOn(int number) {
    if (stopSignal_ == 0) deadline_ = std::chrono::steady_clock::now() + patience_;
    stopSignal_ = number;
    if (!hasEnded_) kill(-process_, number);
  }

  const pid_t process_;
  const ReadSignals& signals_;
  std::array<LineRelay, 2> relays_;
  bool hasEnded_ = false;
  bool isKilled_ = false;
  int stopSignal_ = 0;
  /// How long something may take after a signal, and when that is over.
  std::chrono::seconds patience_{0};
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

struct ProxyProcess::Pipes {
  Pipe token, failure, output, errors;
  const ReadSignals signals;
};

ProxyProcess::ProxyProcess(std::string path, std::vector<std::string> words, ProxyCommand command,
                           const Guard& guard, Keeper::Say say)
    : path_(std::move(path)),
      words_(std::move(words)),
      command_(std::move(command)),
      guard_(guard),
      say_(std::move(say)),
      output_(withoutBlocking(STDOUT_FILENO)),
      errors_(withoutBlocking(STDERR_FILENO)) {}

std::string ProxyProcess::busyPort() {
  for (const std::uint16_t port : command_.ports) {
    std::string why = whyPortIsBusy(command_.bindAddress, port);
    if (!why.empty()) return why;
  }
  return "";
}

ProgramEnd ProxyProcess::run(const Secret& token, const LineListener& onLine) {
  Pipes pipes;
  Pipe& tokenPipe = pipes.token;
  if (!tokenPipe.open() || !pipes.failure.open() || !pipes.output.open() || !pipes.errors.open()) {
    return {ProgramEnd::How::NotStarted, errno};
  }
  const bool isByPipe = command_.isLocalProxy && !command_.hasConfig;
  const std::string tokenFile = "/dev/fd/" + std::to_string(tokenPipe.out.number());
  std::vector<const char*> words;
  for (const std::string& word : words_)
    words.push_back(word.c_str());
  std::vector<const char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (isForProgram(*variable)) environment.push_back(*variable);
  }
  Secret line;
  if (isByPipe) {
    words.insert(words.end(), {"--config", tokenFile.c_str()});
    line.assign("access-token = ");
    line.append(token.expose());
    line.append("\n");
    // Less than a pipe holds, so that nobody has to read yet.
    const ssize_t written = write(tokenPipe.in.number(), line.expose().data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) return {ProgramEnd::How::NotStarted, EIO};
  } else {
    line.assign(tokenVariable);
    line.append("=");
    line.append(token.expose());
    environment.push_back(line.expose().data());
    tokenPipe.out.close();
  }
  tokenPipe.in.close();
  words.push_back(nullptr);
  environment.push_back(nullptr);

  const pid_t keeper = getpid();
  const pid_t process = fork();
  if (process == 0) {
    exec(pipes, const_cast<char* const*>(words.data()),
         const_cast<char* const*>(environment.data()), keeper);
  }
  if (process == -1) return {ProgramEnd::How::NotStarted, errno};
  line.clear();
  // Both do it: whoever comes first, nobody signals a group that is not there yet.
  setpgid(process, process);
  for (Descriptor* const end :
       {&tokenPipe.out, &pipes.failure.in, &pipes.output.in, &pipes.errors.in})
    end->close();
  int failure = 0;
  const ssize_t size = read(pipes.failure.out.number(), &failure, sizeof failure);
  const ProgramEnd end = watch(process, pipes, token, onLine);
  if (size != static_cast<ssize_t>(sizeof failure)) return end;
  return {ProgramEnd::How::NotStarted, failure};
}

void ProxyProcess::exec(const Pipes& pipes, char* const* words, char* const* environment,
                        pid_t keeper) const {
  setpgid(0, 0);
  // The signal is not for a parent that is gone already.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) _exit(exitNotExecutable);
  guard_.watch(getpid());
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(pipes.output.in.number(), STDOUT_FILENO);
  dup2(pipes.errors.in.number(), STDERR_FILENO);
  if (pipes.token.out.number() != -1) fcntl(pipes.token.out.number(), F_SETFD, 0);
  for (const int number : {SIGPIPE, SIGXFSZ})
    signal(number, SIG_DFL);
  pipes.signals.restore();
  // A shell would take a program of another machine for a script.
  execve(path_.c_str(), words, environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(pipes.failure.in.number(), &error, sizeof error);
  _exit(exitNotExecutable);
}

ProgramEnd ProxyProcess::watch(pid_t process, Pipes& pipes, const Secret& token,
                               const LineListener& onLine) const {
  for (const Descriptor* const end : {&pipes.output.out, &pipes.errors.out})
    fcntl(end->number(), F_SETFL, O_NONBLOCK);
  Watch watch(process, pipes.signals,
              {LineRelay(pipes.output.out.number(), output_, token.expose(), onLine),
               LineRelay(pipes.errors.out.number(), errors_, token.expose(), onLine)});
  watch.untilEnd();
  // What it left behind in its group would be a second proxy.
  kill(-process, SIGKILL);
  guard_.forget();
  int status = 0;
  waitpid(process, &status, 0);
  watch.passOnRest();
  // Who reads what is said may be slow, and this process is to end by a signal all the same.
  pipes.signals.restore();
  if (watch.isKilled()) say_("the program did not end: it was killed");
  if (watch.stopSignal() != 0) return {ProgramEnd::How::Stopped, watch.stopSignal()};
  if (WIFSIGNALED(status)) return {ProgramEnd::How::Killed, WTERMSIG(status)};
  return {ProgramEnd::How::Exited, WEXITSTATUS(status)};
}

int findProgram(const std::string& name, std::string& path) {
  const auto check = [](const std::string& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) return errno;
    return S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0 ? 0 : EACCES;
  };
  path = name;
  if (name.find('/') != std::string::npos) return check(name);
  const char* const folders = std::getenv("PATH");
  std::string_view rest = folders != nullptr ? folders : "/usr/bin:/bin";
  int failed = ENOENT;
  for (bool isLast = name.empty(); !isLast;) {
    const std::size_t end = rest.find(':');
    const std::string folder(rest.substr(0, end));
    path = (folder.empty() ? "." : folder) + "/" + name;
    const int error = check(path);
    if (error == 0) return 0;
    if (error == EACCES) failed = error;
    isLast = end == rest.npos;
    if (!isLast) rest.remove_prefix(end + 1);
  }
  return failed;
}
