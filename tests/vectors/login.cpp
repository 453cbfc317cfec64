// SPDX-License-Identifier: BSL-1.0
// Credentials of `aws login`: config file, cache and the answers of AWS Sign-In in, credentials,
// requests and cache out.
#include "secure_tunneling/adapters/login_credentials.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/environment.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

/// JSON with the members of every object in the order of their names.
std::string sorted(const Json& json) {
  const auto quoted = [](const std::string& text) {
    std::string out;
    detail::appendJsonString(out, text);
    return out;
  };
  std::vector<std::string> parts;
  switch (json.type()) {
    case Json::Type::Null:
      return "null";
    case Json::Type::Boolean:
    case Json::Type::Number:
      return json.text();
    case Json::Type::String:
      return quoted(json.text());
    case Json::Type::Array:
    case Json::Type::Object:
      break;
  }
  for (std::size_t i = 0; i != json.items().size(); ++i) {
    const bool isNamed = json.type() == Json::Type::Object;
    parts.push_back((isNamed ? quoted(json.names()[i]) + ":" : "") + sorted(json.items()[i]));
  }
  if (json.type() == Json::Type::Object) std::sort(parts.begin(), parts.end());
  std::string out(1, json.type() == Json::Type::Object ? '{' : '[');
  for (const std::string& part : parts)
    out += (out.size() == 1 ? "" : ",") + part;
  return out + (out[0] == '{' ? "}" : "]");
}

std::string sorted(const std::string& text) {
  const auto json = Json::parse(text);
  return json ? sorted(*json) : "no JSON: " + text;
}

std::string readText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void checkCalls(Case& test, const Json& calls, const ScriptedTransport& transport) {
  const std::vector<RecordedRequest>& made = transport.requests();
  test.equal("calls", static_cast<std::int64_t>(made.size()),
             static_cast<std::int64_t>(calls.items().size()));
  for (std::size_t i = 0; i != std::min(made.size(), calls.items().size()); ++i) {
    const Json& call = calls[i];
    test.equal("method", made[i].method, call["method"].text());
    test.equal("path", made[i].target, call["path"].text());
    test.equal("body", sorted(made[i].body), sorted(call["body"]));
    test.check("signed", made[i].header("Authorization").has_value() == call["signed"].isTrue());
    const std::string proof = made[i].header("DPoP").value_or("");
    test.equal("parts of the proof", std::count(proof.begin(), proof.end(), '.'), 2);
    const Json& headers = call["headers"];
    for (std::size_t k = 0; k != headers.names().size(); ++k) {
      test.equal(headers.names()[k], made[i].header(headers.names()[k]).value_or(""),
                 headers.items()[k].text());
    }
  }
}

void runLogin(const Json& json, Report& report) {
  Case test(report, json["name"].text());
  TestEnvironment environment;
  const Json& env = json["env"];
  for (std::size_t i = 0; i != env.names().size(); ++i)
    environment.set(env.names()[i].c_str(), env.items()[i].text());
  environment.write(".aws/config", json["config"].text());
  const std::string& named = env["AWS_LOGIN_CACHE_DIRECTORY"].text();
  const std::string folder = detail::expandPath(named.empty() ? "~/.aws/login/cache" : named);
  std::filesystem::create_directories(folder);
  const Json& cache = json["cache"];
  for (std::size_t i = 0; i != cache.names().size(); ++i)
    std::ofstream(folder + "/" + cache.names()[i], std::ios::binary) << sorted(cache.items()[i]);

  ManualClock clock;
  clock.set(detail::parseIsoDate(json["now"].text()).value_or(0));
  ScriptedTransport transport;
  for (const Json& call : json["calls"].items()) {
    transport.answer(static_cast<int>(call["status"].integer()),
                     call.has("response") ? sorted(call["response"]) : std::string());
  }
  GivenStsSettings given;
  given.profile = json["profile"].text();
  given.region = json["region"].text();
  LoginCredentials provider(transport, clock, given);
  CredentialsQuery query;
  query.nowMs = clock.now().unixMs;
  Credentials credentials;
  const Result<void> result = provider.retrieve(query, credentials);
  checkCalls(test, json["calls"], transport);
  if (json["error"].isTrue()) {
    test.check("is an error", !result.hasValue());
    const std::string message = result ? "" : result.error().message;
    const bool isOfTheFile = json["calls"].items().empty();
    test.check("says what to run", !isOfTheFile || message.find("aws login") != std::string::npos,
               message);
  } else if (!result) {
    test.check("gives credentials", false, result.error().message);
  } else {
    const Json& expected = json["credentials"];
    test.equal("access key id", credentials.accessKeyId, expected["accessKeyId"].text());
    test.equal("secret access key", credentials.secretAccessKey.expose(),
               expected["secretAccessKey"].text());
    test.equal("session token", credentials.sessionToken.expose(), expected["sessionToken"].text());
    test.equal("expires", credentials.expiresAtMs.value_or(0),
               detail::parseIsoDate(expected["expiresAt"].text()).value_or(-1));
  }
  const Json& after = json.has("cache_after") ? json["cache_after"] : cache;
  for (std::size_t i = 0; i != after.names().size(); ++i) {
    test.equal("cache", sorted(readText(folder + "/" + after.names()[i])),
               sorted(after.items()[i]));
  }
}

void runAll(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    runLogin(json, report);
}

const VectorTests tests("login.json", runAll);

}  // namespace
