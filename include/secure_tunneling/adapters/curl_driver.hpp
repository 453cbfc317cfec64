// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_DRIVER_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_DRIVER_HPP

/// @file
/// Drives many calls on one thread, over a curl_multi handle. Needs libcurl.

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/detail/curl_connections.hpp"
#include "secure_tunneling/adapters/detail/curl_library.hpp"
#include "secure_tunneling/adapters/detail/sigpipe_guard.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/steps.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Drives any number of machines at once over one curl_multi handle, on one thread: a call each, or
/// whatever else is `Steps`. Connections are kept by the multi handle and shared by all of them.
///
/// A program with an event loop of its own tells libcurl's sockets and timer to it, as
/// curl_multi_socket_action wants it, and
///  - calls `act()` after each curl_multi_socket_action (or curl_multi_perform), and when
///    `waitMs()` have passed;
///  - asks `waitMs()` after each `start()` and `act()`.
///
/// Any other calls `run()`, or `turn()` again and again.
///
/// What machines need of the network, for their credentials too, has to go over a `CurlTransport`.
/// A machine's flag (`Steps::cancelled`) is looked at in `act()`, which `waitMs()` then asks for
/// every 50 ms. Not thread-safe. Where libcurl raises SIGPIPE, `turn()` and `run()` keep it off; a
/// program with a loop of its own had best ignore it.
class CurlDriver {
 public:
  /// A machine that is driven: derive from it to learn of the end. It is known by its address.
  class Task {
   public:
    /// Not while it is under way.
    virtual ~Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

   protected:
    Task() = default;

   private:
    friend class CurlDriver;

    /// The machine is `Done`, or needs credentials that it has no source for. The task is free: it
    /// may be started again in here, or destroyed.
    virtual void onDone() = 0;

    Steps* machine_ = nullptr;
    CurlTransport* own_ = nullptr;
    CurlTransport* via_ = nullptr;  ///< null where no transfer is under way
    std::int64_t dueMs_ = atOnce;   ///< when a wait ends
    bool isInterrupted_ = false;
    Task** link_ = nullptr;  ///< what points to this; null where nothing does
    Task* next_ = nullptr;
  };

  /// How many sockets a driver remembers where nothing else is said: more than 32 calls at once
  /// need, together with the connections that libcurl keeps idle.
  static constexpr unsigned usualSockets = 128;

  /// `multi` is the driver's while it lives: transfers of others would lose their messages. Both
  /// must outlive it. A connection that is kept is used again as long as its socket is among the
  /// last `sockets` that were opened: four for each call at once is enough.
  CurlDriver(CURLM* multi, Clock& clock, unsigned sockets = usualSockets)
      : multi_(multi), clock_(clock), sockets_(sockets), connections_(sockets_.data(), sockets) {}
  /// Stops what is under way.
  ~CurlDriver() {
    while (sending_ != nullptr)
      stop(*sending_);
    while (waiting_ != nullptr)
      stop(*waiting_);
  }
  CurlDriver(const CurlDriver&) = delete;
  CurlDriver& operator=(const CurlDriver&) = delete;

  /// Begins to drive `machine`; requests that name no transport go over `transport`, which has no
  /// other transfer meanwhile. All must outlive that. Nothing happens before the next `act()`.
  void start(Task& task, Steps& machine, CurlTransport& transport) noexcept {
    task.machine_ = &machine;
    task.own_ = &transport;
    task.isInterrupted_ = false;
    hasFlags_ = hasFlags_ || machine.cancelled() != nullptr;
    wait(task, atOnce);
  }
  /// Ends a wait of the machine, where it is in one: it is asked again at the next `act()`.
  void wake(Task& task) noexcept {
    if (task.link_ == nullptr || task.via_ != nullptr) return;
    unlink(task);
    wait(task, atOnce);
  }
  /// Has the next `act()`, which is due at once, end a wait, or the transfer that is under way, of
  /// a machine that has been cancelled (`CallMachine::cancel`). An answer that has arrived by then
  /// is what the machine is told.
  void interrupt(Task& task) noexcept {
    if (task.link_ == nullptr) return;
    task.isInterrupted_ = true;
    hasInterrupts_ = true;
  }
  /// Lets go of a machine where it is: a transfer that is under way ends, and its connection with
  /// it. Nobody is told. Does nothing for a task that is not under way.
  void stop(Task& task) noexcept {
    if (task.via_ != nullptr) takeOff(task);
    unlink(task);
  }
  /// Whether no machine is under way.
  [[nodiscard]] bool isIdle() const noexcept {
    return sending_ == nullptr && waiting_ == nullptr && due_ == nullptr;
  }

