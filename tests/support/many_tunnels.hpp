// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"
#include "support/temporary_folder.hpp"

/// A service with several tunnels, and a program of the examples' that rotates their tokens at
/// once.
struct ManyTunnels {
  std::string program;
  secure_tunneling::SystemClock clock;
  ServedFake service{clock.now().unixMs};
  std::vector<std::string> tunnels;

  ManyTunnels(std::string name, int count) : program(std::move(name)) {
    for (int i = 0; i != count; ++i) {
      tunnels.push_back("many-" + std::to_string(i));
      service.with([&](auto& fake) { fake.addTunnel(tunnels.back()); });
    }
  }

  /// Starts the program for `named`, by an environment of its own beside region and endpoint.
  [[nodiscard]] ChildProcess start(const std::vector<std::string>& named,
                                   std::vector<std::string> environment,
                                   const std::string& url) const {
    std::vector<std::string> arguments = {std::string(SECURE_TUNNELING_PROGRAMS) + '/' + program};
    arguments.insert(arguments.end(), named.begin(), named.end());
    environment.emplace_back("AWS_REGION=us-east-1");
    environment.push_back("AWS_ENDPOINT_URL_IOTSECURETUNNELING=" + url);
    return {arguments, environment};
  }
  /// The same with credentials of the service's.
  [[nodiscard]] ChildProcess start(const std::vector<std::string>& named,
                                   const std::string& url) const {
    return start(named,
                 {std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
                  std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey,
                  "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"},
                 url);
  }
  /// The line of a tunnel that has got its new token.
  [[nodiscard]] std::string lineOf(const std::string& tunnel) {
    return tunnel + " " + service.with([&](auto& fake) { return fake.sourceToken(tunnel); });
  }
  /// Answers a request that was read from a connection.
  bool answer(Connection& connection, const std::string& raw) {
    auto request = parseRequest(raw);
    secure_tunneling::HttpResponse response;
    if (!service.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); })) {
      return false;
    }
    return connection.answer(response.status, response.body.expose());
  }
  [[nodiscard]] static bool isOf(const std::string& raw, const std::string& tunnel) {
    return raw.find('"' + tunnel + '"') != std::string::npos;
  }
};

inline std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}
