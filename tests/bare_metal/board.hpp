// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

/// What the program takes of the board.
namespace board {

/// The program: called after reset, and its result is qemu's exit status.
int run();

/// Ends the program, which has failed.
[[noreturn]] void fail(const char* why);

/// Bytes of the image: the library's own code with its constants, all code with constants,
/// initialised and zeroed data.
struct Image {
  std::size_t library;
  std::size_t text;
  std::size_t data;
  std::size_t bss;
};
Image image();

/// The highest number of bytes that were in use at a time since the last call of
/// `beginMeasuring()`, beside those that were in use then: blocks of operator new, and stack below
/// the caller's frame.
struct Peaks {
  std::size_t heap;
  std::size_t stack;
};
void beginMeasuring();
Peaks peaks();

}  // namespace board
