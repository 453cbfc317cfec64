// SPDX-License-Identifier: BSL-1.0
// What is compared runs in one process, against one server. Times are the CPU time of this thread.
#include <benchmark/benchmark.h>

#include <cstddef>

#include "batch.hpp"
#include "calls.hpp"
#include "signatures.hpp"

namespace {

using benchmarks::Batch;
using benchmarks::Signer;
using secure_tunneling::OpensslSha256;

const benchmarks::LoopbackServer* server = nullptr;

enum class Key { Derived, Cached };

template <class Hash>
void sign(Signer& signer, Hash& hash, Key key) {
  if (key == Key::Derived) {
    signer.signDeriving(hash);
  } else {
    signer.signCached(hash);
  }
}

void signature(benchmark::State& state, Key key) {
  Signer signer;
  OpensslSha256 hash;
  for ([[maybe_unused]] auto iteration : state) {
    sign(signer, hash, key);
    auto signature = signer.signature();
    benchmark::DoNotOptimize(signature);
  }
}

void hashingAlone(benchmark::State& state, Key key) {
  Signer signer;
  benchmarks::RecordingSha256 recording;
  sign(signer, recording, key);
  recording.forget();  // a cached key has been derived by now
  sign(signer, recording, key);
  OpensslSha256 hash;
  for ([[maybe_unused]] auto iteration : state)
    benchmarks::hashAll(hash, recording.messages());
}

template <class Call>
void warmCall(benchmark::State& state) {
  Call call(server->url());
  call();
  for ([[maybe_unused]] auto iteration : state)
    call();
}

template <class Slot>
void batch(benchmark::State& state) {
  constexpr std::size_t calls = 256;
  Batch<Slot> batch(static_cast<std::size_t>(state.range(0)), server->url());
  batch.run(calls);
  for ([[maybe_unused]] auto iteration : state)
    batch.run(calls);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls));
}

BENCHMARK_CAPTURE(hashingAlone, derived, Key::Derived);
BENCHMARK_CAPTURE(signature, derived, Key::Derived);
BENCHMARK_CAPTURE(hashingAlone, cached, Key::Cached);
BENCHMARK_CAPTURE(signature, cached, Key::Cached);
BENCHMARK(warmCall<benchmarks::RawCall>)->Name("warmCall/raw");
BENCHMARK(warmCall<benchmarks::LibraryCall>)->Name("warmCall/library");
BENCHMARK(warmCall<benchmarks::CurlSigv4Call>)->Name("warmCall/curlSigv4");
BENCHMARK(batch<benchmarks::RawCall>)->Name("batch/raw")->Arg(1)->Arg(8)->Arg(64);
BENCHMARK(batch<benchmarks::LibrarySlot>)->Name("batch/library")->Arg(1)->Arg(8)->Arg(64);

}  // namespace

int main(int argc, char** argv) {
  const benchmarks::LoopbackServer loopback;
  server = &loopback;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
