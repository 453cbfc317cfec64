// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/configuration/detail/shared_grammar.hpp"
#include "secure_tunneling/configuration/detail/shared_text.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"

/// The shared config and credentials files of the AWS tools.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Both shared files, read once and kept in memory that is wiped. Where both have a property the
/// credentials file's counts, and within a file the last one.
///
/// Names of properties are asked for in lower case; those of sections are compared as they are. A
/// property that is set to nothing is found, with an empty value. Any name of a section is found,
/// as in the AWS CLI, although the AWS SDKs pass over some; nobody asks for a property with such.
class SharedFiles {
 public:
  SharedFiles() = default;

  /// Reads both files. Returns `ErrorKind::Configuration`, with the file and the line, for what
  /// does not follow the grammar; a file that does not exist counts as empty.
  static Result<SharedFiles> load() {
    SharedFiles files;
    for (const SharedFile file : {SharedFile::Config, SharedFile::Credentials}) {
      Result<SharedText> text = readSharedFile(sharedFilePath(file));
      if (!text) return std::move(text).error();
      Result<void> added = files.add(file, *std::move(text));
      if (!added) return std::move(added).error();
    }
    return files;
  }

  /// Adds the text of one file, the config file first; each once.
  Result<void> add(SharedFile file, SharedText text) {
    sources_[static_cast<std::size_t>(file)] = std::move(text);
    const std::size_t firstSection = sections_.size();
    Result<void> parsed = Parser(*this, file).parse();
    if (parsed) dropPlainDefaults(firstSection);
    return parsed;
  }

  [[nodiscard]] const std::string& path(SharedFile file) const noexcept {
    return sources_[static_cast<std::size_t>(file)].path;
  }
  /// Whether either file has the section.
  [[nodiscard]] bool has(std::string_view kind, std::string_view name) const noexcept {
    for (const SharedSection& section : sections_) {
      if (section.kind == kind && section.name == name) return true;
    }
    return false;
  }
  /// The property that counts; null when there is none. It lives as long as this object.
  [[nodiscard]] const SharedProperty* find(std::string_view kind, std::string_view name,
                                           std::string_view property) const noexcept {
    const SharedProperty* const found = findIn(SharedFile::Credentials, kind, name, property);
    return found != nullptr ? found : findIn(SharedFile::Config, kind, name, property);
  }
  /// The same in one file only: a key pair is not put together from two.
  [[nodiscard]] const SharedProperty* findIn(SharedFile file, std::string_view kind,
                                             std::string_view name,
                                             std::string_view property) const noexcept {
    for (std::size_t i = properties_.size(); i-- != 0;) {
      const SharedProperty& each = properties_[i];
      const SharedSection& section = sections_[each.section];
      if (!each.isNested && each.file == file && each.name == property && section.kind == kind &&
          section.name == name) {
        return &each;
      }
    }
    return nullptr;
  }
  /// The property `nested` under the property `property` that counts; null when there is none.
  [[nodiscard]] const SharedProperty* findNested(std::string_view kind, std::string_view name,
                                                 std::string_view property,
                                                 std::string_view nested) const noexcept {
    const SharedProperty* const parent = find(kind, name, property);
    const SharedProperty* found = nullptr;
    if (parent == nullptr) return nullptr;
    const SharedProperty* const end = properties_.data() + properties_.size();
    for (const SharedProperty* each = parent + 1; each != end && each->isNested; ++each) {
      if (each->name == nested) found = each;
    }
    return found;
  }
  /// The value of `find`; empty when there is none.
  [[nodiscard]] std::string_view value(std::string_view kind, std::string_view name,
                                       std::string_view property) const noexcept {
    const SharedProperty* const found = find(kind, name, property);
    return found == nullptr ? std::string_view{} : found->value;
  }
  /// "CONFIG nor in CREDENTIALS", for a message about what is in neither.
  [[nodiscard]] std::string paths() const {
    std::string text;
    for (const SharedText& source : sources_) {
      append(text, text.empty() ? "" : " nor in ");
      append(text, source.path);
    }
    return text;
  }
  /// "PATH, line N", for a message.
  [[nodiscard]] std::string where(const SharedProperty& property) const {
    return where(property.file, property.line);
  }
  /// What is passed over: the files that should be read and were not, "PATH, permission denied",
  /// and where the headings and the properties are that the AWS SDKs pass over because of their
  /// names, "PATH, line N" each, with "; " between. Of these the ones that may have been meant for
  /// `profile`, in a file without it those in other letters too, or all for an empty one.
  [[nodiscard]] std::string passedOver(std::string_view profile) const {
    constexpr std::size_t enough = 4000;
    std::string list;
    const auto add = [&list](std::string_view what) {
      if (list.size() > enough) return;
      if (!list.empty()) append(list, "; ");
      append(list, what);
      if (list.size() > enough) append(list, "; ...");
    };
    const auto isMeantFor = [this, profile](const SharedSection& section) {
      if (profile.empty() || section.meantFor == profile) return true;
      return equalsIgnoreCase(section.meantFor, profile) && !hasProfileIn(section.file, profile);
    };
    const SharedText* last = nullptr;
    for (const SharedText& source : sources_) {
      const bool isTold = last != nullptr && last->path == source.path;
      if (source.unread != nullptr && !isTold) add(filled("{}, {}", {source.path, source.unread}));
      last = &source;
    }
    for (const SharedSection& section : sections_) {
      const bool isKnown =
          isListed(section.kind, "profile sso-session services"sv) && isSharedName(section.name);
      const bool isIts = section.kind == profileSection && section.name == profile;
      if (isIts || !isMeantFor(section) || (isKnown && profile.empty())) continue;
      add(where(section.file, section.line));
    }
    for (const SharedProperty& property : properties_) {
      if (isSharedName(property.name) || !isMeantFor(sections_[property.section])) continue;
      add(where(property));
    }
    return list;
  }

