// SPDX-License-Identifier: BSL-1.0
// The heap of the process, made to refuse. By hand: no packaged allocator fails on demand in one
// thread and in one library only.
#include "memory/refusing_heap.hpp"

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "support/replaced_new.hpp"

namespace {

struct Plan {
  bool isActive = false;
  RefusingHeap::Owner owner = RefusingHeap::Owner::Cpp;
  RefusingHeap::How how = RefusingHeap::How::Once;
  int number = 0;
  int allocations = 0;
};

thread_local Plan plan;

bool refuses(RefusingHeap::Owner owner) noexcept {
  if (!plan.isActive || plan.owner != owner) return false;
  ++plan.allocations;
  return plan.how == RefusingHeap::How::Once ? plan.allocations == plan.number
                                             : plan.number != 0 && plan.allocations >= plan.number;
}

// In front of each block; as large as the strictest alignment, which the block must keep.
struct alignas(std::max_align_t) Prefix {
  std::size_t size;
  int watch;  // the watch that counts the block, 0 for none
};

std::atomic<const SecretWindows*> watchedSecrets{nullptr};
std::atomic<int> heldBlocks{0};
std::atomic<int> blocksWithSecret{0};
thread_local int currentWatch = 0;
std::atomic<int> lastWatch{0};

}  // namespace

void* replaced_new::allocate(std::size_t size) noexcept {
  if (refuses(RefusingHeap::Owner::Cpp)) return nullptr;
  void* const memory = std::malloc(sizeof(Prefix) + size);
  if (memory == nullptr) std::abort();
  // What a block held before must not be taken for its owner's.
  std::memset(memory, 0, sizeof(Prefix) + size);
  Prefix* const prefix = ::new (memory) Prefix{size, currentWatch};
  if (currentWatch != 0) ++heldBlocks;
  return prefix + 1;
}

void replaced_new::release(void* memory) noexcept {
  Prefix* const prefix = static_cast<Prefix*>(memory) - 1;
  if (prefix->watch != 0 && prefix->watch == lastWatch) --heldBlocks;
  const SecretWindows* const secrets = watchedSecrets;
  if (secrets != nullptr && currentWatch != 0) {
    bool isFound = false;
    secrets->search(static_cast<const char*>(memory), prefix->size,
                    [&](const std::string&, std::size_t) { isFound = true; });
    if (isFound) ++blocksWithSecret;
  }
  std::free(prefix);
}

namespace {

void* allocateForC(std::size_t size) noexcept {
  return refuses(RefusingHeap::Owner::C) ? nullptr : std::malloc(size);
}
void* reallocateForC(void* memory, std::size_t size) noexcept {
  return refuses(RefusingHeap::Owner::C) ? nullptr : std::realloc(memory, size);
}
void* allocateZerosForC(std::size_t count, std::size_t size) noexcept {
  return refuses(RefusingHeap::Owner::C) ? nullptr : std::calloc(count, size);
}
char* duplicateForC(const char* text) noexcept {
  return refuses(RefusingHeap::Owner::C) ? nullptr : strdup(text);
}

/// Both libraries take other functions only before they have allocated anything.
struct Installed {
  Installed() noexcept {
    const bool done =
        CRYPTO_set_mem_functions(
            [](std::size_t size, const char*, int) { return allocateForC(size); },
            [](void* memory, std::size_t size, const char*, int) {
              return reallocateForC(memory, size);
            },
            [](void* memory, const char*, int) { std::free(memory); }) == 1 &&
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, &allocateForC, &std::free, &reallocateForC,
                             &duplicateForC, &allocateZerosForC) == CURLE_OK;
    if (!done) {
      std::fputs("the libraries do not take their memory from here\n", stderr);
      std::abort();
    }
  }
};
const Installed installed;

}  // namespace

RefusingHeap::RefusingHeap(Owner owner, int number, How how) noexcept {
  plan = {true, owner, how, number, 0};
}
RefusingHeap::~RefusingHeap() {
  plan = {};
}
int RefusingHeap::allocations() const noexcept {
  return plan.allocations;
}
bool RefusingHeap::hasRefused() const noexcept {
  return plan.number != 0 && plan.allocations >= plan.number;
}

CppHeapWatch::CppHeapWatch(const SecretWindows& secrets) noexcept {
  heldBlocks = 0;
  blocksWithSecret = 0;
  currentWatch = ++lastWatch;
  watchedSecrets = &secrets;
}
CppHeapWatch::~CppHeapWatch() {
  watchedSecrets = nullptr;
  currentWatch = 0;
}
int CppHeapWatch::blocksInUse() const noexcept {
  return heldBlocks;
}
int CppHeapWatch::leakedSecrets() const noexcept {
  return blocksWithSecret;
}
