// SPDX-License-Identifier: BSL-1.0
#include "faults.hpp"

#include <charconv>
#include <cstddef>

#include "suggestion.hpp"

using secure_tunneling::Fault;

const std::vector<NamedFault>& namedFaults() {
  static const std::vector<NamedFault> all = {
      {"throttle", "ThrottlingException, nothing is rotated", Fault::Throttled},
      {"denied", "AccessDeniedException, nothing is rotated", Fault::AccessDenied},
      {"500", "InternalServerException, nothing is rotated", Fault::InternalError},
      {"502", "502 without a body, nothing is rotated", Fault::BadGateway},
      {"503", "503 with a page, nothing is rotated", Fault::ServiceUnavailable},
      {"skew", "the clock is an hour ahead", std::nullopt, Fate::Whole, true},
      {"drop", "the connection ends, nothing is rotated", Fault::DroppedBeforeRotation},
      {"drop-after", "the connection ends after the rotation", Fault::DroppedAfterRotation},
      {"stall", "the answer never comes, after the rotation", std::nullopt, Fate::Stalled},
      {"cut", "the connection ends before the answer does", std::nullopt, Fate::Cut},
      {"empty", "an answer without a body", Fault::EmptyBody},
      {"truncated", "half of the JSON, as a whole answer", Fault::TruncatedBody},
      {"garbage", "no JSON", Fault::NotJsonBody},
      {"wrong-type", "JSON with members of other types", Fault::WrongTypeBody},
      {"not-utf8", "text that is not UTF-8", Fault::InvalidUtf8Body},
  };
  return all;
}

std::string readFault(const std::string& text, RequestedFault& fault) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  Names names;
  for (const NamedFault& known : namedFaults()) {
    names.push_back(known.name);
    if (known.name == name) fault.named = &known;
  }
  if (fault.named == nullptr) {
    const std::string nearest = suggestion(name, names);
    return "there is no fault \"" + name + "\"" + (nearest.empty() ? "." : nearest) +
           " There are " + listOf(names) + ".";
  }
  if (colon == std::string::npos) return {};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, fault.times);
  if (error == std::errc() && rest == end && fault.times > 0) return {};
  return "\"" + text + "\": expected how many requests behind the colon, such as " + name + ":2";
}
