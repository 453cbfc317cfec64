// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>

#include "support/environment.hpp"
#include "support/json.hpp"

/// The environment and files of a case. Its files live in a temporary folder, which takes the place
/// of its home.
class CaseEnvironment {
 public:
  CaseEnvironment(const Json& variables, const Json& files) : home_(variables["HOME"].text()) {
    for (std::size_t i = 0; i != files.names().size(); ++i)
      environment_.write(nameOf(files.names()[i]), files[i].text());
    for (std::size_t i = 0; i != variables.names().size(); ++i) {
      const std::string& name = variables.names()[i];
      const std::string& value = variables[i].text();
      const bool isFile = name == "AWS_CONFIG_FILE" || name == "AWS_SHARED_CREDENTIALS_FILE";
      if (name == "HOME") continue;
      environment_.set(name.c_str(), isFile ? environment_.path(nameOf(value)) : value);
    }
  }

 private:
  /// Its name in the folder.
  [[nodiscard]] std::string nameOf(std::string path) const {
    for (const std::string& home : {home_, std::string("~")}) {
      if (!home.empty() && path.compare(0, home.size() + 1, home + "/") == 0)
        return path.substr(home.size() + 1);
    }
    for (char& c : path) {
      if (c == '/') c = '_';
    }
    return path;
  }

  TestEnvironment environment_;
  std::string home_;
};
