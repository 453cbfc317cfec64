// SPDX-License-Identifier: BSL-1.0
// Clock skew: what is learnt from each answer, what is signed with it and what is sent again,
// through RotateCall.
#include "answers.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

void runOperation(Case& test, CallState& state, const Json& operation) {
  test.equal("skew before", detail::sharedBy(state).clockSkewMs,
             operation["initial_client_skew"].integer() * 1000);
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  for (const Json& attempt : operation["attempts"].items()) {
    const Moment sent{unixMsOf(attempt["client_time_at_send"].text()), 0};
    if (nextStep(call, sent) != Step::Send) return test.check("sends", false);
    test.equal("signing time", unixMsOf(headerOf(call.request(), "x-amz-date")),
               unixMsOf(attempt["expected_signing_time"].text()));
    const Json& response = attempt["response"];
    writeAnswer(call.response(), response["status"].integer(), response["headers"],
                response["error_code"]);
    call.onSent({}, {unixMsOf(attempt["client_time_at_receive"].text()), 0});
  }
  test.equal("skew after", detail::sharedBy(state).clockSkewMs,
             operation["expected_client_skew"].integer() * 1000);
  if (call.next({}) != Step::Done) return test.check("is done", false);
  test.equal("outcome", call.takeResult() ? "success" : "error",
             operation["expected_outcome"].text());
}

void runCase(const Json& json, Report& report) {
  Case test(report, json["name"].text());
  const Json& first = json["operations"][0];
  Settings settings = settingsForTests();
  settings.maxAttempts = static_cast<int>(first["max_attempts"].integer());
  CallState state(settings);
  detail::sharedBy(state).clockSkewMs = first["initial_client_skew"].integer() * 1000;
  for (const Json& operation : json["operations"].items()) {
    test.equal("attempts are the client's", operation["max_attempts"].integer(),
               settings.maxAttempts);
    runOperation(test, state, operation);
  }
}

void runCode(const Json& json, Report& report) {
  Case test(report, "code_table: " + json["name"].text());
  CallState state(settingsForTests());
  const RotateTunnelAccessTokenRequest input = rotateAll();
  Call call(state, input);
  const Moment now{unixMsOf("2026-01-01T12:00:00Z"), 0};
  if (nextStep(call, now) != Step::Send) return test.check("sends", false);
  writeAnswer(call.response(), 400, {}, json["error_code"]);
  const std::int64_t skewMs = json["observed_skew_seconds"].integer() * 1000;
  const detail::AmzDate serverTime = detail::formatAmzDate(now.unixMs + skewMs);
  if (!json["observed_skew_seconds"].isNull()) {
    const std::string_view time = serverTime.view().substr(9);
    call.response().headers.add("Date", std::string("Thu, 01 Jan 2026 ")
                                            .append(time.substr(0, 2))
                                            .append(":")
                                            .append(time.substr(2, 2))
                                            .append(":")
                                            .append(time.substr(4, 2))
                                            .append(" GMT"));
  }
  call.onSent({}, now);
  const bool isSentAgain = call.next(now) == Step::Send;
  test.check("is sent again", isSentAgain == json["expected_retry_as_clock_skew"].isTrue());
  if (isSentAgain)
    test.equal("signing time", headerOf(call.request(), "x-amz-date"), serverTime.view());
}

void runClockSkew(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    runCase(json, report);
  for (const Json& json : report.cases(vectors, "code_table"))
    runCode(json, report);
  for (const Json& json : report.cases(vectors["kotlin_older_rule"], "cases")) {
    report.notApplicable("kotlin_older_rule: " + json["name"].text(),
                         "one SDK's own rule, which the shared cases differ from");
  }
}

const VectorTests tests("clock_skew.json", runClockSkew);

}  // namespace
