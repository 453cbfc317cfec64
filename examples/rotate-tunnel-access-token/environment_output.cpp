// SPDX-License-Identifier: BSL-1.0
#include "environment_output.hpp"

#include <algorithm>
#include <cctype>

using secure_tunneling::Secret;

namespace {

bool isPlain(char c) {
  constexpr std::string_view harmless = "+/=_-.,:@%";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || harmless.find(c) != harmless.npos;
}

}  // namespace

Secret printEnvironment(std::string_view token) {
  Secret out("AWSIOT_TUNNEL_ACCESS_TOKEN=");
  if (std::all_of(token.begin(), token.end(), isPlain)) {
    out.append(token);
  } else {
    constexpr std::string_view special = "\"\\$`";
    out.append("\"");
    for (const char& c : token) {
      if (special.find(c) != special.npos) out.append("\\");
      out.append(std::string_view(&c, 1));
    }
    out.append("\"");
  }
  out.append("\n");
  return out;
}
