// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_SHARED_FILES_HPP
#define SECURE_TUNNELING_DETAIL_SHARED_FILES_HPP

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/environment.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/secret.hpp"

/// The shared config and credentials files of the AWS tools.
namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

enum class SharedFile : unsigned char { Config, Credentials };

/// The kind of a section is the word in front of its name in the config file. In the credentials
/// file every section is a profile.
inline constexpr std::string_view profileSection = "profile"sv;
inline constexpr std::string_view ssoSessionSection = "sso-session"sv;
inline constexpr std::string_view servicesSection = "services"sv;

/// Where a shared file is, and whether somebody said so.
struct SharedFilePath {
  std::string path;
  bool isNamed = false;
};

/// AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE, else in `~/.aws`.
inline SharedFilePath sharedFilePath(SharedFile file) {
  const bool isConfig = file == SharedFile::Config;
  const std::string_view named =
      environmentVariable(isConfig ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
  if (!named.empty()) return {expandPath(named), true};
  return {expandPath(isConfig ? "~/.aws/config"sv : "~/.aws/credentials"sv), false};
}

/// A shared file as it was read.
struct SharedText {
  std::string path;
  Secret text;
  /// Read as empty because it may not be read.
  bool isForbidden = false;
};

/// Reads a file of at most 1 MiB. One that does not exist reads as empty, and so does one in the
/// usual place that may not be read: a service may run with the home directory of another user.
inline Result<SharedText> readSharedFile(SharedFilePath where) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  SharedText read;
  read.path = std::move(where.path);
  const auto refuse = [&read](std::string_view why) {
    return errorOf(ErrorKind::Configuration, {read.path, ": "sv, why});
  };
#if defined(_WIN32)
  constexpr const char* fileMode = "rb";
#else
  // A program that another thread starts meanwhile does not inherit it.
  constexpr const char* fileMode = "rbe";
#endif
  std::FILE* const file = std::fopen(read.path.c_str(), fileMode);
  if (file == nullptr) {
    read.isForbidden = errno == EACCES;
    if (errno == ENOENT || errno == ENOTDIR || (read.isForbidden && !where.isNamed)) return read;
    return refuse(std::strerror(errno));
  }
  // Without its own buffer stdio leaves no copy of a secret key behind.
  std::setvbuf(file, nullptr, _IONBF, 0);
  char chunk[4096];
  std::size_t size = 0;
  do {
    size = std::fread(chunk, 1, sizeof chunk, file);
    read.text.append(std::string_view(chunk, size));
  } while (size == sizeof chunk && read.text.size() <= longest);
  wipe(chunk, sizeof chunk);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return refuse("cannot be read"sv);
  if (read.text.size() > longest) return refuse("longer than 1 MiB"sv);
  return read;
}

