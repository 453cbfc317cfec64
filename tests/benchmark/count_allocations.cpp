// SPDX-License-Identifier: BSL-1.0
// Prints `NAME ALLOCATIONS BYTES` for one warm call or signature each. Every allocation of the
// program counts, those of libcurl and OpenSSL too: the definitions below take the place of
// glibc's.
#include <cerrno>
#include <cstddef>
#include <cstdio>

#include "calls.hpp"
#include "signatures.hpp"

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::size_t allocations = 0;
std::size_t allocatedBytes = 0;

void count(std::size_t size) noexcept {
  ++allocations;
  allocatedBytes += size;
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count(size);
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count(size);
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}

namespace {

template <class Operation>
void print(const char* name, Operation operation) {
  constexpr std::size_t repetitions = 100;
  for (int i = 0; i != 10; ++i)
    operation();
  const std::size_t allocationsBefore = allocations;
  const std::size_t bytesBefore = allocatedBytes;
  for (std::size_t i = 0; i != repetitions; ++i)
    operation();
  const std::size_t made = allocations - allocationsBefore;
  const std::size_t bytes = allocatedBytes - bytesBefore;
  std::printf("%s %.2f %.2f\n", name, static_cast<double>(made) / repetitions,
              static_cast<double>(bytes) / repetitions);
}

}  // namespace

int main() {
  const benchmarks::LoopbackServer server;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const benchmarks::Target target(server.url());
  benchmarks::RawCall raw(target);
  print("raw", [&] { raw(); });
  benchmarks::CurlSigv4Call curlSigv4(target);
  print("curlSigv4", [&] { curlSigv4(); });
  benchmarks::LibraryCall library(target);
  print("library", [&] { library(); });

  // OpenSSL 3.0 allocates once itself each time a message is begun: the hashing is not the signer.
  benchmarks::RecordingSha256 recording;
  benchmarks::Signer recorded(recording);
  recorded.signDeriving();
  const auto derived = recording.messages();
  secure_tunneling::OpensslSha256 hash;
  benchmarks::Signer signer(hash);
  print("hashingAlone", [&] { benchmarks::hashAll(hash, derived); });
  print("signature", [&] { signer.signDeriving(); });
}
