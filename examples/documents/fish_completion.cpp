// SPDX-License-Identifier: BSL-1.0
#include "document_options.hpp"

namespace {

std::string quoted(const std::string& text) {
  return "'" + escaped(text, "\\'", "\\") + "'";
}

std::string choicesOf(const DocumentedOption& option) {
  using Value = DocumentedOption::Value;
  switch (option.value) {
    case Value::None:
      break;
    case Value::Text:
      return " -x";
    case Value::Choice:
      return " -x -a " + quoted(joined(option.choices, " "));
    case Value::File:
      return " -r -F";
    case Value::Directory:
      return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

}  // namespace

std::string fishCompletion(const CLI::App& app) {
  const std::string command = "complete -c " + app.get_name();
  std::string text = "# SPDX-License-Identifier: BSL-1.0\n" + command + " -f\n";
  for (const DocumentedOption& option : documentedOptions(app)) {
    text += command;
    for (const std::string& name : option.names) {
      const bool isLong = name.compare(0, 2, "--") == 0;
      text += isLong ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    text += choicesOf(option) + " -d " + quoted(option.description) + "\n";
  }
  return text;
}
