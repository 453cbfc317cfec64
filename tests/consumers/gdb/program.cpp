// SPDX-License-Identifier: BSL-1.0
// What check.py looks at. Every secret has `hidden` in it.
#include <cstring>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/core.hpp"
#include "support/portable_sha256.hpp"

namespace st = secure_tunneling;

namespace {

struct Shown {
  st::Secret secret{"hidden token"};
  st::Secret none;
  st::Credentials credentials{"AKIDEXAMPLE", st::Secret("hidden key"), {}, {}};
  st::Result<st::RotateTunnelAccessTokenResponse> answered{answer()};
  st::Result<st::RotateTunnelAccessTokenResponse> refused{refusal()};
  st::Result<st::RotateTunnelAccessTokenResponse> left{refusal()};
  st::Result<st::RotateTunnelAccessTokenResponse> taken{std::move(left)};
  st::Result<void> done;
  st::Result<void> undone{st::makeError(st::ErrorKind::Transport, "no route")};
  st::ErrorKind unnamed = static_cast<st::ErrorKind>(200);
  st::ClientMode mode = st::ClientMode::DESTINATION;
  st::sigv4::SigningKey key;
  st::HttpHeader header{"X-Amz-Security-Token: hidden header", "X-Amz-Security-Token",
                        "hidden header"};
  st::detail::SharedProperty property{"aws_secret_access_key", "hidden property"};

  Shown() { std::memcpy(key.bytes, "hidden key of the signer, 32 bytes", sizeof key.bytes); }

  static st::RotateTunnelAccessTokenResponse answer() {
    st::RotateTunnelAccessTokenResponse response;
    response.sourceAccessToken = st::Secret("hidden source token");
    return response;
  }
  static st::Error refusal() {
    st::Error error = st::makeError(st::ErrorKind::Service, "no such tunnel");
    error.delivery = st::Delivery::Answered;
    error.httpStatus = 404;
    return error;
  }
};

using Hmac = st::sigv4::detail::Hmac<PortableSha256>;
using PieceBuffer = st::sigv4::detail::PieceBuffer;

// Where check.py stops.
void look([[maybe_unused]] const Shown& shown, [[maybe_unused]] const Hmac& hmac,
          [[maybe_unused]] const PieceBuffer& message) {}

}  // namespace

int main() {
  const Shown shown;
  PortableSha256 hash;
  Hmac hmac(hash, "hidden key of a message");
  hmac.append("hidden message");
  look(shown, hmac, hmac.message());
}
