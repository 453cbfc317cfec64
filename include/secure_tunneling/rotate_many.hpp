// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ROTATE_MANY_HPP
#define SECURE_TUNNELING_ROTATE_MANY_HPP

/// @file
/// Many tunnels at once, on one thread. `secure_tunneling.hpp` does not include it.

#include <curl/curl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/curl_driver.hpp"
#include "secure_tunneling/adapters/curl_options.hpp"
#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/call/fleet_pace.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/steps.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What comes of one call.
using RotateResult = Result<RotateTunnelAccessTokenResponse>;

/// Told how a fleet gets on, by the thread that runs it. Nothing may be thrown.
class FleetProgress {
 public:
  /// The call for `requests[index]` is about to begin; nothing of it has been sent. False: it does
  /// not begin, nor does any other; those under way are finished.
  virtual bool onBegin(std::size_t index) = 0;
  /// What came of `requests[index]`, once for each; also for those that never began.
  virtual void onResult(std::size_t index, const RotateResult& result) = 0;

  FleetProgress(const FleetProgress&) = delete;
  FleetProgress& operator=(const FleetProgress&) = delete;

 protected:
  FleetProgress() = default;
  ~FleetProgress() = default;
};

/// How `rotateMany` works. Plain values.
struct FleetOptions {
  /// Calls under way at once; less than 1 counts as 1. Fewer at first, see `FleetPace`.
  std::size_t parallel = 32;
  /// For all of it. `Settings::callTimeoutMs` is for each call beside that.
  CallLimits limits = {};
  /// Told of each call; null for nobody. Must outlive the fleet.
  FleetProgress* progress = nullptr;
  /// For the calls; where credentials are looked for has options of its own.
  CurlTransportOptions transport = {};
};

namespace detail {

template <class Hash>
class Fleet;

/// A call of a fleet: a call's machine, held back as the fleet's pace wants it.
template <class Hash>
class FleetCall final : public Steps {
 public:
  FleetCall(Fleet<Hash>& fleet, ClientState<Hash>& state,
            const RotateTunnelAccessTokenRequest& request, CredentialsSource& credentials,
            const CallLimits& limits)
      : Steps(sharedBy(state).exchange),
        fleet_(fleet),
        call_(state, request, &credentials, false, limits),
        clockSkewMs_(sharedBy(state).clockSkewMs),
        round_(fleet.pace().currentRound()) {}

  Step next(const Moment& now) override {
    isHeld_ = false;
    if (!isSending_ && fleet_.pace().isStopped()) {
      isDropped_ = call_.failure() == nullptr && !call_.isDone();
      if (isDropped_) return Step::Done;
      call_.giveUp();
    }
    if (!hasPlace_ && call_.isToSend() && !isOver(now) && !fleet_.mayRepeat(now)) return hold(now);
    clockSkewMs_ = fleet_.clockSkewMs();
    const Step step = call_.next(now);
    show(call_);
    if (step != Step::Send || transport_ != nullptr || isSending_) return step;
    hasPlace_ = true;
    isSending_ = true;
    sentAtMs_ = now.steadyMs();
    round_ = fleet_.pace().currentRound();
    return step;
  }
  void onSent(Result<void>&& sent, const Moment& now) override {
    // One without an answer leaves it as the others have found it.
    clockSkewMs_ = fleet_.clockSkewMs();
    call_.onSent(std::move(sent), now);
    fleet_.clockSkewMs() = clockSkewMs_;
    if (transport_ != nullptr) return;
    isSending_ = false;
    hasPlace_ = mendsItself();
    if (hasPlace_) return;
    hasAsked_ = true;
    fleet_.onAnswer(call_.failure(), round_, now);
  }

  /// Whether it is under way: the search for its credentials, or its request, which is not counted
  /// after a second without an answer: it shall not hold up the others.
  [[nodiscard]] bool takesPlace(const Moment& now) const noexcept {
    constexpr std::int64_t longestMs = 1'000;
    return hasPlace_ && (!isSending_ || now.steadyMs() - sentAtMs_ < longestMs);
  }
  /// Whether it waits for a place, and for nothing else.
  [[nodiscard]] bool isHeld() const noexcept { return isHeld_; }
  /// At its end: whether that came before anything was sent, for what others were told.
  [[nodiscard]] bool isDropped() const noexcept { return isDropped_; }
  /// Whether the fleet has heard of an answer, or of the lack of one.
  [[nodiscard]] bool hasAsked() const noexcept { return hasAsked_; }
  [[nodiscard]] int sentInRound() const noexcept { return round_; }
  [[nodiscard]] RotateResult takeResult() { return call_.takeResult(); }

