// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>

/// Writes the completions for bash, zsh and fish and the manual page of a program into the folder
/// that the command line names, with the date that it names. Returns the exit status.
int writeDocuments(const CLI::App& app, int argc, const char* const* argv);
