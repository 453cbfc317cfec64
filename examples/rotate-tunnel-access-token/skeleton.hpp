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

/// The same in YAML, with what the members are, byte for byte that of the AWS CLI.
inline constexpr std::string_view yamlInputSkeleton =
    R"(tunnelId: ''  # [REQUIRED] The tunnel for which you want to rotate the access tokens.
clientMode: SOURCE # [REQUIRED] The mode of the client that will use the client token, which can be either the source or destination, or both source and destination. Valid values are: SOURCE, DESTINATION, ALL.
destinationConfig: # The destination configuration.
  thingName: ''  # The name of the IoT thing to which you want to connect.
  services: # [REQUIRED] A list of service names that identify the target application.
  - ''
)";

/// And a sample of the output, in which each value is its member's name.
inline secure_tunneling::RotateTunnelAccessTokenResponse outputSkeleton() {
  secure_tunneling::RotateTunnelAccessTokenResponse sample;
  sample.tunnelArn = "tunnelArn";
  sample.sourceAccessToken = secure_tunneling::Secret("sourceAccessToken");
  sample.destinationAccessToken = secure_tunneling::Secret("destinationAccessToken");
  return sample;
}
