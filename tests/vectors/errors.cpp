// SPDX-License-Identifier: BSL-1.0
// Error and response bodies of the awsJson1.1 protocol. The published cases are about operations
// of a test service: what is common to all operations is checked.
#include "secure_tunneling/protocol/aws_json.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

HttpResponse responseOf(const Json& json) {
  HttpResponse response;
  response.status = static_cast<int>(json["status"].integer());
  const Json& headers = json["headers"];
  for (std::size_t i = 0; i != headers.names().size(); ++i)
    response.headers.add(headers.names()[i], headers[i].text());
  response.body.assign(json["body"].text());
  return response;
}

void checkError(const Json& json, const Json& code, const Json& message, const Json& requestId,
                Report& report) {
  Case test(report, json["suite"].text() + "/" + json["id"].text());
  HttpResponse response = responseOf(json);
  const Error error = parseErrorResponse(response);
  test.check("is an error of the service", error.kind == ErrorKind::Service, error.message);
  test.equal("status", error.httpStatus, json["status"].integer());
  test.equal("code", error.code, code.text());
  test.equal("message", error.message, message.text());
  test.equal("request id", error.requestId, requestId.text());
}

void checkResponse(const Json& json, Report& report) {
  const std::string name = json["suite"].text() + "/" + json["id"].text();
  if (json["applies_to"].text() == "server")
    return report.notApplicable(name, "about what a server sends");
  if (json["body"].text().empty()) {
    return report.notApplicable(
        name, "an empty body cannot answer this operation, and is refused on purpose");
  }
  Case test(report, name);
  HttpResponse response = responseOf(json);
  const std::string requestId(response.headers.find("x-amzn-requestid").value_or(""));
  const Result<RotateTunnelAccessTokenResponse> parsed = parseResponse(response);
  test.check("is understood", parsed.hasValue(), parsed ? "" : parsed.error().message);
  if (!parsed) return;
  test.check("members of another shape are skipped",
             !parsed->tunnelArn && !parsed->sourceAccessToken && !parsed->destinationAccessToken);
  test.equal("request id", parsed->requestId, requestId);
}

void runErrors(const Json& vectors, Report& report) {
  const Json absent;
  for (const char* const group : {"error_cases", "extra_error_cases"}) {
    for (const Json& json : report.cases(vectors, group))
      checkError(json, json["expect_code"], json["expect_message"], absent, report);
  }
  for (const Json& json : report.cases(vectors, "odd_bodies")) {
    if (json["botocore_code"].text() == json["status"].text()) {
      report.notApplicable(json["suite"].text() + "/" + json["id"].text(),
                           "botocore puts the HTTP status for a code that is not there; here the "
                           "code stays empty and a body that is not JSON is the message");
      continue;
    }
    checkError(json, json["botocore_code"], json["botocore_message"], json["botocore_request_id"],
               report);
  }
  for (const Json& json : report.cases(vectors, "response_cases"))
    checkResponse(json, report);
  for (const Json& json : report.cases(vectors, "request_cases")) {
    report.notApplicable(json["suite"].text() + "/" + json["id"].text(),
                         "the input of another operation: " + json["shape"].text());
  }
}

const VectorTests tests("errors.json", runErrors);

}  // namespace
