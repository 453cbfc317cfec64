// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cctype>

#include "document_options.hpp"
#include "secure_tunneling/version.hpp"

namespace {

/// Plain text as roff has it, in lines of no more than 80 characters, which it fills again.
std::string roff(const std::string& text) {
  constexpr std::size_t longest = 80;
  std::string out;
  std::size_t lineStart = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word;
    for (const char c : text.substr(at, end - at))
      word += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    at = end + 1;
    if (word.empty()) continue;
    const bool isFirst = out.size() == lineStart;
    const bool wraps = !isFirst && out.size() - lineStart + 1 + word.size() > longest;
    if (!isFirst) out += wraps ? '\n' : ' ';
    if (wraps) lineStart = out.size();
    // What begins a line may be meant for roff.
    if (out.size() == lineStart && (word.front() == '.' || word.front() == '\'')) out += "\\&";
    out += word;
  }
  return out;
}

/// The first letter small, and no full stop: a phrase and no sentence.
std::string phrase(std::string text) {
  if (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty()) text.front() = static_cast<char>(std::tolower(text.front()));
  return text;
}

std::string optionItem(const DocumentedOption& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names)
    names.push_back("\\fB" + roff(name) + "\\fR");
  std::string item = ".TP\n" + joined(names, ", ");
  if (!option.placeholder.empty()) item += " \\fI" + roff(option.placeholder) + "\\fR";
  return item + "\n" + roff(option.description + ".") + "\n";
}

std::string optionSections(const CLI::App& app) {
  std::string text;
  std::string group;
  for (const DocumentedOption& option : documentedOptions(app)) {
    if (text.empty()) text = ".SH OPTIONS\n";
    if (option.group != group && !group.empty()) text += ".SS " + roff(option.group) + "\n";
    group = option.group;
    text += optionItem(option);
  }
  return text;
}

/// What stands below the options, a paragraph a line; its line on the exit status is a section.
std::string footerSections(const std::string& footer) {
  constexpr const char* statusMark = "Exit status: ";
  const std::size_t markSize = std::string(statusMark).size();
  std::string notes;
  std::string status;
  for (std::size_t at = 0; at < footer.size();) {
    const std::size_t end = std::min(footer.find('\n', at), footer.size());
    const std::string line = footer.substr(at, end - at);
    if (line.compare(0, markSize, statusMark) == 0) {
      status = ".SH EXIT STATUS\n" + roff(line.substr(markSize)) + "\n";
    } else if (!line.empty()) {
      notes += (notes.empty() ? ".SH NOTES\n" : ".PP\n") + roff(line) + "\n";
    }
    at = end + 1;
  }
  return status + notes;
}

}  // namespace

std::string manualPage(const CLI::App& app, const std::string& date) {
  const std::string& name = app.get_name();
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return ".\\\" SPDX-License-Identifier: BSL-1.0\n.TH " + roff(title) + " 1 \"" + date +
         "\" \"secure_tunneling " SECURE_TUNNELING_VERSION_STRING "\" \"User Commands\"\n" +
         ".SH NAME\n" + roff(name) + " \\-\n" + roff(phrase(app.get_description())) +
         "\n.SH SYNOPSIS\n.B " + roff(name) + "\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n" +
         roff(app.get_description()) + "\n" + optionSections(app) +
         footerSections(app.get_footer());
}
