// SPDX-License-Identifier: BSL-1.0
#include "tunnel_list.hpp"

#include <cctype>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "suggestion.hpp"
#include "text.hpp"

using secure_tunneling::ClientMode;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

constexpr std::size_t longestId = 128;
/// Far longer than one.
constexpr std::size_t longestMode = 32;

/// Whether a text can be a tunnel's id, by the service's own rule.
bool isTunnelId(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:";
  return text.size() <= longestId && text.find_first_not_of(letters) == std::string_view::npos;
}

/// A word for a message. One that is too long may be a token, or all of a file of something else.
std::string quoted(const std::string& word, std::size_t most) {
  if (word.size() <= most) return '"' + word + '"';
  return "a word of " + std::to_string(word.size()) + " characters";
}

unsigned sidesOf(ClientMode mode) {
  if (mode == ClientMode::SOURCE) return 1;
  return mode == ClientMode::DESTINATION ? 2 : 3;
}

/// Reads one line after another.
class Reader {
 public:
  explicit Reader(ClientMode usual) : usual_(usual) {}

  void read(const std::string& line) {
    ++number_;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string id;
    std::string name;
    std::string more;
    if (!(words >> id)) return;
    words >> name;
    if (words >> more) return refuse("expected a tunnel's id and a mode, and nothing behind");
    if (!isTunnelId(id)) {
      return refuse(quoted(id, longestId) +
                    " is no tunnel's id: expected up to 128 letters, digits and "
                    "characters of _-+=:");
    }
    const Names modes = {"SOURCE", "DESTINATION", "ALL"};
    const ClientMode mode = name.empty() ? usual_ : clientModeOf(name);
    if (mode.name().empty()) {
      return refuse(name.empty() ? "no mode, and --client-mode is not given"
                                 : quoted(name, longestMode) + " is not " + listOf(modes) +
                                       suggestion(name, modes));
    }
    std::size_t& taken = first_[id + (sidesOf(mode) == 2 ? " 2" : " 1")];
    std::size_t& other = sidesOf(mode) == 3 ? first_[id + " 2"] : taken;
    if (taken != 0 || other != 0) {
      return refuse("tunnel " + id + " stands on line " +
                    std::to_string(taken != 0 ? taken : other) +
                    " already: the second rotation of a side takes away the token of the first");
    }
    taken = number_;
    other = number_;
    list_.requests.push_back({std::move(id), mode, {}});
    list_.lines.push_back(number_);
  }

  Result<TunnelList> finish() {
    constexpr std::size_t most = 20;
    if (problems_.empty()) return std::move(list_);
    std::string message;
    for (std::size_t i = 0; i != problems_.size() && i != most; ++i)
      message += (i == 0 ? "" : "\n") + problems_[i];
    if (problems_.size() > most) {
      message += "\nand " + std::to_string(problems_.size() - most) + " lines more";
    }
    return makeError(ErrorKind::InvalidArgument, message);
  }

 private:
  void refuse(const std::string& why) {
    problems_.push_back("line " + std::to_string(number_) + ": " + visible(why));
  }

  ClientMode usual_;
  std::size_t number_ = 0;
  TunnelList list_;
  /// The line on which a side stands, by tunnel and side.
  std::map<std::string, std::size_t> first_;
  std::vector<std::string> problems_;
};

}  // namespace

ClientMode clientModeOf(const std::string& name) {
  std::string upper;
  for (const char c : name)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const ClientMode mode : {ClientMode::SOURCE, ClientMode::DESTINATION, ClientMode::ALL}) {
    if (mode.name() == upper) return mode;
  }
  return {};
}

Result<TunnelList> readTunnelList(const std::string& text, ClientMode usual) {
  constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
  Reader reader(usual);
  const bool isMarked = text.compare(0, byteOrderMark.size(), byteOrderMark) == 0;
  std::istringstream lines(isMarked ? text.substr(byteOrderMark.size()) : text);
  for (std::string line; std::getline(lines, line);)
    reader.read(line);
  return reader.finish();
}