  /// The same of `profile` for the end of a message: empty, or in brackets.
  [[nodiscard]] std::string passedOverNote(std::string_view profile) const {
    std::string list = passedOver(profile);
    if (!list.empty()) list = filled(" (passed over: {})", {list});
    return list;
  }

  /// All of them in the order of the files, the config file first.
  [[nodiscard]] const std::vector<SharedSection>& sections() const noexcept { return sections_; }
  [[nodiscard]] const std::vector<SharedProperty>& properties() const noexcept {
    return properties_;
  }

 private:
  [[nodiscard]] bool hasProfileIn(SharedFile file, std::string_view name) const noexcept {
    for (const SharedSection& section : sections_) {
      if (section.file == file && section.kind == profileSection && section.name == name)
        return true;
    }
    return false;
  }
  [[nodiscard]] std::string where(SharedFile file, std::size_t line) const {
    return filled("{}, line {}", {path(file), Decimal(line).text()});
  }
  /// Goes through the text line by line. Names are made lower case and continued values are joined
  /// in place, so that no copy of a secret is made.
  class Parser {
   public:
    Parser(SharedFiles& files, SharedFile file) noexcept : files_(files), file_(file) {}

    Result<void> parse() {
      Secret& text = files_.sources_[static_cast<std::size_t>(file_)].text;
      char* next = text.data();
      char* const end = next + text.size();
      // A carriage return alone ends a line too.
      for (char* c = next; c != end; ++c) {
        if (*c == '\r' && c + 1 != end && c[1] != '\n') *c = '\n';
      }
      while (next != end) {
        char* const begin = next;
        void* const feed = std::memchr(begin, '\n', static_cast<std::size_t>(end - begin));
        char* const lineEnd = feed == nullptr ? end : static_cast<char*>(feed);
        next = feed == nullptr ? end : lineEnd + 1;
        ++line_;
        const std::string_view expected = parseLine(begin, lineEnd);
        if (!expected.empty()) {
          return detail::filledFailure(ErrorKind::Configuration, "{}, line {}: expected {}",
                                       {files_.path(file_), Decimal(line_).text(), expected});
        }
      }
      return {};
    }

   private:
    /// What the lines that continue a property are.
    enum class Above : unsigned char { Nothing, Value, Parent, Ignored };

    /// What was expected instead; empty when the line is right.
    std::string_view parseLine(char* begin, char* end) {
      // No indentation, wherever files were put together.
      constexpr std::string_view byteOrderMark = "\xef\xbb\xbf"sv;
      std::string_view line(begin, static_cast<std::size_t>(end - begin));
      if (line_ == 1 && (line.substr(0, 2) == "\xff\xfe"sv || line.substr(0, 2) == "\xfe\xff"sv)) {
        return "UTF-8, but the file is UTF-16"sv;
      }
      if (line.substr(0, byteOrderMark.size()) == byteOrderMark) begin += byteOrderMark.size();
      line = trimSpaces({begin, static_cast<std::size_t>(end - begin)});
      if (line.empty() || line.front() == '#' || line.front() == ';') return {};
      const auto indent = static_cast<std::size_t>(line.data() - begin);
      begin += indent;
      // Deeper than the property above, as the AWS CLI has it: all may be indented alike.
      if (above_ != Above::Nothing && indent > indent_) return parseContinuation(begin, line);
      if (line.front() == '[') return parseHeading(begin, line);
      if (!inSection_) return "a [section] before the first property"sv;
      indent_ = indent;
      return parseProperty(begin, withoutComment(line), false);
    }

