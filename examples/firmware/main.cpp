// SPDX-License-Identifier: BSL-1.0
//
// A device's super-loop: no threads, no exceptions, no RTTI, and no wait but the one for the next
// tick. The loop has work of its own, which must go on while a token is fetched.
//
//   firmware TUNNEL_ID
//
// What a device has in its flash comes from the environment here: AWS_ACCESS_KEY_ID and the like,
// AWS_REGION, AWS_ENDPOINT_URL, and in AWS_CA_BUNDLE the file of the authorities to trust.
#include <time.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "secure_tunneling/credentials/environment.hpp"
#include "token_task.hpp"

namespace st = secure_tunneling;

namespace {

constexpr std::int64_t tickMs = 10;
constexpr int ticksPerReading = 10;

std::int64_t millisecondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// Ends each tick at its time; one that came late does not delay the next.
class Ticker {
 public:
  void waitForNext() {
    next_ += tickMs;
    const std::int64_t left = next_ - millisecondsOf(CLOCK_MONOTONIC);
    if (left <= 0) return;
    timespec rest{static_cast<time_t>(left / 1000), static_cast<long>(left % 1000) * 1'000'000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
  }

 private:
  std::int64_t next_ = millisecondsOf(CLOCK_MONOTONIC);
};

/// The device's real work.
class Thermometer {
 public:
  void tick(int tick) {
    if (tick % ticksPerReading != 0) return;
    std::printf("tick %d: %d degrees\n", tick, 20 + tick / ticksPerReading % 5);
    std::fflush(stdout);
  }
};

void report(int tick, TokenTask& task, TokenTask::Event event) {
  switch (event) {
    case TokenTask::Event::None:
    case TokenTask::Event::Finished:
      return;
    case TokenTask::Event::Sending:
      std::printf("tick %d: sending\n", tick);
      break;
    case TokenTask::Event::Answered:
      std::printf("tick %d: answered\n", tick);
      break;
    case TokenTask::Event::Failed:
      std::printf("tick %d: failed: %s\n", tick, task.problem().c_str());
      break;
    case TokenTask::Event::Waiting:
      std::printf("tick %d: waiting for %" PRId64 " ms\n", tick, task.waitMs());
      break;
  }
  std::fflush(stdout);
}

const char* fromFlash(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

int finish(int tick, TokenTask& task) {
  const auto response = task.takeResult();
  if (!response) {
    std::fprintf(stderr, "%s %s\n", response.error().code.c_str(),
                 response.error().message.c_str());
    return 1;
  }
  std::printf("tick %d: a new token after %d attempts\n", tick, response->attempts);
  if (response->sourceAccessToken) std::puts(response->sourceAccessToken->expose().data());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: firmware TUNNEL_ID\n", stderr);
    return 2;
  }
  MbedtlsSettings tls;
  const auto loaded = tls.load(fromFlash("AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"));
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  st::Settings settings;
  settings.region = fromFlash("AWS_REGION", "");
  settings.endpointUrl = fromFlash("AWS_ENDPOINT_URL", "");
  // Whatever the network does, the task is back by then.
  settings.callTimeoutMs = 120'000;
  st::EnvironmentCredentials credentials;
  TokenTask task(settings, credentials, tls);
  Thermometer thermometer;
  Ticker ticker;

  task.begin(argv[1]);
  for (int tick = 0;; ++tick) {
    thermometer.tick(tick);
    const TokenTask::Event event =
        task.tick(millisecondsOf(CLOCK_REALTIME), millisecondsOf(CLOCK_MONOTONIC));
    report(tick, task, event);
    if (event == TokenTask::Event::Finished) return finish(tick, task);
    ticker.waitForNext();
  }
}
