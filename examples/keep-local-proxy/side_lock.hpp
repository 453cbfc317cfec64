// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>

/// Makes this process the only one of this machine that holds `name`, until it ends, however it
/// ends. Returns why that cannot be, where another one does.
std::optional<std::string> holdAlone(const std::string& name);
