// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

/// Beside those of the command.
enum KeeperExitCode : int {
  exitNotExecutable = 126,  ///< the program cannot be started
  exitNotFound = 127,       ///< there is no such program
  exitHeld = 250,           ///< another keeper of this machine has this side of the tunnel
};

/// How a run of the program ended.
struct ProgramEnd {
  enum class How : unsigned char {
    Exited,      ///< by itself; `number` is its status
    Killed,      ///< by the signal `number`
    NotStarted,  ///< it never began; `number` is errno
    Stopped,     ///< because the keeper was told to end by the signal `number`
  };
  How how = How::Exited;
  int number = 0;
};

/// The program that is kept running: a local proxy.
class LocalProxy {
 public:
  using LineListener = std::function<void(std::string_view)>;

  /// The port that it would listen on and cannot have now, and why; empty where there is none.
  virtual std::string busyPort() = 0;
  /// Starts it with a token of its own and returns when it has ended. Each line that it writes
  /// meanwhile is told.
  virtual ProgramEnd run(const secure_tunneling::Secret& token, const LineListener& onLine) = 0;

  LocalProxy(const LocalProxy&) = delete;
  LocalProxy& operator=(const LocalProxy&) = delete;

 protected:
  LocalProxy() = default;
  ~LocalProxy() = default;
};

/// Why a keeper ended.
struct KeeperEnd {
  /// The signal that told it to, after which there is nothing to say; or 0.
  int signal = 0;
  Failure failure;
};

/// Keeps a local proxy connected to its side of a tunnel. It rotates that side's token, only when
/// the program is not running and its port is free, and starts the program with it; when that has
/// ended, again. What the program says and how long it was connected decide what comes next, for
/// its status says nothing.
class Keeper {
 public:
  using Say = std::function<void(const std::string&)>;

  /// The request is for the tokens of one side. `clock` is for how long things take: it needs no
  /// beginning, but has to run evenly.
  Keeper(secure_tunneling::RotateTunnelAccessTokenRequest request, secure_tunneling::Client& client,
         LocalProxy& proxy, secure_tunneling::Clock& clock, Say say);

  /// Returns when trying again cannot help. Starts with `token`, where there is one.
  KeeperEnd run(secure_tunneling::Secret token);

 private:
  static constexpr std::int64_t longLifeMs = 10'000;
  static constexpr std::int64_t longestWaitMs = 60'000;
  static constexpr std::int64_t longestAwayWaitMs = 15'000;
  static constexpr std::int64_t longestPortWaitMs = 10'000;
  static constexpr std::int64_t lateMs = 5'000;
  static constexpr int manyShortLives = 5;

  /// What is known of the run that is going on.
  struct Run {
    std::int64_t startedMs = 0;
    std::optional<std::int64_t> connectedMs;
    std::optional<std::int64_t> lostMs;
    bool couldNotBind = false;
    std::string refusal;
    /// What failed last, and when.
    std::string failure;
    std::int64_t failedMs = 0;
    std::set<std::string> toldPorts;
  };

  void waitForPort();
  secure_tunneling::Result<secure_tunneling::Secret> newToken();
  void onLine(std::string_view line);
  void noteLoss();
  void onEnd(const ProgramEnd& end);
  [[nodiscard]] std::string reasonOf(const ProgramEnd& end, std::int64_t lastedMs) const;
  [[nodiscard]] Failure giveUp(const secure_tunneling::Error& error) const;
  /// A random time around half of 1, 2, 4, ... seconds and more, for `failures` of 1, 2, 3, ...
  std::int64_t backoffMs(int failures, std::int64_t longestMs);
  std::int64_t nowMs() { return clock_.now().unixMs; }

  const secure_tunneling::RotateTunnelAccessTokenRequest request_;
  const bool isSource_;
  secure_tunneling::Client& client_;
  LocalProxy& proxy_;
  secure_tunneling::Clock& clock_;
  const Say say_;
  Run run_;
  bool wasConnected_ = false;
  /// Since when there has been no connection.
  std::int64_t downSinceMs_ = 0;
  int shortLives_ = 0;
};

/// Whether a further rotation may succeed where this one failed, and nobody does anything about it.
bool mayPass(const secure_tunneling::Error& error);