/// Whether `name` can be that of a section or a property.
inline bool isSharedName(std::string_view name) noexcept {
  for (const char c : name) {
    if (!isAlpha(c) && !isDigit(c) && "_-/.%@:+"sv.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

/// A section, once for each heading: several with the same kind and name are one.
struct SharedSection {
  /// Empty for a section that means nothing.
  std::string_view kind;
  std::string_view name;
  SharedFile file = SharedFile::Config;
  /// Headed `default` alone in the config file, where `profile default` takes its place.
  bool isPlainDefault = false;
};

/// A property. The views point into the text of the `SharedFiles`, which is wiped with it.
struct SharedProperty {
  /// In lower case.
  std::string_view name;
  /// Trimmed, without a comment; the lines that continue it are joined by line feeds.
  std::string_view value;
  SharedFile file = SharedFile::Config;
  /// In its file, from 1.
  std::size_t line = 0;
  std::size_t section = 0;
  /// Stands indented under the property in front, whose value is empty.
  bool isNested = false;
};

/// What a heading (the text between the brackets) says.
inline SharedSection sharedSection(SharedFile file, std::string_view heading) noexcept {
  SharedSection section;
  section.file = file;
  heading = trimBlanks(heading);
  if (file == SharedFile::Credentials || heading == "default"sv) {
    if (!isSharedName(heading)) return section;
    section.kind = profileSection;
    section.name = heading;
    section.isPlainDefault = file == SharedFile::Config;
    return section;
  }
  std::size_t end = 0;
  while (end != heading.size() && !isBlank(heading[end]))
    ++end;
  std::string_view name = trimBlanks(heading.substr(end));
  // The AWS CLI quotes a name that has a blank in it.
  const bool isQuoted = name.size() > 2 && name.front() == name.back() &&
                        (name.front() == '"' || name.front() == '\'');
  if (isQuoted) name = name.substr(1, name.size() - 2);
  if (!isQuoted && !isSharedName(name)) return section;
  section.kind = heading.substr(0, end);
  section.name = name;
  return section;
}

/// Both shared files, read once and kept in memory that is wiped. Where both have a property the
/// credentials file's counts, and within a file the last one.
///
/// Names of properties are asked for in lower case; those of sections are compared as they are. A
/// property that is set to nothing is found, with an empty value. Names that are not valid are
/// passed over, as the AWS SDKs do.
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
    constexpr std::string_view forbidden = " (permission denied)"sv;
    const SharedText& config = sources_[0];
    const SharedText& credentials = sources_[1];
    return concat({config.path, config.isForbidden ? forbidden : ""sv, " nor in "sv,
                   credentials.path, credentials.isForbidden ? forbidden : ""sv});
  }
  /// "PATH, line N", for a message.
  [[nodiscard]] std::string where(const SharedProperty& property) const {
    return concat({path(property.file), ", line "sv, Decimal(property.line).text()});
  }

  /// All of them in the order of the files, the config file first.
  [[nodiscard]] const std::vector<SharedSection>& sections() const noexcept { return sections_; }
  [[nodiscard]] const std::vector<SharedProperty>& properties() const noexcept {
    return properties_;
  }

 private:
  /// Goes through the text line by line. Names are made lower case and continued values are joined
  /// in place, so that no copy of a secret is made.
  class Parser {
   public:
    Parser(SharedFiles& files, SharedFile file) noexcept : files_(files), file_(file) {}

    Result<void> parse() {
      Secret& text = files_.sources_[static_cast<std::size_t>(file_)].text;
      char* next = text.data();
      char* const end = next + text.size();
      constexpr std::string_view byteOrderMark = "\xef\xbb\xbf"sv;
      if (text.expose().substr(0, byteOrderMark.size()) == byteOrderMark) {
        next += byteOrderMark.size();
      }
      while (next != end) {
        char* const begin = next;
        void* const feed = std::memchr(begin, '\n', static_cast<std::size_t>(end - begin));
        char* const lineEnd = feed == nullptr ? end : static_cast<char*>(feed);
        next = feed == nullptr ? end : lineEnd + 1;
        ++line_;
        const std::string_view expected = parseLine(begin, lineEnd);
        if (!expected.empty()) {
          return errorOf(
              ErrorKind::Configuration,
              {files_.path(file_), ", line "sv, Decimal(line_).text(), ": expected "sv, expected});
        }
      }
      return {};
    }

   private:
    /// What the lines that continue a property are.
    enum class Above : unsigned char { Nothing, Value, Parent, Ignored };

    /// What was expected instead; empty when the line is right.
    std::string_view parseLine(char* begin, char* end) {
      while (begin != end && isBlank(end[-1]))
        --end;
      char* const lineBegin = begin;
      while (begin != end && isBlank(*begin))
        ++begin;
      if (begin == end || *begin == '#' || *begin == ';') return {};
      const std::string_view line(begin, static_cast<std::size_t>(end - begin));
      const std::size_t indent = static_cast<std::size_t>(begin - lineBegin);
      // Deeper than the property above, as the AWS CLI has it: all may be indented alike.
      if (above_ != Above::Nothing && indent > indent_) return parseContinuation(begin, line);
      if (line.front() == '[') return parseHeading(line);
      if (!inSection_) return "a [section] before the first property"sv;
      indent_ = indent;
      return parseProperty(begin, withoutComment(line), false);
    }

    std::string_view parseHeading(std::string_view line) {
      const std::size_t close = line.find(']');
      if (close == std::string_view::npos) return "a closing ]"sv;
      const std::string_view rest = trimBlanks(line.substr(close + 1));
      if (!rest.empty() && rest.front() != '#' && rest.front() != ';') {
        return "nothing but a comment behind the ]"sv;
      }
      files_.sections_.push_back(sharedSection(file_, line.substr(1, close - 1)));
      inSection_ = true;
      above_ = Above::Nothing;
      return {};
    }

    std::string_view parseProperty(char* begin, std::string_view line, bool isNested) {
      const std::size_t equals = line.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        return isNested ? "name = value under a name without a value"sv
                        : "[section] or name = value"sv;
      }
      SharedProperty property;
      property.name = trimBlanks(line.substr(0, equals));
      property.value = trimBlanks(line.substr(equals + 1));
      property.file = file_;
      property.line = line_;
      property.section = files_.sections_.size() - 1;
      property.isNested = isNested;
      const bool isIgnored = !isSharedName(property.name);
      if (!isNested) {
        above_ = isIgnored ? Above::Ignored : property.value.empty() ? Above::Parent : Above::Value;
      }
      if (isIgnored) return {};
      for (std::size_t i = 0; i != property.name.size(); ++i)
        begin[i] = toLower(begin[i]);
      files_.properties_.push_back(property);
      return {};
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
        if ((line[i] == '#' || line[i] == ';') && isBlank(line[i - 1])) {
          return trimBlanks(line.substr(0, i));
        }
      }
      return line;
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
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_SHARED_FILES_HPP
