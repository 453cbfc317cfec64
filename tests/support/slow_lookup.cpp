// SPDX-License-Identifier: BSL-1.0
// To be loaded into a program in front of the C library: a resolver that knows the address of
// agent.invalid, but says it no sooner than it can read a line of the file that SLOW_LOOKUP names.
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  const auto next = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::strcmp(node, "agent.invalid") != 0) {
    return next(node, service, hints, result);
  }
  const int latch = open(std::getenv("SLOW_LOOKUP"), O_RDONLY | O_CLOEXEC);
  char line[2];
  const bool isOpen = read(latch, line, sizeof line) == sizeof line;
  close(latch);
  return isOpen ? next("127.0.0.1", service, hints, result) : EAI_AGAIN;
}
