// SPDX-License-Identifier: BSL-1.0
#include "unblocked.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

int withoutBlocking(int descriptor) {
  struct stat status {};
  const bool isPipe = fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
  if (!isPipe && isatty(descriptor) == 0) return descriptor;
  // O_NONBLOCK set on `descriptor` would be set for all who share it, such as the shell.
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const int opened = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return opened != -1 ? opened : descriptor;
}