  /// Goes on with every machine whose transfer or wait is over.
  void act() {
    takeMessages();
    if (hasFlags_ || hasInterrupts_) abortCancelled();
    const std::int64_t nowMs = clock_.now().steadyMs();
    // By a clock that was set back no wait would end in time: an early end does no harm.
    const bool isSetBack = nowMs < lastMs_;
    lastMs_ = nowMs;
    if (nowMs < dueMs_ && !isSetBack) return;
    takeDue(isSetBack ? never : nowMs);
    while (due_ != nullptr) {
      Task& task = *due_;
      unlink(task);
      advance(task, clock_.now());
    }
  }
  /// Milliseconds until `act()` is to be called, whatever happens to sockets; less than 0 where
  /// nothing waits.
  [[nodiscard]] std::int64_t waitMs() {
    constexpr std::int64_t sliceMs = 50;
    const std::int64_t mostMs = hasFlags_ && !isIdle() ? sliceMs : -1;
    if (hasInterrupts_) return 0;
    if (waiting_ == nullptr) return mostMs;
    const std::int64_t nowMs = clock_.now().steadyMs();
    if (nowMs >= dueMs_ || nowMs < lastMs_) return 0;
    const std::int64_t leftMs = dueMs_ - nowMs;
    return mostMs >= 0 && mostMs < leftMs ? mostMs : leftMs;
  }

  /// For a program without a loop: does what can be done, and then waits for what comes next,
  /// `mostMs` at most. Where that is an answer it lets `gatherMs` more pass, so that one turn does
  /// for all that come meanwhile: with many under way a turn is most of the CPU time of each.
  void turn(std::int64_t mostMs, std::int64_t gatherMs = 0) {
    if (!raisesSigpipe_) return turnOnce(mostMs, gatherMs);
    const detail::SigpipeGuard guard;
    turnOnce(mostMs, gatherMs);
  }
  /// Drives all to their ends.
  void run() {
    constexpr std::int64_t longestMs = 1'000;
    while (!isIdle())
      turn(longestMs);
  }

 private:
  static constexpr std::int64_t never = (std::numeric_limits<std::int64_t>::max)();
  static constexpr std::int64_t atOnce = (std::numeric_limits<std::int64_t>::min)();

