// SPDX-License-Identifier: BSL-1.0
#include "rotations.hpp"

#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <system_error>
#include <utility>

namespace st = secure_tunneling;

namespace {

/// A call that is driven, in the frame of the coroutine that awaits it.
class Rotation final : public st::CurlDriver::Task {
 public:
  Rotation(std::shared_ptr<AsioDriver> driver, const asio::any_io_executor& executor,
           const st::CurlTransportOptions& options, const st::Settings& settings,
           const st::RotateTunnelAccessTokenRequest& request, st::CredentialsSource& credentials,
           const st::CallLimits& limits)
      : driver_(std::move(driver)),
        ended_(executor, asio::steady_timer::time_point::max()),
        transport_(options),
        state_(settings),
        call_(state_, request, &credentials, false, limits) {
    driver_->start(*this, call_, transport_);
  }
  ~Rotation() override { driver_->stop(*this); }
  Rotation(const Rotation&) = delete;
  Rotation& operator=(const Rotation&) = delete;

  [[nodiscard]] bool isDone() const noexcept { return isDone_; }
  /// Never expires: its wait ends with the call, or when the coroutine is cancelled.
  [[nodiscard]] asio::steady_timer& ended() noexcept { return ended_; }
  void cancel() {
    call_.cancel();
    driver_->interrupt(*this);
  }
  [[nodiscard]] RotateResult takeResult() { return call_.takeResult(); }

 private:
  void onDone() override {
    isDone_ = true;
    ended_.cancel();
  }

  std::shared_ptr<AsioDriver> driver_;
  asio::steady_timer ended_;
  st::CurlTransport transport_;
  st::ClientState<st::OpensslSha256> state_;
  st::RotateCall<st::OpensslSha256> call_;
  bool isDone_ = false;
};

}  // namespace

Rotations::Rotations(const asio::any_io_executor& executor, st::Settings settings,
                     st::CredentialsSource& credentials, st::CurlTransportOptions options)
    : driver_(std::make_shared<AsioDriver>(executor)),
      settings_(std::move(settings)),
      credentials_(credentials),
      options_(std::move(options)) {}

asio::awaitable<RotateResult> Rotations::rotate(st::RotateTunnelAccessTokenRequest request,
                                                st::CallLimits limits) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Rotation rotation(driver_, executor, options_, settings_, request, credentials_, limits);
  // An exception would take away what a call that was cancelled says.
  const bool doesThrow = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) rotation.cancel();
  while (!rotation.isDone()) {
    std::error_code ignored;
    co_await rotation.ended().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!rotation.isDone()) rotation.cancel();
  }
  co_await asio::this_coro::throw_if_cancelled(doesThrow);
  co_return rotation.takeResult();
}