    std::string_view parseHeading(char* begin, std::string_view line) {
      std::size_t close = line.find(']');
      if (close == std::string_view::npos) return "a closing ]"sv;
      // A name may have brackets too.
      while (!isComment(line.substr(close + 1))) {
        close = line.find(']', close + 1);
        if (close == std::string_view::npos) return "nothing but a comment behind the ]"sv;
      }
      files_.sections_.push_back(sharedSection(file_, begin + 1, close - 1));
      files_.sections_.back().line = line_;
      inSection_ = true;
      above_ = Above::Nothing;
      return {};
    }

    std::string_view parseProperty(char* begin, std::string_view line, bool isNested) {
      const std::size_t equals = line.find('=');
      if (hasColonFirst(line.substr(0, equals))) return "= behind the name, not :"sv;
      if (equals == std::string_view::npos || equals == 0) {
        return isNested ? "name = value under a name without a value"sv
                        : "[section] or name = value"sv;
      }
      SharedProperty property;
      property.name = trimSpaces(line.substr(0, equals));
      property.value = trimSpaces(line.substr(equals + 1));
      property.file = file_;
      property.line = line_;
      property.section = files_.sections_.size() - 1;
      property.isNested = isNested;
      if (!isNested) {
        above_ = !isSharedName(property.name) ? Above::Ignored
                 : property.value.empty()     ? Above::Parent
                                              : Above::Value;
      }
      for (std::size_t i = 0; i != property.name.size(); ++i)
        begin[i] = toLower(begin[i]);
      files_.properties_.push_back(property);
      return {};
    }

    /// Whether a colon parts name and value, as the AWS CLI reads it and the AWS SDKs do not, in
    /// what stands in front of a "=". The names of AWS have none.
    static bool hasColonFirst(std::string_view text) noexcept {
      const std::size_t colon = text.find(':');
      if (colon == std::string_view::npos || colon == 0) return false;
      const std::string_view name = trimSpaces(text.substr(0, colon));
      return wordSize(name) == name.size() || blankSize(text.substr(colon + 1)) != 0;
    }

    std::string_view parseContinuation(char* begin, std::string_view line) {
      if (above_ == Above::Ignored) return {};
      if (above_ == Above::Parent) return parseProperty(begin, line, true);
      // The value moves up to the one above, from which blanks and a line feed part it.
      std::string_view& value = files_.properties_.back().value;
      char* const joint = begin - (line.data() - value.data()) + value.size();
      *joint = '\n';
      std::memmove(joint + 1, begin, line.size());
      value = std::string_view(value.data(), value.size() + 1 + line.size());
      return {};
    }

    /// Cuts a comment off: `#` or `;` behind a blank.
    static std::string_view withoutComment(std::string_view line) noexcept {
      for (std::size_t i = 1; i < line.size(); ++i) {
        if ((line[i] == '#' || line[i] == ';') && endBlankSize(line.substr(0, i)) != 0) {
          return trimSpaces(line.substr(0, i));
        }
      }
      return line;
    }
    /// Whether there is nothing else behind a heading.
    static bool isComment(std::string_view rest) noexcept {
      rest = trimSpaces(rest);
      return rest.empty() || rest.front() == '#' || rest.front() == ';';
    }

    SharedFiles& files_;
    SharedFile file_;
    std::size_t line_ = 0;
    std::size_t indent_ = 0;
    bool inSection_ = false;
    Above above_ = Above::Nothing;
  };

  /// Where a file has `[profile default]`, its `[default]` means nothing.
  void dropPlainDefaults(std::size_t firstSection) noexcept {
    bool hasOther = false;
    for (std::size_t i = firstSection; i != sections_.size(); ++i) {
      const SharedSection& section = sections_[i];
      hasOther = hasOther || (section.kind == profileSection && section.name == "default"sv &&
                              !section.isPlainDefault);
    }
    for (std::size_t i = firstSection; hasOther && i != sections_.size(); ++i) {
      if (sections_[i].isPlainDefault) sections_[i].kind = {};
    }
  }

  SharedText sources_[2];
  std::vector<SharedSection> sections_;
  std::vector<SharedProperty> properties_;
};

/// Which profile, and who said so.
struct ChosenProfile {
  std::string name;
  /// The variable that names it; null when the program does or when nobody does.
  const char* variable = nullptr;
  /// Named by somebody: then it has to exist.
  bool isNamed = true;
};

/// The profile to use: the one given, else AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
inline ChosenProfile chosenProfile(std::string_view given) {
  ChosenProfile chosen;
  chosen.name = given;
  for (const char* const variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (!chosen.name.empty()) return chosen;
    chosen.name = environmentVariable(variable);
    chosen.variable = variable;
  }
  if (!chosen.name.empty()) return chosen;
  chosen.name = "default"sv;
  chosen.variable = nullptr;
  chosen.isNamed = false;
  return chosen;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP
