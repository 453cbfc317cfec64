// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "secure_tunneling/model.hpp"

/// What --generate-cli-skeleton prints: the input to fill in, byte for byte that of the AWS CLI.
inline constexpr std::string_view inputSkeleton = R"({
    "tunnelId": "",
    "clientMode": "SOURCE",
    "destinationConfig": {
        "thingName": "",
        "services": [
            ""
        ]
    }
}
)";

/// And a sample of the output, in which each value is its member's name.
inline secure_tunneling::RotateTunnelAccessTokenResponse outputSkeleton() {
  secure_tunneling::RotateTunnelAccessTokenResponse sample;
  sample.tunnelArn = "tunnelArn";
  sample.sourceAccessToken = secure_tunneling::Secret("sourceAccessToken");
  sample.destinationAccessToken = secure_tunneling::Secret("destinationAccessToken");
  return sample;
}
