// SPDX-License-Identifier: BSL-1.0
// Runs a target once with each file of the folders and files that are named: with any compiler, and
// without libFuzzer.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/fuzz.hpp"

namespace {

void run(const std::filesystem::path& path) {
  std::fprintf(stderr, "%s\n", path.c_str());
  std::ifstream file(path, std::ios::binary);
  const std::string read{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // Of exactly its size, so that a sanitizer sees what reads behind the end.
  const std::vector<char> input(read.begin(), read.end());
  fuzz({input.data(), input.size()});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path = argv[i];
    if (!std::filesystem::is_directory(path)) {
      paths.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path))
      paths.push_back(entry.path());
  }
  if (paths.empty()) {
    std::fprintf(stderr, "no inputs: name files, or folders of them\n");
    return 1;
  }
  std::sort(paths.begin(), paths.end());
  for (const std::filesystem::path& path : paths)
    run(path);
  fuzz({});
  return 0;
}
