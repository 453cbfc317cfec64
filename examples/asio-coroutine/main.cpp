// SPDX-License-Identifier: BSL-1.0
//
// Rotates the source tokens of several tunnels at once, a coroutine each, on one thread of Asio's.
// A tunnel may have a deadline. Goes by the same environment and files as the AWS tools.
#include <curl/curl.h>
#include <signal.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <list>
#include <string>
#include <system_error>

#include "rotations.hpp"

namespace st = secure_tunneling;

namespace {

int failures = 0;

/// `argument` is TUNNEL_ID[@MILLISECONDS].
asio::awaitable<void> rotateOne(Rotations& rotations, std::string argument) {
  const std::size_t at = argument.find('@');
  const std::string tunnelId = argument.substr(0, at);
  st::CallLimits limits;
  if (at != std::string::npos) limits.timeoutMs = std::atoll(argument.c_str() + at + 1);

  // With a name: g++ before 13 destroys twice what is put in braces in a co_await.
  st::RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnelId;
  request.clientMode = st::ClientMode::SOURCE;
  const RotateResult outcome = co_await rotations.rotate(request, limits);

  if (outcome && outcome->sourceAccessToken) {
    std::printf("%s %s\n", tunnelId.c_str(), outcome->sourceAccessToken->expose().data());
    std::fflush(stdout);
    co_return;
  }
  ++failures;
  std::fprintf(stderr, "%s: %s %s\n", tunnelId.c_str(), outcome ? "" : outcome.error().code.c_str(),
               outcome ? "the answer has no token" : outcome.error().message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: asio-coroutine TUNNEL_ID[@MILLISECONDS]...\n", stderr);
    return 2;
  }
  auto shared = st::loadSharedSettings();
  if (!shared) {
    std::fprintf(stderr, "%s\n", shared.error().message.c_str());
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);

  st::CurlTransportOptions options;
  options.initializeCurl = false;
  options.trust(shared->caBundle, shared->caBundleOrigin);

  asio::io_context context(1);
  st::DefaultCredentialsChain credentials({}, options);
  Rotations rotations(context.get_executor(), shared->settings, credentials, options);

  // A token that was rotated and not received is lost: each call says whether its may be.
  std::list<asio::cancellation_signal> stops;
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&stops](const std::error_code& error, int) {
    if (error) return;
    for (asio::cancellation_signal& stop : stops)
      stop.emit(asio::cancellation_type::terminal);
  });
  int running = argc - 1;
  for (int i = 1; i != argc; ++i) {
    asio::co_spawn(context, rotateOne(rotations, argv[i]),
                   asio::bind_cancellation_slot(stops.emplace_back().slot(),
                                                [&](const std::exception_ptr& thrown) {
                                                  if (thrown) std::rethrow_exception(thrown);
                                                  if (--running == 0) signals.cancel();
                                                }));
  }
  context.run();
  return failures == 0 ? 0 : 1;
}
