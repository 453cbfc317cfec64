// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_COMMAND_OUTPUT_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_COMMAND_OUTPUT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/pauses.hpp"
#include "secure_tunneling/credentials/process_options.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What a command has written, and what went wrong with it: what is the same on all systems.
class CommandOutput {
 public:
  /// Milliseconds until it should be looked at again, by who cannot `wait`.
  int pauseMs() noexcept { return pauses_.nextMs(); }
  /// When it is over: what it has written.
  [[nodiscard]] Secret& text() noexcept { return text_; }
  /// When it is over: what went wrong; nothing where it exited with 0.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 protected:
  /// A pipe holds no more at once: a command may write as fast as it is read.
  static constexpr int mostChunks = 16;
  static constexpr std::size_t chunkBytes = 4096;

  explicit CommandOutput(const ProcessOptions& options) noexcept : options_(options) {}

  /// Takes what it has written; false where that is too much.
  bool take(std::string_view chunk) {
    const bool fits = chunk.size() <= options_.maxOutputBytes - text_.size();
    if (fits) {
      text_.append(chunk);
    } else {
      problem_ = filled("it wrote more than {} bytes", {Decimal(options_.maxOutputBytes).text()});
    }
    return fits;
  }
  void tookTooLong() {
    problem_ = filled("it took longer than {} ms", {decimal(options_.timeoutMs).text()});
  }
  void exited(std::uint64_t status) {
    if (status != 0) problem_ = filled("it exited with status {}", {Decimal(status).text()});
  }
  static Decimal decimal(int number) noexcept {
    return Decimal(static_cast<std::uint64_t>(number));
  }

  const ProcessOptions& options_;
  Pauses pauses_;
  Secret text_;
  std::string problem_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_COMMAND_OUTPUT_HPP
