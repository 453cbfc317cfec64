// SPDX-License-Identifier: BSL-1.0
// What a fleet costs over a raw curl_multi handle that does the same, at 32 calls under way. Prints
// `NAME VALUE...` lines: CPU time as printPairs does; the bytes of heap that a handle takes for its
// first call, and keeps; the bytes a slot; and the requests that a fleet sends to a service that
// throttles all.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../footprint/counted_malloc.hpp"
#include "batch.hpp"
#include "calls.hpp"
#include "pairs.hpp"
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

void runRaw(const benchmarks::Target& target, std::size_t count, std::size_t calls) {
  benchmarks::RawBatch batch(count, target);
  batch.run(calls);
}

void printCpu(const benchmarks::Target& target) {
  constexpr std::size_t calls = 3'200;
  Fleet fleet(target.url(), calls);
  benchmarks::printPairs("cpu", 41, calls, fleet, [&] { runRaw(target, slots, calls); });
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

/// The most heap that a first call takes, and what is left of it for the next.
template <class MakeCall>
void printHandle(const char* name, MakeCall makeCall) {
  const std::size_t before = heap.now;
  heap.most = before;
  const auto call = makeCall();
  (*call)();
  std::printf("%s %zu %zu\n", name, heap.most - before, heap.now - before);
}

/// What one slot more takes, between half of them and all: the median, for how many buffers are in
/// use at once is chance. Of the library a result is among it, which of a raw handle is in its
/// buffer.
void printMemory(const benchmarks::Target& target) {
  constexpr std::size_t calls = 1'000;
  const std::vector<st::RotateTunnelAccessTokenRequest> requests = requestsFor(calls);
  const st::Settings settings = benchmarks::settingsFor(target.url());
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
    runRaw(target, count, calls);
    return static_cast<double>(heap.most - before);
  };
  constexpr double more = slots / 2;
  constexpr double bytesOfResult = 1'000;
  std::vector<double> raw;
  std::vector<double> library;
  for (int turn = 0; turn != 15; ++turn) {
    raw.push_back((rawOf(slots) - rawOf(slots / 2)) / more);
    library.push_back((fleetOf(slots) - fleetOf(slots / 2)) / more + bytesOfResult);
  }
  std::printf("raw_slot %.0f\nslot %.0f\n", benchmarks::median(raw), benchmarks::median(library));
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
  // The server too: see pairs.cpp.
  std::printf("pinned %d\n", int{benchmarks::pin()});
  std::fflush(stdout);
  const benchmarks::LoopbackServer server;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const benchmarks::Target target(server.url());
  // Once before, for what the process keeps.
  benchmarks::RawCall{target}();
  printHandle("raw_handle", [&] { return std::make_unique<benchmarks::RawCall>(target); });
  printHandle("handle", [&] { return std::make_unique<benchmarks::LibraryCall>(target.url()); });
  printCpu(target);
  printMemory(target);
  printThrottled();
}
