// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "vectors.hpp"

// One function for each array of credential_sources.json that is about a server; it runs one case.
void runContainerUri(const Json& json, Report& report);
void runContainerExchanges(const Json& json, Report& report);
void runImdsEndpoint(const Json& json, Report& report);
void runImdsClient(const Json& json, Report& report);
void runImdsCredentials(const Json& json, Report& report);
void runSsoConfig(const Json& json, Report& report);
void runSsoTokenNames(const Json& json, Report& report);
void runSsoTokenFiles(const Json& json, Report& report);
void runSsoTokenSave(const Json& json, Report& report);
void runSsoRoleCredentials(const Json& json, Report& report);
void runX509(const Json& json, Report& report);