 private:
  [[nodiscard]] bool isOver(const Moment& now) noexcept {
    return exchange_.end.isCancelled() || exchange_.end.leftMs(now) == 0;
  }
  /// Whether it was refused, and goes on at once with the right time or with other credentials:
  /// what that says of other calls is seen then, and so only once.
  [[nodiscard]] bool mendsItself() noexcept {
    if (hasMended_ || call_.isDone() || call_.failure() == nullptr) return false;
    hasMended_ = FleetPace::signOf(*call_.failure()) == FleetPace::Sign::Refused;
    return hasMended_;
  }
  Step hold(const Moment& now) noexcept {
    constexpr std::int64_t pauseMs = 20;
    waitMs_ = fleet_.pace().leftMs(now);
    if (waitMs_ < pauseMs) waitMs_ = pauseMs;
    const std::int64_t leftMs = exchange_.end.leftMs(now);
    if (leftMs < waitMs_) waitMs_ = leftMs;
    isHeld_ = true;
    return Step::Wait;
  }

  Fleet<Hash>& fleet_;
  RotateCall<Hash> call_;
  std::int64_t& clockSkewMs_;
  bool hasPlace_ = true;
  bool isSending_ = false;
  bool isHeld_ = false;
  bool isDropped_ = false;
  bool hasAsked_ = false;
  bool hasMended_ = false;
  int round_;
  std::int64_t sentAtMs_ = 0;
};

/// A curl_multi handle of its own.
class CurlMulti {
 public:
  explicit CurlMulti(bool initializeCurl) {
    if (!initializeCurl || initializeCurlOnce() == CURLE_OK) handle_ = curl_multi_init();
  }
  ~CurlMulti() { curl_multi_cleanup(handle_); }
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  [[nodiscard]] CURLM* handle() const noexcept { return handle_; }

