// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
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

/// A file as it was read.
struct SharedText {
  std::string path;
  Secret text;
  /// Why it reads as empty, although it is there; null for all others.
  const char* unread = nullptr;
};

/// Reads a file of at most 1 MiB. One that does not exist reads as empty, and so does what is no
/// regular file, as in the AWS CLI: nothing waits for a pipe or a device, /dev/null is an empty
/// file, and a missing file that was mounted into a container has become a directory. One in the
/// usual place that may not be read is passed over too: a service may run with the home directory
/// of another user.
inline Result<SharedText> readSharedFile(SharedFilePath where) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  SharedText read;
  read.path = std::move(where.path);
  const auto refuse = [&read](std::string_view why) {
    return errorOf(ErrorKind::Configuration, {read.path, ": "sv, why});
  };
  // Looked at first: to open a pipe lets its writer go on, to nobody.
  struct stat status {};
  const bool isThere = ::stat(read.path.c_str(), &status) == 0;
  if (isThere && !S_ISREG(status.st_mode)) {
    read.unread = S_ISDIR(status.st_mode) ? "a directory" : "not a regular file";
    return read;
  }
  // It may be a pipe by now; and a program that another thread starts must not inherit it.
  const int file = isThere ? ::open(read.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return read;
    if (errno == ELOOP) read.unread = "a loop of links";
    if (errno == EACCES && !where.isNamed) read.unread = "permission denied";
    if (read.unread != nullptr) return read;
    return refuse(std::strerror(errno));
  }
  char chunk[4096];
  ssize_t size = 0;
  do {
    size = ::read(file, chunk, sizeof chunk);
    if (size > 0) read.text.append(std::string_view(chunk, static_cast<std::size_t>(size)));
  } while ((size > 0 && read.text.size() <= longest) || (size < 0 && errno == EINTR));
  wipe(chunk, sizeof chunk);
  ::close(file);
  if (size < 0) return refuse("cannot be read"sv);
  if (read.text.size() > longest) return refuse("longer than 1 MiB"sv);
  return read;
}

/// How many bytes the blank has that `text` begins with; 0 for none. Text that was copied from a
/// page or a document has blanks that look like the plain one: the no-break space, those of other
/// widths, a byte order mark.
inline std::size_t blankSize(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (!text.empty() && isBlank(text.front())) return 1;
  if (byte(0) == 0xc2 && byte(1) == 0xa0) return 2;
  const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
  const bool isSpace = (three >= 0xe28080 && three <= 0xe2808b) || three == 0xe280af ||
                       three == 0xe2819f || three == 0xe38080 || three == 0xefbbbf;
  return isSpace ? 3 : 0;
}
/// The same for the blank that `text` ends with.
inline std::size_t endBlankSize(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= 3 && size <= text.size(); ++size) {
    if (blankSize(text.substr(text.size() - size)) == size) return size;
  }
  return 0;
}
SECURE_TUNNELING_NOINLINE inline std::string_view trimSpaces(std::string_view text) noexcept {
  while (const std::size_t size = blankSize(text))
    text.remove_prefix(size);
  while (const std::size_t size = endBlankSize(text))
    text.remove_suffix(size);
  return text;
}

/// Whether the AWS SDKs take `name` for that of a section or a property. The AWS CLI takes any.
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
  /// The profile that whoever wrote it may have had in mind.
  std::string_view meantFor;
  SharedFile file = SharedFile::Config;
  /// Headed `default` alone in the config file, where `profile default` takes its place.
  bool isPlainDefault = false;
  /// In its file, from 1.
  std::size_t line = 0;
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

/// Takes the quotation marks and backslashes off a word, in place, as Python's `shlex.split` does:
/// the AWS CLI writes names so that have a blank. Empty for several words and for a mark that is
/// not closed; then nothing has changed.
inline std::string_view unquoteWord(char* const begin, std::size_t size) noexcept {
  constexpr char none = '\0';
  std::size_t out = 0;
  for (const bool isSure : {false, true}) {
    char quote = none;
    out = 0;
    for (std::size_t i = 0; i != size; ++i) {
      char c = begin[i];
      if (quote == none && isBlank(c)) return {};
      const bool isMark = quote == none ? c == '"' || c == '\'' : c == quote;
      if (isMark) {
        quote = quote == none ? c : none;
        continue;
      }
      if (c == '\\' && quote != '\'') {
        if (i + 1 == size) return {};
        const char next = begin[i + 1];
        if (quote == none || next == quote || next == '\\') c = begin[++i];
      }
      if (isSure) begin[out] = c;
      ++out;
    }
    if (quote != none) return {};
  }
  return {begin, out};
}

