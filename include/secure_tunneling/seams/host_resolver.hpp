// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP
#define SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP

#include <string>
#include <vector>

namespace secure_tunneling {
inline namespace v0_1 {

/// Finds the addresses of a host name.
class HostResolver {
 public:
  virtual ~HostResolver() = default;
  /// Adds every address of `host` to `addresses`, as text (`127.0.0.1`, `::1`); none when the name
  /// is not known. Bounded like every wait. Called by one thread at a time.
  virtual void resolve(const std::string& host, std::vector<std::string>& addresses) = 0;

  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

 protected:
  HostResolver() = default;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP
