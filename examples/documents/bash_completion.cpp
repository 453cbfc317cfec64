// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "document_options.hpp"

namespace {

/// The command that lists what an option's value may be; empty where that is anything.
std::string valuesOf(const DocumentedOption& option) {
  using Value = DocumentedOption::Value;
  switch (option.value) {
    case Value::Choice:
      return "compgen -W '" + joined(option.choices, " ") + "' -- \"$word\"";
    case Value::File:
      return "compgen -f -- \"$word\"";
    case Value::Directory:
      return "compgen -d -- \"$word\"";
    case Value::Text:
    case Value::None:
      break;
  }
  return "";
}

}  // namespace

std::string bashCompletion(const CLI::App& app) {
  std::string function = "_" + app.get_name();
  std::replace(function.begin(), function.end(), '-', '_');
  std::string cases;
  std::string anything;
  std::vector<std::string> names;
  for (const DocumentedOption& option : documentedOptions(app)) {
    names.insert(names.end(), option.names.begin(), option.names.end());
    if (option.value == DocumentedOption::Value::None) continue;
    const std::string pattern = joined(option.names, "|");
    const std::string values = valuesOf(option);
    if (values.empty()) {
      anything.append(anything.empty() ? "" : "|").append(pattern);
      continue;
    }
    const bool isPath = option.value != DocumentedOption::Value::Choice;
    cases += "    " + pattern + ")\n";
    if (isPath) cases += "      compopt -o filenames 2>/dev/null\n";
    cases += "      mapfile -t COMPREPLY < <(" + values + ")\n      return\n      ;;\n";
  }
  if (!anything.empty()) cases += "    " + anything + ")\n      return\n      ;;\n";
  return "# SPDX-License-Identifier: BSL-1.0\n# shellcheck shell=bash\n# Completion of " +
         app.get_name() + " for bash.\n\n" + function + R"(() {
  local word=${COMP_WORDS[COMP_CWORD]} before=''
  ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # Of --option=value bash makes three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $before == '=' ]] && ((COMP_CWORD > 1)); then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $before in
)" + cases +
         "  esac\n  mapfile -t COMPREPLY < <(compgen -W '" + joined(names, " ") +
         "' -- \"$word\")\n}\ncomplete -F " + function + " " + app.get_name() + "\n";
}
