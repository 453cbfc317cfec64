// SPDX-License-Identifier: BSL-1.0
#include "command_line.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "suggestion.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

Error wrongWord(const std::string& message) {
  return makeError(ErrorKind::InvalidArgument, message);
}

std::string nameOf(const CLI::Option& option) {
  return "--" + option.get_lnames().front();
}

bool takesValue(const CLI::Option& option) {
  return option.get_items_expected_max() != 0;
}

struct Match {
  const CLI::Option* option = nullptr;
  /// What stands behind "=".
  std::optional<std::string> value;
};

/// The option that `word` names; none when it names none of the list.
Result<Match> match(const OptionList& list, const std::string& word) {
  if (!looksLikeOption(word)) return Match{};
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  Match found;
  if (equals != std::string::npos) found.value = word.substr(equals + 1);
  for (const CLI::Option* const option : list) {
    if (option->check_name(name)) {
      found.option = option;
      return found;
    }
  }
  if (name.compare(0, 2, "--") != 0) return Match{};
  std::string candidates;
  for (const CLI::Option* const option : list) {
    if (nameOf(*option).compare(0, name.size(), name) != 0) continue;
    candidates.append(candidates.empty() ? "" : ", ").append(nameOf(*option));
    if (found.option != nullptr) found.value.reset();
    found.option = option;
  }
  if (candidates.find(',') != std::string::npos) {
    return wrongWord("ambiguous option: " + word + " could match " + candidates);
  }
  return found;
}

/// Whether `word` can be the value of the option before it.
bool isValue(const OptionList& list, const std::string& word) {
  if (!looksLikeOption(word)) return true;
  if (word == "--" || word.find(' ') == std::string::npos) return false;
  const Result<Match> found = match(list, word);
  return found && found->option == nullptr;
}

}  // namespace

bool looksLikeOption(const std::string& word) {
  if (word.size() < 2 || word.front() != '-') return false;
  // A negative number is none: -5, -1.5, -.5.
  const std::size_t point = word.find('.');
  const auto areDigits = [](std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::string_view number = std::string_view(word).substr(1);
  if (point == std::string::npos) return !areDigits(number);
  return !areDigits(number.substr(0, point - 1)) || point + 1 == word.size() ||
         !areDigits(number.substr(point));
}

Result<SortedWords> sortWords(const OptionList& list, const Words& words) {
  SortedWords sorted;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      sorted.rest.insert(sorted.rest.end(), word, words.end());
      break;
    }
    Result<Match> found = match(list, *word);
    if (!found) return std::move(found).error();
    if (found->option == nullptr) {
      sorted.rest.push_back(*word);
      continue;
    }
    const CLI::Option& option = *found->option;
    const std::string name = nameOf(option);
    sorted.known.push_back(name);
    if (!takesValue(option)) {
      if (found->value) {
        return wrongWord("argument " + name + ": ignored explicit argument '" + *found->value +
                         "'");
      }
    } else if (found->value) {
      sorted.known.push_back(*std::move(found->value));
    } else if (std::next(word) != words.end() && isValue(list, *std::next(word))) {
      sorted.known.push_back(*++word);
    } else if (!option.get_default_str().empty()) {
      sorted.known.push_back(option.get_default_str());
    } else {
      return wrongWord("argument " + name + ": expected one argument");
    }
  }
  return sorted;
}

Result<void> parseWords(CLI::App& app, const Words& words) {
  try {
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return wrongWord(error.what());
  }
  return {};
}

std::string suggestedOption(const CLI::App& app, const Words& rest) {
  const auto word = std::find_if(rest.begin(), rest.end(), looksLikeOption);
  if (word == rest.end()) return "";
  std::vector<std::string> texts;
  for (const CLI::Option* const option : app.get_options())
    texts.push_back("--" + option->get_lnames().front());
  return suggestion(word->substr(0, word->find('=')), Names(texts.begin(), texts.end()));
}
