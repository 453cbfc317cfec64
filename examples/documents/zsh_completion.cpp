// SPDX-License-Identifier: BSL-1.0
#include "document_options.hpp"

namespace {

/// In single quotes, of which there can be none inside.
std::string inQuotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out.append(c == '\'' ? "'\\''" : std::string(1, c));
  return out + "'";
}

std::string actionOf(const DocumentedOption& option) {
  using Value = DocumentedOption::Value;
  const std::string message = ":" + escaped(option.placeholder, ":\\[]", "\\") + ":";
  switch (option.value) {
    case Value::None:
      break;
    case Value::Text:
      return message + " ";
    case Value::Choice:
      return ":value:(" + joined(option.choices, " ") + ")";
    case Value::File:
      return message + "_files";
    case Value::Directory:
      return message + "_files -/";
  }
  return "";
}

}  // namespace

std::string zshCompletion(const CLI::App& app) {
  std::string text =
      "#compdef " + app.get_name() + "\n# SPDX-License-Identifier: BSL-1.0\n\n" + "_arguments";
  for (const DocumentedOption& option : documentedOptions(app)) {
    const std::string explained = "[" + escaped(option.description, ":\\[]", "\\") + "]";
    for (const std::string& name : option.names) {
      const bool isLong = name.compare(0, 2, "--") == 0;
      const bool takesValue = option.value != DocumentedOption::Value::None;
      std::string spec = name;
      if (isLong && takesValue) spec += '=';
      spec += explained;
      spec += actionOf(option);
      text += " \\\n  ";
      text += inQuotes(spec);
    }
  }
  return text + "\n";
}
