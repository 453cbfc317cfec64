// SPDX-License-Identifier: BSL-1.0
// What a fleet costs over a raw curl_multi handle that does the same, at 32 calls under way. Prints
// `NAME VALUE` lines: the median of the pairs' ratios of CPU time, the bytes of heap a slot, and
// the requests that a fleet sends to a service that throttles all.
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "../footprint/counted_malloc.hpp"
#include "batch.hpp"
#include "calls.hpp"
#include "secure_tunneling/rotate_many.hpp"

namespace {

namespace st = secure_tunneling;
using footprint::heap;

constexpr std::size_t slots = 32;

std::vector<st::RotateTunnelAccessTokenRequest> requestsFor(std::size_t count) {
  std::vector<st::RotateTunnelAccessTokenRequest> requests;
  for (std::size_t i = 0; i != count; ++i) {
    requests.push_back(benchmarks::exampleRequest());
    requests.back().tunnelId += std::to_string(i);
  }
  return requests;
}

class Fleet {
 public:
  Fleet(std::string url, std::size_t count)
      : settings_(benchmarks::settingsFor(url)),
        credentials_(benchmarks::accessKeyId, benchmarks::secretAccessKey),
        requests_(requestsFor(count)) {}

  void operator()() {
    const std::vector<st::RotateResult> results =
        st::rotateMany(requests_, settings_, credentials_);
    for (const st::RotateResult& result : results)
      benchmarks::require(result && result->sourceAccessToken, "a call of a fleet fails");
  }

 private:
  st::Settings settings_;
  st::StaticCredentials credentials_;
  std::vector<st::RotateTunnelAccessTokenRequest> requests_;
};

double cpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}
template <class Work>
double cpuSecondsOf(Work&& work) {
  const double before = cpuSeconds();
  work();
  return cpuSeconds() - before;
}
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void runRaw(const std::string& url, std::size_t count, std::size_t calls) {
  benchmarks::Batch<benchmarks::RawCall> batch(count, url);
  batch.run(calls);
}

void printCpu(const std::string& url) {
  constexpr std::size_t calls = 3'200;
  constexpr int pairs = 41;
  Fleet fleet(url, calls);
  std::vector<double> ratios;
  std::vector<double> raw;
  for (int i = 0; i != pairs; ++i) {
    // In turns as to which comes first, too.
    const bool isFirst = i % 2 == 0;
    const double early = isFirst ? cpuSecondsOf(fleet) : 0;
    raw.push_back(cpuSecondsOf([&] { runRaw(url, slots, calls); }));
    ratios.push_back((isFirst ? early : cpuSecondsOf(fleet)) / raw.back());
  }
  std::printf("raw_microseconds %.2f\n", median(raw) / calls * 1e6);
  std::printf("cpu %.4f\n", median(ratios));
}

/// Looks at the heap while all slots are busy.
class Watch final : public st::FleetProgress {
 public:
  bool onBegin(std::size_t index) override {
    if (index == first) heap.most = heap.now;
    if (index == last) most_ = heap.most;
    return true;
  }
  void onResult(std::size_t, const st::RotateResult&) override {}
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  static constexpr std::size_t first = 500;
  static constexpr std::size_t last = 900;

 private:
  std::size_t most_ = 0;
};

/// What one slot more takes, between half of them and all. Of the library a result is among it,
/// which of a raw handle is in its buffer.
void printMemory(const std::string& url) {
  constexpr std::size_t calls = 1'000;
  const std::vector<st::RotateTunnelAccessTokenRequest> requests = requestsFor(calls);
  const st::Settings settings = benchmarks::settingsFor(url);
  st::StaticCredentials credentials(benchmarks::accessKeyId, benchmarks::secretAccessKey);
  const auto fleetOf = [&](std::size_t count) {
    Watch watch;
    st::FleetOptions options;
    options.parallel = count;
    options.progress = &watch;
    const std::size_t before = heap.now;
    const auto results = st::rotateMany(requests, settings, credentials, options);
    benchmarks::require(results.back().hasValue(), "a call of a fleet fails");
    return static_cast<double>(watch.most() - before);
  };
  const auto rawOf = [&](std::size_t count) {
    const std::size_t before = heap.now;
    heap.most = before;
    runRaw(url, count, calls);
    return static_cast<double>(heap.most - before);
  };
  constexpr double more = slots / 2;
  constexpr double bytesOfResult = 1'000;
  const double raw = (rawOf(slots) - rawOf(slots / 2)) / more;
  const double library = (fleetOf(slots) - fleetOf(slots / 2)) / more + bytesOfResult;
  std::printf("raw_slot_bytes %.0f\nslot_bytes %.0f\n", raw, library);
}

/// How many requests a tunnel a fleet sends to a service that throttles every one.
void printThrottled() {
  constexpr std::size_t tunnels = 100;
  const benchmarks::LoopbackServer server(benchmarks::LoopbackServer::Answer::Throttled);
  st::Settings settings = benchmarks::settingsFor(server.url());
  settings.maxBackoffMs = 1;
  st::StaticCredentials credentials(benchmarks::accessKeyId, benchmarks::secretAccessKey);
  int requests = 0;
  for (const st::RotateResult& result :
       st::rotateMany(requestsFor(tunnels), settings, credentials)) {
    benchmarks::require(!result, "a throttled call succeeds");
    requests += result.error().attempts;
  }
  std::printf("throttled %.4f\n", static_cast<double>(requests) / tunnels);
}

}  // namespace

int main() {
  const benchmarks::LoopbackServer server;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  printCpu(server.url());
  printMemory(server.url());
  printThrottled();
}
