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
#include <charconv>
#include <cstdio>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rotations.hpp"

namespace st = secure_tunneling;

namespace {

int failures = 0;

struct Rotated {
  std::string tunnelId;
  st::CallLimits limits;
};

/// Of TUNNEL_ID[@MILLISECONDS]; none where it is something else.
std::optional<Rotated> parse(std::string_view argument) {
  const std::size_t at = argument.find('@');
  Rotated out;
  out.tunnelId = argument.substr(0, at);
  if (at == std::string_view::npos) return out;
  const std::string_view digits = argument.substr(at + 1);
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, out.limits.timeoutMs);
  if (read.ec != std::errc() || read.ptr != end || out.limits.timeoutMs <= 0) return std::nullopt;
  return out;
}

asio::awaitable<void> rotateOne(Rotations& rotations, Rotated rotated) {
  const std::string& tunnelId = rotated.tunnelId;
  // With a name: g++ before 13 destroys twice what is put in braces in a co_await.
  st::RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnelId;
  request.clientMode = st::ClientMode::SOURCE;
  const RotateResult outcome = co_await rotations.rotate(request, rotated.limits);

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
  std::vector<Rotated> all;
  for (int i = 1; i != argc; ++i) {
    std::optional<Rotated> rotated = parse(argv[i]);
    if (!rotated) {
      std::fprintf(stderr, "%s: behind the @ has to be a number of milliseconds, from 1 on\n",
                   argv[i]);
      return 2;
    }
    all.push_back(std::move(*rotated));
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

  st::DefaultCredentialsChain credentials({}, options);
  std::list<asio::cancellation_signal> stops;
  asio::io_context context(1);
  Rotations rotations(context.get_executor(), shared->settings, credentials, options);

  // A token that was rotated and not received is lost: each call says whether its may be.
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&stops](const std::error_code& error, int) {
    if (error) return;
    for (asio::cancellation_signal& stop : stops)
      stop.emit(asio::cancellation_type::terminal);
  });
  std::size_t running = all.size();
  for (Rotated& rotated : all) {
    asio::co_spawn(context, rotateOne(rotations, std::move(rotated)),
                   asio::bind_cancellation_slot(stops.emplace_back().slot(),
                                                [&](const std::exception_ptr& thrown) {
                                                  if (thrown) std::rethrow_exception(thrown);
                                                  if (--running == 0) signals.cancel();
                                                }));
  }
  context.run();
  return failures == 0 ? 0 : 1;
}