 private:
  CURLM* handle_ = nullptr;
};

/// Rotates all of a list. Once.
template <class Hash>
class Fleet {
 public:
  Fleet(const std::vector<RotateTunnelAccessTokenRequest>& requests, const Settings& settings,
        CredentialsSource& credentials, const FleetOptions& options)
      : requests_(requests),
        settings_(settings),
        credentials_(credentials),
        options_(options),
        most_(mostOf(options.parallel, requests.size())),
        pace_(requests.size(), most_, settings),
        multi_(options.transport.initializeCurl),
        driver_(multi_.handle(), clock_, socketsFor(most_)) {
    if (settings_.retryQuota == nullptr && !settings_.retryMode.isLegacy()) {
      settings_.retryQuota = &quota_;
    }
    if (settings_.rateLimiter == nullptr) settings_.rateLimiter = limiter_.get();
    // Otherwise libcurl goes by the transfers that are under way at the moment.
    curl_multi_setopt(multi_.handle(), CURLMOPT_MAXCONNECTS, static_cast<long>(most_ * 2));
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet() = default;

  std::vector<RotateResult> run() {
    results_.reserve(requests_.size());
    for (std::size_t i = 0; i != requests_.size(); ++i)
      results_.emplace_back(InPlace());
    end_.begin(options_.limits);
    slots_.reserve(most_);
    idle_.reserve(most_);
    takeValid();
    for (;;) {
      begin();
      if (next_ == queue_.size() && driver_.isIdle()) break;
      // Looks up now and then: for the end of a pause, and of a second without an answer.
      constexpr std::int64_t longestMs = 50;
      // A millisecond is no matter to a fleet.
      constexpr std::int64_t gatheredMs = 1;
      const std::int64_t leftMs = pace_.leftMs(clock_.now());
      const std::int64_t waitMs = leftMs != 0 && leftMs < longestMs ? leftMs : longestMs;
      if (!driver_.isIdle()) {
        driver_.turn(waitMs, gatheredMs);
      } else if (leftMs != 0) {
        clock_.wait(waitMs);
      }
    }
    return std::move(results_);
  }

  [[nodiscard]] const FleetPace& pace() const noexcept { return pace_; }
  /// Server time minus local time, as the last answer told it.
  [[nodiscard]] std::int64_t& clockSkewMs() noexcept { return clockSkewMs_; }
  /// Whether a call may be attempted again. Not where one that is new can show whether it is the
  /// fleet that was refused, or that call.
  [[nodiscard]] bool mayRepeat(const Moment& now) const noexcept {
    const bool hasNew = next_ != queue_.size() && (!idle_.empty() || slots_.size() != most_);
    return pace_.maySend(now, placesTaken(now)) && !(pace_.isProbing() && hasNew);
  }
  void onAnswer(const Error* error, int round, const Moment& now) {
    const bool wasStopped = pace_.isStopped();
    pace_.onAnswer(error, round, now);
    if (wasStopped || !pace_.isStopped()) return;
    cause_ = *error;
    dropRest(notSent(*error));
    for (const Owned<Slot>& slot : slots_)
      driver_.wake(*slot);
  }

 private:
  /// What is used for one call after another: a handle, and the buffers.
  struct Slot final : CurlDriver::Task {
    explicit Slot(Fleet& owner)
        : fleet(owner), transport(owner.options_.transport), state(owner.settings_) {}

    void onDone() override { fleet.finish(*this); }

    Fleet& fleet;
    CurlTransport transport;
    ClientState<Hash> state;
    std::size_t index = 0;
    std::optional<FleetCall<Hash>> call;
  };

  static std::size_t mostOf(std::size_t parallel, std::size_t count) noexcept {
    if (parallel == 0) return 1;
    return parallel < count ? parallel : count;
  }

  static unsigned socketsFor(std::size_t most) noexcept {
    const auto sockets = static_cast<unsigned>(most * 4);
    return sockets < CurlDriver::usualSockets ? CurlDriver::usualSockets : sockets;
  }

  /// Queues all that can be sent; of the others it is the result that they cannot.
  void takeValid() {
    std::vector<bool> isRefused(requests_.size());
    std::string body;
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      Result<void> checked = serializeRequest(requests_[i], body);
      isRefused[i] = !checked;
      if (!checked) settle(i, std::move(checked).error());
    }
    refuseRepeated(isRefused);
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      if (!isRefused[i]) queue_.push_back(i);
    }
  }
  /// A second rotation of a side would take away what the first one has brought.
  void refuseRepeated(std::vector<bool>& isRefused) {
    std::vector<std::size_t> byTunnel;
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      if (!isRefused[i]) byTunnel.push_back(i);
    }
    std::sort(byTunnel.begin(), byTunnel.end(), [this](std::size_t left, std::size_t right) {
      const int order = requests_[left].tunnelId.compare(requests_[right].tunnelId);
      return order != 0 ? order < 0 : left < right;
    });
    unsigned taken = 0;
    const std::string* tunnel = nullptr;
    for (const std::size_t i : byTunnel) {
      if (tunnel == nullptr || *tunnel != requests_[i].tunnelId) taken = 0;
      tunnel = &requests_[i].tunnelId;
      const unsigned sides = sidesOf(requests_[i].clientMode);
      isRefused[i] = (taken & sides) != 0;
      taken |= sides;
      if (isRefused[i]) {
        settle(i, makeError(ErrorKind::InvalidArgument,
                            "tunnelId: an earlier request of the list rotates the same side of "
                            "this tunnel"));
      }
    }
  }
  static unsigned sidesOf(ClientMode mode) noexcept {
    if (mode == ClientMode::SOURCE) return 1;
    return mode == ClientMode::DESTINATION ? 2 : 3;
  }

  /// Begins as many calls as may be under way.
  void begin() {
    if (next_ == queue_.size()) return;
    Moment now = clock_.now();
    // Who waits for a place has it before one that is new, unless it was refused a moment ago.
    std::size_t places = placesTaken(now) + (pace_.isProbing() ? 0 : placesWanted());
    // The program may take its time in `onBegin`.
    for (; next_ != queue_.size(); ++places, now = clock_.now()) {
      const std::int64_t leftMs = end_.leftMs(now);
      if (end_.isCancelled())
        return dropRest(makeError(ErrorKind::Cancelled, "not begun: the fleet was cancelled"));
      if (leftMs == 0) {
        return dropRest(
            makeError(ErrorKind::DeadlineExceeded, "not begun: the fleet has no time left"));
      }
      Slot* const slot = pace_.maySend(now, places) ? idleSlot() : nullptr;
      if (slot == nullptr) return;
      slot->index = queue_[next_];
      if (options_.progress != nullptr && !options_.progress->onBegin(slot->index)) {
        idle_.push_back(slot);
        return dropRest(makeError(ErrorKind::Cancelled, "not begun: the program began no more"));
      }
      ++next_;
      slot->call.emplace(*this, slot->state, requests_[slot->index], credentials_,
                         limitsOf(leftMs));
      driver_.start(*slot, *slot->call, slot->transport);
    }
  }
  /// Those of a call, with so much left for all.
  [[nodiscard]] CallLimits limitsOf(std::int64_t leftMs) const noexcept {
    const std::int64_t ownMs = settings_.callTimeoutMs;
    if (ownMs > 0 && ownMs < leftMs) leftMs = ownMs;
    return {leftMs == CallEnd::never ? 0 : leftMs, options_.limits.cancelled};
  }
  Slot* idleSlot() {
    if (!idle_.empty()) {
      Slot* const slot = idle_.back();
      idle_.pop_back();
      return slot;
    }
    if (slots_.size() == most_) return nullptr;
    slots_.emplace_back(new Slot(*this));
    return &*slots_.back();
  }
  void finish(Slot& slot) {
    FleetCall<Hash>& call = *slot.call;
    RotateResult result = call.isDropped() ? RotateResult(notSent(*cause_)) : call.takeResult();
    if (!call.isDropped() && !call.hasAsked())
      onAnswer(result ? nullptr : &result.error(), call.sentInRound(), clock_.now());
    slot.call.reset();
    idle_.push_back(&slot);
    settle(slot.index, std::move(result));
  }
  void settle(std::size_t index, RotateResult&& result) {
    results_[index] = std::move(result);
    if (options_.progress != nullptr) options_.progress->onResult(index, results_[index]);
  }

  /// Ends what has not begun.
  void dropRest(const Error& error) {
    while (next_ != queue_.size())
      settle(queue_[next_++], Error(error));
  }
  /// For a call that is not begun, for what the fleet was told before.
  static Error notSent(const Error& cause) {
    Error error(cause);
    error.delivery = Delivery::NotSent;
    error.attempts = 0;
    error.message.insert(0, "not sent, for what other tunnels of the list were answered: ");
    return error;
  }

  [[nodiscard]] std::size_t placesTaken(const Moment& now) const noexcept {
    std::size_t taken = 0;
    for (const Owned<Slot>& slot : slots_)
      taken += slot->call && slot->call->takesPlace(now) ? 1U : 0U;
    return taken;
  }
  [[nodiscard]] std::size_t placesWanted() const noexcept {
    std::size_t wanted = 0;
    for (const Owned<Slot>& slot : slots_)
      wanted += slot->call && slot->call->isHeld() ? 1U : 0U;
    return wanted;
  }

  const std::vector<RotateTunnelAccessTokenRequest>& requests_;
  // Of all calls, where the program has no others.
  RetryQuota quota_;
  Settings settings_;
  const Owned<RateLimiter> limiter_{settings_.retryMode.newRateLimiter()};
  CachedCredentials credentials_;
  const FleetOptions& options_;
  const std::size_t most_;
  std::vector<RotateResult> results_;
  /// Those that can be sent, in their order, and the first that has not begun.
  std::vector<std::size_t> queue_;
  std::size_t next_ = 0;
  CallEnd end_;
  FleetPace pace_;
  /// What has stopped the pace.
  std::optional<Error> cause_;
  std::int64_t clockSkewMs_ = 0;
  SystemClock clock_;
  // What is used by the next goes last.
  CurlMulti multi_;
  std::vector<Owned<Slot>> slots_;
  std::vector<Slot*> idle_;
  CurlDriver driver_;
};

}  // namespace detail

/// Rotates the tokens of many tunnels, on the calling thread, over connections that are shared and
/// kept. Returns what came of each request, in their order; a failure of one is no other's, but for
/// what is about the account, the credentials or the server: see `FleetPace`.
///
/// Each request is checked before anything is sent, and refused alone; so is one for a side of a
/// tunnel that an earlier one rotates. Credentials are looked up once for all, as by
/// `CachedCredentials`, over `CurlTransport`s where they come over the network. Everything must
/// outlive the call.
template <class Hash = OpensslSha256>
[[nodiscard]] std::vector<RotateResult> rotateMany(
    const std::vector<RotateTunnelAccessTokenRequest>& requests, const Settings& settings,
    CredentialsSource& credentials, const FleetOptions& options = {}) {
  return detail::Fleet<Hash>(requests, settings, credentials, options).run();
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ROTATE_MANY_HPP
