// SPDX-License-Identifier: BSL-1.0
#include "document_options.hpp"

namespace {

/// The name of a value's type: CLI11 has a check's name behind it, as in `TEXT:FILE`.
std::string typeOf(const CLI::Option& option) {
  const std::string text = option.get_type_name();
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return option.get_type_name();
  const std::string check = text.substr(colon + 1);
  return check == "FILE" || check == "DIR" ? check : text.substr(0, colon);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> pieces(1);
  for (const char c : text) {
    if (c == at) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

DocumentedOption documented(const CLI::Option& option) {
  using Value = DocumentedOption::Value;
  DocumentedOption out;
  for (const std::string& name : option.get_snames())
    out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    out.names.push_back("--" + name);
  out.description = option.get_description();
  out.group = option.get_group();
  if (option.get_items_expected_max() == 0) return out;
  out.placeholder = typeOf(option);
  const std::string preset = option.get_default_str();
  if (!preset.empty() && out.description.find("default") == std::string::npos) {
    out.description += "; " + preset + " by default";
  }
  out.choices = split(out.placeholder, '|');
  if (out.choices.size() > 1) {
    out.value = Value::Choice;
  } else if (out.placeholder == "FILE") {
    out.value = Value::File;
  } else {
    const bool isDirectory = out.placeholder == "DIRECTORY" || out.placeholder == "DIR";
    out.value = isDirectory ? Value::Directory : Value::Text;
  }
  return out;
}

}  // namespace

std::vector<DocumentedOption> documentedOptions(const CLI::App& app) {
  std::vector<DocumentedOption> options;
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_positional()) options.push_back(documented(*option));
  }
  return options;
}

std::string escaped(const std::string& text, const std::string& characters,
                    const std::string& before) {
  std::string out;
  for (const char c : text) {
    if (characters.find(c) != std::string::npos) out += before;
    out += c;
  }
  return out;
}

std::string joined(const std::vector<std::string>& pieces, const std::string& between) {
  std::string out;
  for (const std::string& piece : pieces)
    out.append(out.empty() ? "" : between).append(piece);
  return out;
}
