// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP
#define SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP

/// @file
/// The interface of name look-ups.

#include <string>
#include <vector>

namespace secure_tunneling {
inline namespace v0_2 {

/// Finds the addresses of a host name. `resolve` is all that an application's own needs; with
/// `proceed` and `abandon` too it holds up no event loop, and a call can end meanwhile. Called by
/// one thread at a time.
class HostResolver {
 public:
  virtual ~HostResolver() = default;
  /// Adds every address of `host` to `addresses`, as text (`127.0.0.1`, `::1`); none when the name
  /// is not known. Blocks meanwhile, bounded like every wait.
  virtual void resolve(const std::string& host, std::vector<std::string>& addresses) = 0;

  /// Does the same in steps that do not block. Returns whether it is over; if not, it is asked
  /// again with the same arguments some milliseconds later. A look-up is known by the address of
  /// `addresses`: there may be several beside each other, and one may have to wait for another. The
  /// longest that one takes is bounded here, too.
  virtual bool proceed(const std::string& host, std::vector<std::string>& addresses) {
    resolve(host, addresses);
    return true;
  }
  /// Nobody will ask for more of the look-up into `addresses`, if there is one.
  virtual void abandon(const std::vector<std::string>& addresses) noexcept {
    static_cast<void>(addresses);
  }

  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

 protected:
  HostResolver() = default;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_HOST_RESOLVER_HPP
