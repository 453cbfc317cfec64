// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

/// An environment without any AWS variable and with an empty home of its own; both are as they were
/// when it goes.
class TestEnvironment {
 public:
  TestEnvironment() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (text.substr(0, 4) == "AWS_") names.emplace_back(text.substr(0, text.find('=')));
    }
    for (const std::string& name : names)
      unset(name.c_str());
    change("HOME", home_.path().c_str());
    std::filesystem::create_directory(path(".aws"));
  }
  ~TestEnvironment() {
    for (auto entry = saved_.rbegin(); entry != saved_.rend(); ++entry) {
      if (entry->second.first) {
        ::setenv(entry->first.c_str(), entry->second.second.c_str(), 1);
      } else {
        ::unsetenv(entry->first.c_str());
      }
    }
  }
  TestEnvironment(const TestEnvironment&) = delete;
  TestEnvironment& operator=(const TestEnvironment&) = delete;

  void set(const char* name, const std::string& value) { change(name, value.c_str()); }
  void unset(const char* name) { change(name, nullptr); }

  /// A path in the home of this environment.
  [[nodiscard]] std::string path(const std::string& name) const { return home_.path(name); }
  /// Writes a file in it, e.g. ".aws/config".
  std::string write(const std::string& name, std::string_view text) {
    std::string written = path(name);
    std::FILE* const file = std::fopen(written.c_str(), "wb");
    if (file == nullptr) std::abort();
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return written;
  }

 private:
  void change(const char* name, const char* value) {
    const char* const before = ::getenv(name);
    saved_.push_back({name, {before != nullptr, before != nullptr ? before : ""}});
    if (value != nullptr) {
      ::setenv(name, value, 1);
    } else {
      ::unsetenv(name);
    }
  }

  TemporaryFolder home_;
  std::vector<std::pair<std::string, std::pair<bool, std::string>>> saved_;
};
