// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "secure_tunneling/result.hpp"

using Words = std::vector<std::string>;
using OptionList = std::vector<const CLI::Option*>;

/// A command line, sorted by what a parser knows of it.
struct SortedWords {
  /// `--full-name` and, where the option takes one, a word with its value.
  Words known;
  /// Everything else, in order.
  Words rest;
};

/// Takes the options of `list` out of a command line, by the rules of the AWS CLI's parser, which
/// are not those of CLI11: an option may be abbreviated as long as it is clear which one is meant;
/// a value may be empty but not begin with "-", unless it is a negative number, holds a blank, or
/// comes as `--option=value`; an option with a default string may do without; behind "--" there are
/// no options.
secure_tunneling::Result<SortedWords> sortWords(const OptionList& list, const Words& words);

/// Whether `word` looks like an option, known or not.
bool looksLikeOption(const std::string& word);

/// Has CLI11 read a command line that is in order already; all that is left to refuse are values.
secure_tunneling::Result<void> parseWords(CLI::App& app, const Words& words);

/// Names the option that the first unknown word may have been meant for; empty where none is near.
std::string suggestedOption(const CLI::App& app, const Words& rest);
