// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// An option of a program, as completions and manual pages show it.
struct DocumentedOption {
  enum class Value : unsigned char { None, Text, Choice, File, Directory };

  /// With their dashes, the short ones first.
  std::vector<std::string> names;
  Value value = Value::None;
  /// What stands for the value in a text.
  std::string placeholder;
  /// The values there are, of a choice.
  std::vector<std::string> choices;
  std::string description;
  std::string group;
};

/// The options of a program in their order. A choice is an option whose type is `ONE|TWO`; FILE and
/// DIRECTORY are what they say.
std::vector<DocumentedOption> documentedOptions(const CLI::App& app);

/// A program's documents, as text.
std::string bashCompletion(const CLI::App& app);
std::string zshCompletion(const CLI::App& app);
std::string fishCompletion(const CLI::App& app);
std::string manualPage(const CLI::App& app, const std::string& date);

/// `text` with each occurrence of one of `characters` behind `before`.
std::string escaped(const std::string& text, const std::string& characters,
                    const std::string& before);
/// `pieces` with `between` between them.
std::string joined(const std::vector<std::string>& pieces, const std::string& between);
