// SPDX-License-Identifier: BSL-1.0
// Another action of the service, on the engine of the first: what it takes to add one.
#include <string>
#include <string_view>

#include "secure_tunneling/call/service_call.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

/// DescribeTunnel, as far as a test needs it: the status of a tunnel.
class DescribeTunnelCall final : public ServiceCall<TestSha256> {
 public:
  DescribeTunnelCall(CallState& state, std::string_view tunnelId,
                     CredentialsSource* source = nullptr)
      : ServiceCall(state, "IoTSecuredTunneling.DescribeTunnel", source, false) {
    detail::RequestBody json(body());
    json.addRequired(R"({"tunnelId":)", "tunnelId", tunnelId);
    begin(json.finish());
  }

  Result<std::string> takeStatus() {
    if (!error_.empty()) return std::move(*error_);
    detail::StringMembers members("status");
    members.parent = "tunnel";
    std::string problem;
    detail::readAnswer(exchange_.response, members, 1, problem);
    if (!problem.empty()) return makeError(ErrorKind::InvalidResponse, problem);
    return std::string(members[0].text);
  }
};

void answer(DescribeTunnelCall& call, int status, std::string_view body) {
  call.response().status = status;
  call.response().body.assign(body);
  call.onSent({}, {});
}

}  // namespace

TEST_CASE("another action is signed, sent and read") {
  CallState state(settingsForTests());
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  DescribeTunnelCall call(state, "t-1", &credentials);
  REQUIRE(call.next({1768480200000, 0}) == Step::Send);
  CHECK(call.request().method == "POST");
  CHECK(call.request().url == "https://api.tunneling.iot.us-east-1.amazonaws.com/");
  CHECK(call.request().body == R"({"tunnelId":"t-1"})");
  CHECK(headerOf(call.request(), "X-Amz-Target") == "IoTSecuredTunneling.DescribeTunnel");
  // By botocore's SigV4Auth, with the same time, keys, headers and body.
  CHECK(headerOf(call.request(), "Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/IoTSecuredTunneling/"
        "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
        "8c02d97dc20cec5ee21325bb7241a30c30aa8b305a5f8b0dcb7e9379ee1831cb");
  answer(call, 200, R"({"tunnel":{"tunnelId":"t-1","status":"OPEN"}})");
  REQUIRE(call.next({}) == Step::Done);
  CHECK(*call.takeStatus() == "OPEN");
}

TEST_CASE("another action is tried again and refused as the first one is") {
  CallState state(settingsForTests());
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  DescribeTunnelCall call(state, "t-1", &credentials);
  REQUIRE(call.next({}) == Step::Send);
  answer(call, 503, "");
  REQUIRE(call.next({}) == Step::Send);
  answer(call, 400, R"({"__type":"ResourceNotFoundException","message":"gone"})");
  REQUIRE(call.next({}) == Step::Done);
  const Result<std::string> status = call.takeStatus();
  REQUIRE_FALSE(status);
  CHECK(status.error().code == "ResourceNotFoundException");
  CHECK(status.error().attempts == 2);
}

TEST_CASE("a mistake in another action's request is found before anything is sent") {
  CallState state(settingsForTests());
  DescribeTunnelCall call(state, "");
  REQUIRE(call.next({}) == Step::Done);
  CHECK(call.takeStatus().error().message == "tunnelId: required, at least one character");
}
