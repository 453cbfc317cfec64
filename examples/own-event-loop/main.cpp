// SPDX-License-Identifier: BSL-1.0
//
// Rotates the source tokens of several tunnels at once, on one thread and one event loop, which
// looks for their credentials too. A tunnel may name the profile that it belongs to. Goes by the
// same environment and files as the AWS tools.
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "event_loop.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "transfers.hpp"

namespace st = secure_tunneling;

namespace {

int failures = 0;
int running = 0;

/// By SIGINT and SIGTERM, for the loop to see.
int stopPipe[2];

st::CurlTransportOptions optionsOf(st::CurlTransportOptions options) {
  options.initializeCurl = false;  // main() has done it, for the multi handle too
  return options;
}

/// The rotation of one tunnel's source token: a call, and what becomes of it.
class Rotation final : public st::CurlDriver::Task {
 public:
  Rotation(std::string tunnelId, const st::Settings& settings, st::CredentialsSource& credentials,
           Transfers& transfers)
      : tunnelId_(std::move(tunnelId)),
        transport_(optionsOf({})),
        state_(settings),
        call_(state_, {tunnelId_, st::ClientMode::SOURCE, {}}, &credentials),
        transfers_(transfers) {
    ++running;
    transfers_.start(*this, call_, transport_);
  }

  /// Ends it, in whatever it waits for; nothing where it is over.
  void cancel() {
    call_.cancel();
    transfers_.interrupt(*this);
  }

 private:
  void onDone() override {
    if (--running == 0) transfers_.loop().unwatch(stopPipe[0]);
    const auto outcome = call_.takeResult();
    if (outcome && outcome->sourceAccessToken) {
      std::printf("%s %s\n", tunnelId_.c_str(), outcome->sourceAccessToken->expose().data());
      std::fflush(stdout);
      return;
    }
    ++failures;
    std::fprintf(stderr, "%s: %s %s\n", tunnelId_.c_str(),
                 outcome ? "" : outcome.error().code.c_str(),
                 outcome ? "the answer has no token" : outcome.error().message.c_str());
  }

  std::string tunnelId_;
  st::CurlTransport transport_;
  st::ClientState<st::OpensslSha256> state_;
  st::RotateCall<st::OpensslSha256> call_;
  Transfers& transfers_;
};

/// Every source that a profile can name, with connections of its own and a cache around it.
class ProfileCredentials {
 public:
  explicit ProfileCredentials(const std::string& profile)
      : services_(optionsOf({})),
        local_(optionsOf(localOptions())),
        chain_(services_, local_, clock_, givenOf(profile), &resolver_),
        cache_(chain_) {}

  [[nodiscard]] st::CredentialsSource& source() noexcept { return cache_; }

 private:
  /// For agents on this host and its link: outside of EC2 nobody answers, and then it gives up
  /// soon. One that takes its time holds up nothing here.
  static st::CurlTransportOptions localOptions() {
    st::CurlTransportOptions options;
    options.connectTimeoutMs = 1'000;
    options.totalTimeoutMs = 10'000;
    options.noProxy = "*";
    return options;
  }
  static st::GivenStsSettings givenOf(const std::string& profile) {
    st::GivenStsSettings given;
    given.profile = profile;
    return given;
  }

  st::SystemClock clock_;
  st::CurlTransport services_;
  st::CurlTransport local_;
  /// For the name of a container's host. It may take its time, too.
  st::SystemHostResolver resolver_{10'000, false};
  st::BasicDefaultChain<st::OpensslSha256> chain_;
  st::CachedCredentials cache_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: own-event-loop TUNNEL_ID[@PROFILE]...\n", stderr);
    return 2;
  }
  const auto settings = st::loadSettings();
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().message.c_str());
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  if (pipe(stopPipe) != 0) return 1;
  for (const int end : stopPipe) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  for (const int number : {SIGINT, SIGTERM})
    signal(number, [](int) { (void)!write(stopPipe[1], "", 1); });
  curl_global_init(CURL_GLOBAL_DEFAULT);

  EventLoop loop;
  std::map<std::string, ProfileCredentials> profiles;
  std::list<Rotation> rotations;
  Transfers transfers(loop);
  // A token that was rotated and not received is lost: each call says whether its may be.
  loop.watch(stopPipe[0], POLLIN, [&rotations, &loop](short) {
    loop.unwatch(stopPipe[0]);
    for (Rotation& rotation : rotations)
      rotation.cancel();
  });
  for (int i = 1; i != argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t at = argument.find('@');
    const std::string profile = at == std::string::npos ? "" : argument.substr(at + 1);
    // Tunnels of one profile share its credentials.
    st::CredentialsSource& credentials =
        profiles.try_emplace(profile, profile).first->second.source();
    rotations.emplace_back(argument.substr(0, at), *settings, credentials, transfers);
  }
  loop.run();
  return failures == 0 ? 0 : 1;
}