  void turnOnce(std::int64_t mostMs, std::int64_t gatherMs) {
    act();
    int running = 0;
    curl_multi_perform(multi_, &running);
    const std::int64_t ownMs = waitMs();
    if (ownMs >= 0 && ownMs < mostMs) mostMs = ownMs;
    if (mostMs > 0 && running == transfers_ && !isIdle()) {
      if (poll(mostMs) && gatherMs > 0) clock_.wait(gatherMs);
      curl_multi_perform(multi_, &running);
    }
    act();
  }
  /// Whether a socket is ready.
  bool poll(std::int64_t milliseconds) {
    constexpr std::int64_t longestMs = 60'000;
    if (milliseconds > longestMs) milliseconds = longestMs;
    int ready = 0;
#if LIBCURL_VERSION_NUM >= 0x074200
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(milliseconds), &ready);
#else
    // Returns at once where there is no socket.
    constexpr std::int64_t pauseMs = 10;
    curl_multi_wait(multi_, nullptr, 0, static_cast<int>(milliseconds), &ready);
    if (ready == 0) clock_.wait(milliseconds < pauseMs ? milliseconds : pauseMs);
#endif
    return ready != 0;
  }

  void takeMessages() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
  }
  /// Takes a task's transfer off the multi handle; returns what it went over.
  CurlTransport& takeOff(Task& task) noexcept {
    CurlTransport& via = *std::exchange(task.via_, nullptr);
    curl_multi_remove_handle(multi_, via.handle());
    --transfers_;
    return via;
  }
  void finish(CURL* handle, CURLcode code) {
    char* owner = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &owner);
    Task& task = *static_cast<Task*>(static_cast<void*>(owner));
    unlink(task);
    task.isInterrupted_ = false;
    CurlTransport& via = takeOff(task);
    const Moment now = clock_.now();
    if (!via.mustBeginAgain()) {
      task.machine_->onSent(via.end(code), now);
    } else if (send(task, via, now)) {
      return;
    }
    advance(task, now);
  }

  /// Takes the steps of a machine, from `now` on, until there is something to wait for.
  void advance(Task& task, Moment now) {
    Steps& machine = *task.machine_;
    for (;; now = clock_.now()) {
      const Step step = machine.next(now);
      if (step == Step::Send) {
        if (send(task,
                 machine.transport() != nullptr ? static_cast<CurlTransport&>(*machine.transport())
                                                : *task.own_,
                 now)) {
          return;
        }
      } else if (step == Step::Wait) {
        if (machine.waitMs() != 0) return wait(task, now.steadyMs() + machine.waitMs());
      } else {
        return task.onDone();
      }
    }
  }

  /// Whether a transfer is under way now; otherwise the machine knows why not.
  bool send(Task& task, CurlTransport& via, const Moment& now) {
    Steps& machine = *task.machine_;
    Result<void> begun = via.begin(machine.request(), machine.response(), connections_);
    if (begun) {
      curl_easy_setopt(via.handle(), CURLOPT_PRIVATE, &task);
      if (curl_multi_add_handle(multi_, via.handle()) == CURLM_OK) {
        task.via_ = &via;
        ++transfers_;
        link(task, sending_);
        return true;
      }
      begun = via.end(CURLE_FAILED_INIT);
    }
    machine.onSent(std::move(begun), now);
    return false;
  }

  /// Ends what was cancelled: first what has sent nothing, for nothing is to be begun any more, and
  /// the rest when what has arrived for it was read.
  void abortCancelled() {
    hasInterrupts_ = false;
    if (abortCancelled(true)) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      takeMessages();
      abortCancelled(false);
    }
    if (isIdle()) hasFlags_ = false;
  }
  /// Whether something cancelled is left, that may have sent its request.
  bool abortCancelled(bool onlyUnsent) {
    bool isLeft = false;
    for (Task* const first : {sending_, waiting_}) {
      for (Task* task = first; task != nullptr;) {
        Task& each = *task;
        task = each.next_;
        if (!isCancelled(each)) continue;
        if (onlyUnsent && each.via_ != nullptr && each.via_->mayHaveSent()) {
          isLeft = true;
        } else {
          abort(each);
        }
      }
    }
    return isLeft;
  }
  static bool isCancelled(const Task& task) noexcept {
    const std::atomic<bool>* const flag = task.machine_->cancelled();
    return task.isInterrupted_ || (flag != nullptr && flag->load(std::memory_order_relaxed));
  }
  /// Has a machine asked again, without what it waits for.
  void abort(Task& task) {
    task.isInterrupted_ = false;
    if (task.via_ != nullptr)
      task.machine_->onSent(takeOff(task).end(CURLE_ABORTED_BY_CALLBACK), clock_.now());
    unlink(task);
    wait(task, atOnce);
  }

  void wait(Task& task, std::int64_t dueMs) noexcept {
    task.dueMs_ = dueMs;
    link(task, waiting_);
    if (dueMs < dueMs_) dueMs_ = dueMs;
  }
  /// Those whose wait is over: apart, for a step may start and stop others.
  void takeDue(std::int64_t nowMs) noexcept {
    dueMs_ = never;
    for (Task* task = waiting_; task != nullptr;) {
      Task& each = *task;
      task = each.next_;
      if (each.dueMs_ <= nowMs) {
        unlink(each);
        link(each, due_);
      } else if (each.dueMs_ < dueMs_) {
        dueMs_ = each.dueMs_;
      }
    }
  }

  static void link(Task& task, Task*& first) noexcept {
    task.next_ = first;
    task.link_ = &first;
    if (first != nullptr) first->link_ = &task.next_;
    first = &task;
  }
  static void unlink(Task& task) noexcept {
    if (task.link_ == nullptr) return;
    *task.link_ = task.next_;
    if (task.next_ != nullptr) task.next_->link_ = task.link_;
    task.link_ = nullptr;
    task.next_ = nullptr;
  }

  CURLM* const multi_;
  Clock& clock_;
  const bool raisesSigpipe_ = detail::raisesSigpipe(*curl_version_info(CURLVERSION_NOW));
  std::vector<detail::CurlConnections::Opened> sockets_;
  detail::CurlConnections connections_;
  Task* sending_ = nullptr;
  Task* waiting_ = nullptr;
  Task* due_ = nullptr;
  /// When the first wait ends.
  std::int64_t dueMs_ = never;
  /// When it was last looked at.
  std::int64_t lastMs_ = atOnce;
  int transfers_ = 0;
  /// A machine that was started has a flag.
  bool hasFlags_ = false;
  bool hasInterrupts_ = false;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_DRIVER_HPP
