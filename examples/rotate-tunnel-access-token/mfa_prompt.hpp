// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "secure_tunneling/credentials/assume_role.hpp"

/// Asks for codes of MFA devices on the terminal, which does not show them, as the AWS CLI does.
/// Null where no person is there to answer: without a terminal, where standard input is something
/// else, and in the background.
secure_tunneling::MfaPrompt* terminalMfaPrompt();
