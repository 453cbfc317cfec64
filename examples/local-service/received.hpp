// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libwebsockets.h>

#include <optional>
#include <string>

#include "secure_tunneling/testing/recorded_request.hpp"

/// Value of the header called `name` (in lower case) of the request that `wsi` has received.
std::optional<std::string> receivedHeader(lws* wsi, const std::string& name);

/// The version in its request line, such as HTTP/1.1.
std::string receivedVersion(lws* wsi);

/// Value of the parameter called `name` of its query; empty without one.
std::string receivedParameter(lws* wsi, const std::string& name);

/// The request without its body. Of the headers there are those that libwebsockets knows, those
/// that are signed, and those of the service: it cannot list others.
secure_tunneling::RecordedRequest receivedRequest(lws* wsi);
