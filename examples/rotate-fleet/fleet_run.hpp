// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "progress_bar.hpp"
#include "results_file.hpp"
#include "secure_tunneling/rotate_many.hpp"

/// Writes down how a fleet gets on, and says so.
class FleetRun final : public secure_tunneling::FleetProgress {
 public:
  using Requests = std::vector<secure_tunneling::RotateTunnelAccessTokenRequest>;

  /// `stopped` is set by a signal. Everything must outlive this.
  FleetRun(const Requests& requests, ResultsFile& file, const std::atomic<bool>& stopped)
      : requests_(requests),
        file_(file),
        stopped_(stopped),
        bar_(requests.size()),
        hasBegun_(requests.size()) {}

  bool onBegin(std::size_t index) override;
  void onResult(std::size_t index, const secure_tunneling::RotateResult& result) override;

  /// One line: how many tunnels of how many have their tokens, and how many have not, and why.
  [[nodiscard]] std::string summary(std::size_t before) const;
  /// Whether all of them have their tokens, in the file.
  [[nodiscard]] bool isComplete() const noexcept { return kept_ == requests_.size(); }
  /// Whether there were no credentials for some.
  [[nodiscard]] bool lacksCredentials() const noexcept { return lacksCredentials_; }
  void finish() { bar_.clear(); }

 private:
  void say(const std::string& text);

  const Requests& requests_;
  ResultsFile& file_;
  const std::atomic<bool>& stopped_;
  ProgressBar bar_;
  /// Of which the file says that they have.
  std::vector<bool> hasBegun_;
  /// Once it cannot, what comes back is lost: no more is asked for.
  bool canWrite_ = true;
  bool lacksCredentials_ = false;
  std::size_t kept_ = 0;
  std::size_t failed_ = 0;
  std::size_t notBegun_ = 0;
  std::size_t said_ = 0;
};

/// Says something on standard error, behind the program's name.
void sayForFleet(const std::string& text);