/// What a heading (the text between the brackets) says. Changes it in place.
inline SharedSection sharedSection(SharedFile file, char* begin, std::size_t size) noexcept {
  SharedSection section;
  section.file = file;
  const std::string_view heading = trimSpaces({begin, size});
  std::size_t end = 0;
  while (end != heading.size() && blankSize({heading.data() + end, heading.size() - end}) == 0)
    ++end;
  const std::string_view word(heading.data(), end);
  const std::string_view rest = trimSpaces({heading.data() + end, heading.size() - end});
  const bool isLiteral = file == SharedFile::Credentials || heading == "default"sv;
  section.isPlainDefault = file == SharedFile::Config && isLiteral;
  section.name = isLiteral ? heading : unquoteWord(begin + (rest.data() - begin), rest.size());
  if (!section.name.empty()) section.kind = isLiteral ? profileSection : word;
  section.meantFor = heading;
  if (equalsIgnoreCase(word, profileSection)) {
    section.meantFor = isLiteral || section.name.empty() ? rest : section.name;
  }
  const auto isMark = [](char c) { return c == '"' || c == '\''; };
  std::string_view& meant = section.meantFor;
  while (!meant.empty() && isMark(meant.front()))
    meant.remove_prefix(1);
  while (!meant.empty() && isMark(meant.back()))
    meant.remove_suffix(1);
  return section;
}

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
      if (source.unread == nullptr) continue;
      append(text, " (");
      append(text, source.unread);
      append(text, ")");
    }
    return text;
  }
  /// "PATH, line N", for a message.
  [[nodiscard]] std::string where(const SharedProperty& property) const {
    return where(property.file, property.line);
  }
  /// Where the headings and the properties are that the AWS SDKs pass over because of their names:
  /// those that may have been meant for `profile`, or all for an empty one. "PATH, line N" each,
  /// with "; " between.
  [[nodiscard]] std::string passedOver(std::string_view profile) const {
    constexpr std::size_t enough = 4000;
    std::string list;
    const auto add = [&](SharedFile file, std::size_t line) {
      if (list.size() > enough) return;
      if (!list.empty()) append(list, "; ");
      append(list, where(file, line));
      if (list.size() > enough) append(list, "; ...");
    };
    const auto isMeantFor = [profile](const SharedSection& section) {
      return profile.empty() || section.meantFor == profile;
    };
    for (const SharedSection& section : sections_) {
      const bool isKnown =
          isListed(section.kind, "profile sso-session services"sv) && isSharedName(section.name);
      const bool isIts = section.kind == profileSection && section.name == profile;
      if (isKnown || isIts || !isMeantFor(section)) continue;
      add(section.file, section.line);
    }
    for (const SharedProperty& property : properties_) {
      if (isSharedName(property.name) || !isMeantFor(sections_[property.section])) continue;
      add(property.file, property.line);
    }
    return list;
  }

  /// The same of `profile` for the end of a message: empty, or in brackets.
  [[nodiscard]] std::string passedOverNote(std::string_view profile) const {
    std::string list = passedOver(profile);
    if (!list.empty()) list = concat({" (passed over: "sv, list, ")"sv});
    return list;
  }

  /// All of them in the order of the files, the config file first.
  [[nodiscard]] const std::vector<SharedSection>& sections() const noexcept { return sections_; }
  [[nodiscard]] const std::vector<SharedProperty>& properties() const noexcept {
    return properties_;
  }

 private:
  [[nodiscard]] std::string where(SharedFile file, std::size_t line) const {
    return concat({path(file), ", line "sv, Decimal(line).text()});
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
      // No indentation, wherever files were put together.
      constexpr std::string_view byteOrderMark = "\xef\xbb\xbf"sv;
      std::string_view line(begin, static_cast<std::size_t>(end - begin));
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
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_SHARED_FILES_HPP
