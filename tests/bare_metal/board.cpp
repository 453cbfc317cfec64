// SPDX-License-Identifier: BSL-1.0
// From reset to board::run(), what newlib asks of a system, and what the tests want to know of
// memory.
#include "bare_metal/board.hpp"

#include <errno.h>
#include <malloc.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

// The linker script's.
extern "C" {
extern unsigned char library_start[], library_end[], code_start[], code_end[], data_start[],
    data_end[], data_image[], bss_start[], bss_end[], stack_limit[], stack_top[], heap_start[],
    heap_end[];
extern void (*const constructors_start[])();
extern void (*const constructors_end[])();
}

namespace {

constexpr unsigned char paint = 0xA5;

/// Arm's semihosting: a request to the machine that runs the board.
__attribute__((naked, noinline)) int semihost(int /*operation*/, const void* /*block*/) {
  __asm__("bkpt 0xab\n\tbx lr");
}

std::uintptr_t addressOf(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

std::size_t distance(const void* from, const void* to) {
  return addressOf(to) - addressOf(from);
}

unsigned char* heapEnd = heap_start;
std::size_t heapUse;
std::size_t heapPeak;
std::size_t heapBefore;
unsigned char* stackBefore;

__attribute__((noinline)) unsigned char* stackPointer() {
  return static_cast<unsigned char*>(__builtin_frame_address(0));
}

}  // namespace

extern "C" {

// Names the program among shared libraries, which are not here; libstdc++'s unwinder wants it.
__attribute__((visibility("hidden"))) void* __dso_handle;

[[noreturn]] void _exit(int status) {
  const std::uint32_t block[2] = {0x20026,
                                  static_cast<std::uint32_t>(status)};  // stopped by itself
  semihost(0x20, block);
  for (;;) {
  }
}

int _write(int /*file*/, const char* text, int size) {
  static const int console = [] {
    static constexpr char name[] = ":tt";
    const std::uint32_t block[3] = {addressOf(name), 4, sizeof name - 1};  // opened as by "w"
    return semihost(0x01, block);
  }();
  const std::uint32_t block[3] = {static_cast<std::uint32_t>(console), addressOf(text),
                                  static_cast<std::uint32_t>(size)};
  return size - semihost(0x05, block);
}

void* _sbrk(std::ptrdiff_t size) {
  if (size > heap_end - heapEnd) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  unsigned char* const before = heapEnd;
  heapEnd += size;
  return before;
}

int _close(int) {
  return -1;
}
int _fstat(int, struct stat* status) {
  status->st_mode = S_IFCHR;
  return 0;
}
int _getpid() {
  return 1;
}
int _isatty(int) {
  return 1;
}
int _kill(int, int) {
  _exit(125);
}
int _lseek(int, int, int) {
  return 0;
}
int _read(int, char*, int) {
  return 0;
}

[[noreturn]] void reset() {
  std::memcpy(data_start, data_image, distance(data_start, data_end));
  std::memset(bss_start, 0, distance(bss_start, bss_end));
  for (auto constructor = constructors_start; constructor != constructors_end; ++constructor)
    (*constructor)();
  const int status = board::run();
  std::fflush(stdout);
  _exit(status);
}

[[noreturn]] void fault() {
  board::fail("the processor took a fault");
}

using Handler = void (*)();
struct Vectors {
  const void* stack;
  Handler handlers[15];
};
extern const Vectors vectors __attribute__((section(".vectors")));
const Vectors vectors = {stack_top, {reset, fault, fault, fault, fault, fault}};

}  // extern "C"

void* operator new(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) board::fail("the heap is used up");
  heapUse += malloc_usable_size(block);
  if (heapUse > heapPeak) heapPeak = heapUse;
  return block;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* block) noexcept {
  if (block != nullptr) heapUse -= malloc_usable_size(block);
  std::free(block);
}
void operator delete[](void* block) noexcept {
  operator delete(block);
}
void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  operator delete(block);
}

void board::fail(const char* why) {
  std::printf("FAILED: %s\n", why);
  std::fflush(stdout);
  _exit(126);
}

board::Image board::image() {
  return {distance(library_start, library_end), distance(code_start, code_end),
          distance(data_start, data_end), distance(bss_start, bss_end)};
}

__attribute__((noinline)) void board::beginMeasuring() {
  heapBefore = heapUse;
  heapPeak = heapUse;
  stackBefore = stackPointer();
  // Not the frames of this function and of memset().
  std::memset(stack_limit, paint, distance(stack_limit, stackBefore) - 256);
}

__attribute__((noinline)) board::Peaks board::peaks() {
  const unsigned char* lowest = stack_limit;
  while (lowest != stackBefore && *lowest == paint)
    ++lowest;
  return {heapPeak - heapBefore, distance(lowest, stackBefore)};
}
