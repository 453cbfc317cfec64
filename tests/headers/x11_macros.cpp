// SPDX-License-Identifier: BSL-1.0
// What <X11/Xlib.h> defines, behind the library's headers, as it has to be; in front of them with
// X11_FIRST.
#if !defined(X11_FIRST)
#include "secure_tunneling/rotate_many.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#endif

#define Above 0
#define Always 2
#define Below 1
#define Bool int
#define Complex 0
#define CurrentTime 0L
#define False 0
#define None 0L
#define Status int
#define Success 0
#define True 1
#define Unsorted 0

#include "secure_tunneling/secure_tunneling.hpp"

namespace st = secure_tunneling;

// A window's callback, say.
Status rotate(const char* tunnelId);
Status rotate(const char* tunnelId) {
  st::ManualClock clock;
  st::FakeSecureTunnelingService service(clock);
  st::Settings settings;
  st::StaticCredentials credentials("AKIDEXAMPLE", "secret");
  st::Client client(settings, service, credentials, clock);
  const auto response = st::rotateTunnelAccessToken({tunnelId, st::ClientMode::ALL, {}}, client);
  return response ? Success : static_cast<Status>(response.error().kind);
}
