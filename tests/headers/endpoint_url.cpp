// SPDX-License-Identifier: BSL-1.0
// Settings::endpointUrl beside every type of text, as a program that took it for a std::string has
// it. Built by every compiler and standard with warnings as errors; fails where an answer is wrong.
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/settings.hpp"

namespace st = secure_tunneling;

namespace {

struct OwnText {
  operator std::string_view() const noexcept { return "https://a.example/x"; }
};

template <class Text>
bool isComparedWith(const st::EndpointUrl& url, const Text& same, const Text& other) {
  return url == same && same == url && !(url != same) && !(same != url) &&  //
         url != other && other != url && !(url == other) && !(other == url);
}

std::size_t sizeOfString(const std::string& text) {
  return text.size();
}
std::size_t sizeOfValue(std::string text) {
  text += '!';
  return text.size();
}
std::size_t sizeOfView(std::string_view text) {
  return text.size();
}

bool reads() {
  constexpr char literal[] = "https://a.example/x";
  const std::string text = literal;
  st::Settings settings;
  settings.endpointUrl = literal;
  const st::EndpointUrl& url = settings.endpointUrl;

  bool right = "https://a.example/x" == url && url == "https://a.example/x" &&
               "https://a.example" != url && url != "https://a.example";
  right = right && isComparedWith<const char*>(url, literal, "https://");
  right = right && isComparedWith<std::string>(url, text, text + "y");
  right = right && isComparedWith<std::string_view>(url, text, {});
  right = right && isComparedWith<st::EndpointUrl>(url, text, {});
  right = right && OwnText() == url && url == OwnText();

  const std::string copied = url;
  std::string assigned;
  assigned = url;
  const std::string constructed(url);
  const std::string_view view = url;
  const std::optional<std::string> optional = url;
  std::vector<std::string> list;
  list.push_back(url);
  std::map<std::string, int> byUrl;
  byUrl[url] = 1;
  right = right && copied == text && assigned == text && constructed == text && view == text &&
          optional == text && list.front() == text && byUrl.count(text) == 1;
  right = right && sizeOfString(url) == text.size() && sizeOfValue(url) == text.size() + 1 &&
          sizeOfView(url) == text.size() && url.size() == text.size() && url.c_str() == text &&
          std::string(url.data(), url.size()) == text && !url.empty();
  right = right && "<" + url + ">" == "<" + text + ">" && text + url == text + text &&
          url + std::string_view("?") == text + "?" && url + url == text + text;

  std::ostringstream out;
  out << url << ' ' << settings.endpointUrl << std::string(1, '.');
  right = right && out.str() == text + " " + text + ".";
  return right && (std::ostringstream() << url).good();
}

}  // namespace

int main() {
  return reads() ? 0 : 1;
}
