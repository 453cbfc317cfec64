// SPDX-License-Identifier: BSL-1.0
#include "faults/lookups.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <map>
#include <mutex>
#include <utility>

namespace {

struct SlowHosts {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Gate>> asked;
  Gate released;
};

SlowHosts& slowHosts() {
  // For threads of look-ups that end after the program's last line.
  static SlowHosts& hosts = *new SlowHosts;
  return hosts;
}

std::shared_ptr<Gate> findSlow(const std::string& host) {
  const std::lock_guard<std::mutex> lock(slowHosts().mutex);
  const auto found = slowHosts().asked.find(host);
  return found == slowHosts().asked.end() ? nullptr : found->second;
}

}  // namespace

std::string addSlowHost(std::shared_ptr<Gate> asked) {
  const std::lock_guard<std::mutex> lock(slowHosts().mutex);
  std::string host = "slow-" + std::to_string(slowHosts().asked.size()) + ".invalid";
  slowHosts().asked[host] = std::move(asked);
  return host;
}

void releaseLookups() {
  slowHosts().released.arrive();
}

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  static const auto next =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string host = node != nullptr ? node : "";
  const std::shared_ptr<Gate> asked = findSlow(host);
  if (host != unknownHost && asked == nullptr) return next(node, service, hints, result);
  if (asked != nullptr) {
    asked->arrive();
    slowHosts().released.waitFor(1);
  }
  return EAI_NONAME;
}
