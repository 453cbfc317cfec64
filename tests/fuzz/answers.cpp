// SPDX-License-Identifier: BSL-1.0
// Any answer, an echo of the request in it, is a response with exactly what a JSON library finds in
// it, or an error that tells no secret.
#include <rapidjson/document.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/support/answer.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "support/calls.hpp"

using namespace secure_tunneling;

namespace {

/// Whether all of a value is UTF-8 and no deeper than `levels`.
bool isPlain(const rapidjson::Value& value, int levels) {
  if (value.IsString()) return detail::isUtf8({value.GetString(), value.GetStringLength()});
  if (!value.IsObject() && !value.IsArray()) return true;
  if (levels == 0) return false;
  if (value.IsArray()) {
    for (const auto& each : value.GetArray()) {
      if (!isPlain(each, levels - 1)) return false;
    }
    return true;
  }
  for (const auto& member : value.GetObject()) {
    if (!isPlain(member.name, 0) || !isPlain(member.value, levels - 1)) return false;
  }
  return true;
}

/// What an answer of status 200 holds by RapidJSON's DOM.
class Expected {
 public:
  explicit Expected(const std::string& body) {
    rapidjson::StringStream stream(body.c_str());
    // As strings, for a number may be larger than what a DOM holds; still not one of 10^309.
    document_.ParseStream<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(
        stream);
    canTell_ = document_.GetParseError() != rapidjson::kParseErrorNumberTooBig;
    isGood_ = !document_.HasParseError() && stream.Tell() == body.size() && document_.IsObject() &&
              isPlain(document_, 16);
  }
  /// False for numbers that are JSON, and too big for RapidJSON.
  [[nodiscard]] bool canTell() const { return canTell_; }
  [[nodiscard]] bool isGood() const { return isGood_; }
  /// The last member of that name.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& member : document_.GetObject()) {
      if (std::string_view(member.name.GetString(), member.name.GetStringLength()) != name)
        continue;
      found.reset();
      if (member.value.IsString())
        found.emplace(member.value.GetString(), member.value.GetStringLength());
    }
    return found;
  }

 private:
  rapidjson::Document document_;
  bool canTell_ = true;
  bool isGood_ = false;
};

void compare(const Expected& expected, std::string_view name,
             const std::optional<std::string_view>& read) {
  // Where a number is expected as a string, the response is an error.
  require(expected.text(name) == read, "a member is what a JSON library finds", name);
}

std::optional<std::string_view> viewOf(const std::optional<Secret>& secret) {
  if (!secret) return std::nullopt;
  return secret->expose();
}

}  // namespace

void fuzz(std::string_view input) {
  Settings settings = settingsForTests();
  settings.maxAttempts = 1;
  CallState state(settings);
  Call call(state, rotateAll());
  require(call.next({}) == Step::NeedCredentials, "a call asks for credentials");
  giveCredentials(call, "AKIDEXAMPLE", secretKey, temporaryToken);
  require(call.next({}) == Step::Send, "a call with credentials is sent");
  const std::string_view authorization = headerOf(call.request(), "authorization");
  const std::string signature(authorization.substr(authorization.size() - 64));

  Answer answer({secretKey, temporaryToken, signature});
  std::string unmarked;
  Script script(input);
  while (script.next()) {
    const std::size_t size = answer.body.size();
    answer.take(script);
    if (script.letter() != 't') unmarked.append(answer.body, size);
  }
  // An echo of a token that nothing marks as one cannot be told from any other word.
  if (holdsPiece(unmarked, newToken) || holdsPiece(answer.headers, newToken)) return;
  answer.give(call.response());
  const std::string body = answer.body;
  call.onSent({}, {});
  require(call.next({}) == Step::Done, "one attempt is one request");
  const Result<RotateTunnelAccessTokenResponse> result = call.takeResult();

  const bool isSuccess = answer.status / 100 == 2;
  if (!result) {
    for (const std::string_view secret : {secretKey, temporaryToken, std::string_view(signature)})
      requireUntold(result.error(), secret);
    requireUntold(result.error(), newToken);
    requireVisible(result.error());
    require(result.error().attempts == 1, "one attempt was made");
    const bool isAnswered = result.error().delivery == Delivery::Answered;
    require(isAnswered == (answer.status >= 200), "an answer is told as one");
    require(result.error().httpStatus == (isAnswered ? answer.status : 0), "the status is told");
  } else {
    require(isSuccess, "only a 2xx is a success");
    for (const std::string_view secret : {secretKey, temporaryToken, std::string_view(signature)})
      requireIdUntold(result->requestId, secret);
  }
  if (!isSuccess) return;
  const Expected expected(body);
  if (!expected.canTell()) return;
  if (!expected.isGood()) return require(!result, "what is no JSON object is an error", body);
  if (!result) return;
  compare(expected, "tunnelArn", result->tunnelArn);
  compare(expected, "sourceAccessToken", viewOf(result->sourceAccessToken));
  compare(expected, "destinationAccessToken", viewOf(result->destinationAccessToken));
}
