// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

/// What other processes wait for until it is opened: a named pipe, of which each reads a line.
class Latch {
 public:
  Latch() : path_(folder_.path("latch")) {
    mkfifo(path_.c_str(), 0600);
    end_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~Latch() { close(end_); }
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// The beginning of a shell command that waits.
  [[nodiscard]] std::string waitedFor() const { return "read line <" + path_ + "; "; }
  /// For two that wait.
  void open() const { CHECK(write(end_, "1\n2\n", 4) == 4); }

 private:
  TemporaryFolder folder_;
  std::string path_;
  int end_ = -1;
};
