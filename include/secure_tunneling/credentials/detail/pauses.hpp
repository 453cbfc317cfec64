// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_PAUSES_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_PAUSES_HPP

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Between one look and the next at what does not tell when it is ready: soon at first, as most is
/// ready soon, and then seldom enough to cost nothing.
class Pauses {
 public:
  int nextMs() noexcept {
    constexpr int longestMs = 20;
    const int pauseMs = nextMs_;
    nextMs_ = pauseMs * 2 < longestMs ? pauseMs * 2 : longestMs;
    return pauseMs;
  }

 private:
  int nextMs_ = 1;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_PAUSES_HPP
