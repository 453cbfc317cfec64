// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_STEPS_HPP
#define SECURE_TUNNELING_SEAMS_STEPS_HPP

/// @file
/// The steps of a state machine, and a loop that drives one to its end.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What a machine asks its driver to do.
enum class Step : unsigned char {
  NeedCredentials,  ///< fill `credentials()` and call `onCredentials()`; only without a source
  Send,             ///< send `request()` into `response()` over `transport()`, then call `onSent()`
  Wait,             ///< let `waitMs()` pass and ask again
  Done,             ///< take what came of it
};

/// The buffers of one exchange over HTTP after another: those of a call, and of all that its
/// credentials need. Kept between calls, a warm one hardly allocates. All of it may be secret.
struct HttpExchange {
  /// The most header fields of a request; one more is an error of kind `Configuration`.
  static constexpr std::size_t mostHeaders = 8;

  /// The header fields of the request as `name: value`, each with a NUL behind it; `headers` has
  /// views into it.
  Secret headerLines;
  /// Where a transport puts the answer.
  HttpResponse response;
  /// Where the URL is not that of an endpoint alone.
  std::string url;
  /// What a transport sends; its views lead into the other members, and into what the call keeps.
  HttpRequest request{};
  /// The list that `request.headers` points to.
  HttpHeader headers[mostHeaders] = {};
  /// When the call has to be over, with all that its credentials need.
  CallEnd end;

  /// Wipes what was sent and what came back; keeps the buffers.
  void clear() noexcept {
    request = {};
    headerLines.clear();
    response.clear();
  }
};

/// A machine: a piece of work that needs the network and time, and does no I/O itself. A driver
/// asks `next()` and does what it says, until it says `Done`. Asking again without telling what
/// came back repeats the step, but for `Wait`, which ends when it is asked again. Whether a step is
/// the call's own or belongs to the search for its credentials is no matter to a driver.
class Steps {
 public:
  /// What to do now. `now` is the time that a request is signed with.
  virtual Step next(const Moment& now) = 0;
  /// Tells what `HttpTransport::send` returned: that the answer is in `response()`, or why there is
  /// none; `now` is when that was known.
  virtual void onSent(Result<void>&& sent, const Moment& now) = 0;

  /// At `Send`: what to send over; null for the transport that the driver has for the service.
  [[nodiscard]] HttpTransport* transport() const noexcept { return transport_; }
  /// At `Send`: the request, valid until the machine is told what came back.
  [[nodiscard]] const HttpRequest& request() const noexcept { return exchange_.request; }
  /// Where the answer goes; cleared at `Send`.
  [[nodiscard]] HttpResponse& response() noexcept { return exchange_.response; }
  /// At `Wait`: milliseconds to let pass; 0 where a step took its time, and what comes next has to
  /// know the time after it.
  [[nodiscard]] std::int64_t waitMs() const noexcept { return waitMs_; }
  /// The flag that ends the call: what blocks looks at it every 50 ms, and asks for the next step
  /// when it is true. Null without.
  [[nodiscard]] const std::atomic<bool>* cancelled() const noexcept { return exchange_.end.flag(); }

  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

 protected:
  /// Works in the buffers of `exchange`, which must outlive it.
  explicit Steps(HttpExchange& exchange) noexcept : exchange_(exchange) {}
  ~Steps() = default;

  /// Shows a driver what another machine shows.
  void show(const Steps& other) noexcept {
    transport_ = other.transport_;
    waitMs_ = other.waitMs_;
  }

  /// What `request()`, `response()` and `cancelled()` show.
  HttpExchange& exchange_;
  /// What `transport()` shows.
  HttpTransport* transport_ = nullptr;
  /// What `waitMs()` shows, in milliseconds.
  std::int64_t waitMs_ = 0;
};

namespace detail {

/// Waits as long as a machine asks for; with a flag in slices, to look at it between them.
inline void waitFor(const Steps& machine, Clock& clock) {
  constexpr std::int64_t sliceMs = 50;
  const std::atomic<bool>* const cancelled = machine.cancelled();
  std::int64_t leftMs = machine.waitMs();
  while (leftMs > 0 && (cancelled == nullptr || !cancelled->load(std::memory_order_relaxed))) {
    const std::int64_t nextMs = cancelled != nullptr && leftMs > sliceMs ? sliceMs : leftMs;
    clock.wait(nextMs);
    leftMs -= nextMs;
  }
}

}  // namespace detail

/// Drives a machine to its end, and blocks meanwhile: sends over `own` where the machine names no
/// transport, and waits on `clock`.
inline void driveToEnd(Steps& machine, HttpTransport* own, Clock& clock) {
  for (;;) {
    const Step step = machine.next(clock.now());
    if (step == Step::Send) {
      HttpTransport* const via = machine.transport() != nullptr ? machine.transport() : own;
      Result<void> sent = (via->send)(machine.request(), machine.response());
      machine.onSent(std::move(sent), clock.now());
    } else if (step == Step::Wait) {
      detail::waitFor(machine, clock);
    } else {
      return;
    }
  }
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_STEPS_HPP
