// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "secure_tunneling/model.hpp"
#include "secure_tunneling/result.hpp"

/// What a results file says of a tunnel: by its last line.
enum class Known : unsigned char {
  Nothing,
  Begun,    ///< a call was under way when the last run ended: it may have been rotated
  Rotated,  ///< its tokens are in the file
  Failed,   ///< a call was answered, or failed, and brought no tokens
};

/// The results of a fleet in a file that only its owner can read: a JSON object on a line.
///
/// A line says that a call begins, before it does, and another what came of it. Each is on the disk
/// before anything else happens. So whatever ends the program, the next one that opens the file
/// knows which tokens are there, and for which tunnels a call was under way. A line that was cut is
/// taken away: what it told had not happened, or is under way by the line before it.
///
/// The file is locked as long as the process lives.
class ResultsFile {
 public:
  ResultsFile() = default;
  ~ResultsFile();
  ResultsFile(const ResultsFile&) = delete;
  ResultsFile& operator=(const ResultsFile&) = delete;

  /// Opens the file, or makes one, and reads what it knows. One that it refuses stays as it is.
  secure_tunneling::Result<void> open(const std::string& path);
  /// Sets disk space aside for so many calls, where the file system can do that.
  secure_tunneling::Result<void> reserve(std::size_t calls);

  /// After `open` failed: whether another process has the file.
  [[nodiscard]] bool isHeld() const noexcept { return isHeld_; }
  [[nodiscard]] Known known(const secure_tunneling::RotateTunnelAccessTokenRequest& request) const;

  /// A call begins.
  secure_tunneling::Result<void> begin(
      const secure_tunneling::RotateTunnelAccessTokenRequest& request);
  /// What came of it.
  secure_tunneling::Result<void> end(
      const secure_tunneling::RotateTunnelAccessTokenRequest& request,
      const secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse>& result);

 private:
  secure_tunneling::Result<void> lock();
  secure_tunneling::Result<void> read();
  secure_tunneling::Result<void> append(std::string_view text);
  [[nodiscard]] secure_tunneling::Error problem(const std::string& what) const;

  int descriptor_ = -1;
  bool isHeld_ = false;
  bool isRead_ = false;
  std::string path_;
  /// Where the next line goes.
  std::int64_t size_ = 0;
  /// By id and mode.
  std::map<std::string, Known, std::less<>> known_;
};
