// SPDX-License-Identifier: BSL-1.0
// vectors FILE.json: runs the library against one file of test vectors, by the file's name.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "vectors.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: vectors FILE.json\n", stderr);
    return 2;
  }
  const std::string path = argv[1];
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return VectorTests::runFile(path.substr(path.find_last_of("/\\") + 1), text);
}
