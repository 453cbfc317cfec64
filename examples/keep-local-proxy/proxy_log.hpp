// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

/// What a line of localproxy's log tells.
struct ProxyEvent {
  enum class Kind : unsigned char {
    None,
    Trying,        ///< it tries to connect, with the token that it was given
    Connected,     ///< it has a connection to its tunnel
    Listening,     ///< `text`: the port
    Refused,       ///< its token was refused; `text`: why
    Failed,        ///< something failed, maybe the connection; `text`: what
    CouldNotBind,  ///< its listening port is taken, or not to be had
  };
  Kind kind = Kind::None;
  std::string text;
};

/// Reads a line of localproxy's log, of versions 2 and 3.
ProxyEvent readProxyLine(std::string_view line);
