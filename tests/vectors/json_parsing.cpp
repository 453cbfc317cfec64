// SPDX-License-Identifier: BSL-1.0
// JSON parser conformance: each text stands where a response has a member that is skipped, and the
// member behind it must still be found, or the whole body be refused.
#include "secure_tunneling/protocol/aws_json.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

std::string decodeBase64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            .find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return out;
}

/// The text of a case; the two longest are not in the file, but their names say what they are.
std::string textOf(const Json& json) {
  std::string text;
  if (json["name"].text() == "n_structure_100000_opening_arrays.json") {
    text.assign(100'000, '[');
  } else if (json["name"].text() == "n_structure_open_array_object.json") {
    for (int i = 0; i != 50'000; ++i)
      text += "[{\"\":";
  } else {
    text = json.has("text") ? json["text"].text() : decodeBase64(json["base64"].text());
  }
  return text;
}

enum class Verdict { Refused, Accepted, Nonsense };

/// `text` as the body itself: whether the parser takes it for JSON, whatever its type.
Verdict parseAlone(const std::string& text) {
  HttpResponse response;
  response.status = 200;
  response.body.assign(text);
  const Result<RotateTunnelAccessTokenResponse> parsed = parseResponse(response);
  if (parsed) return Verdict::Accepted;
  if (parsed.error().kind != ErrorKind::InvalidResponse) return Verdict::Nonsense;
  const bool isJson = parsed.error().message.find("expected a JSON object") != std::string::npos;
  return isJson ? Verdict::Accepted : Verdict::Refused;
}

/// `text` as a member that is skipped.
Verdict parseWrapped(const std::string& text) {
  HttpResponse response;
  response.status = 200;
  response.body.assign("{\"unknown\":" + text + ",\"tunnelArn\":\"arn\"}");
  const Result<RotateTunnelAccessTokenResponse> parsed = parseResponse(response);
  if (parsed) return parsed->tunnelArn == "arn" ? Verdict::Accepted : Verdict::Nonsense;
  return parsed.error().kind == ErrorKind::InvalidResponse ? Verdict::Refused : Verdict::Nonsense;
}

void runJsonParsing(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases")) {
    const std::string& name = json["name"].text();
    Case test(report, name);
    const std::string text = textOf(json);
    test.check("has a text", !text.empty() || json.has("text"));
    const Verdict alone = parseAlone(text);
    const Verdict wrapped = parseWrapped(text);
    const std::string& expected = json["expect"].text();
    test.check("is refused or accepted",
               alone != Verdict::Nonsense && wrapped != Verdict::Nonsense);
    if (expected == "accept") {
      test.check("is accepted", alone == Verdict::Accepted && wrapped == Verdict::Accepted);
    } else if (expected == "reject") {
      test.check("is refused", alone == Verdict::Refused && wrapped == Verdict::Refused);
    } else {
      test.equal("expectation", expected, "either");
    }
  }
}

const VectorTests tests("json_parsing.json", runJsonParsing);

}  // namespace
