// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"

/// Where the example programs are.
inline const std::string programs = SECURE_TUNNELING_PROGRAMS;

/// The command's world: a service, an environment, and no more.
struct World {
  secure_tunneling::SystemClock clock;
  ServedFake service{clock.now().unixMs};
  std::vector<std::string> environment = {
      std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
      std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey,
      "AWS_REGION=us-east-1",
      "AWS_CONFIG_FILE=/dev/null",
      "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
      "AWS_EC2_METADATA_DISABLED=true",
      "HOME=/nonexistent"};

  void unset(const std::string& name) {
    environment.erase(std::remove_if(environment.begin(), environment.end(),
                                     [&](const std::string& variable) {
                                       return variable.compare(0, name.size() + 1, name + "=") == 0;
                                     }),
                      environment.end());
  }
  [[nodiscard]] Finished command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {programs + "/rotate-tunnel-access-token"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all, environment);
  }
  /// With the options that every call needs.
  [[nodiscard]] Finished rotate(std::vector<std::string> more) const {
    const std::vector<std::string> usual = {"--tunnel-id", ServedFake::tunnel, "--client-mode",
                                            "ALL",         "--endpoint-url",   service.url()};
    more.insert(more.begin(), usual.begin(), usual.end());
    return command(more);
  }
};

inline void checkRefused(const Finished& finished, int status, const std::string& reason,
                         int lines = 1) {
  INFO(finished.errors);
  CHECK(finished.status == status);
  CHECK(finished.output.empty());
  CHECK(std::count(finished.errors.begin(), finished.errors.end(), '\n') == lines);
  CHECK(finished.errors.find(reason) != std::string::npos);
  CHECK(finished.errors.find("canary") == std::string::npos);
}
