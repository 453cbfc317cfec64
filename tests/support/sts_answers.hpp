// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

/// What STS answers with, by default good for an hour from the time of `ManualClock`.
inline std::string stsAnswer(const std::string& accessKeyId, const std::string& secretAccessKey,
                             const std::string& sessionToken,
                             const std::string& expiration = "2026-01-15T13:30:00Z",
                             const std::string& action = "AssumeRole") {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" +
         action +
         "Result>\n    <AssumedRoleUser>\n      "
         "<Arn>arn:aws:sts::1:assumed-role/R</Arn>\n"
         "    </AssumedRoleUser>\n    <Credentials>\n      <AccessKeyId>" +
         accessKeyId + "</AccessKeyId>\n      <SecretAccessKey>" + secretAccessKey +
         "</SecretAccessKey>\n      <SessionToken>" + sessionToken +
         "</SessionToken>\n      <Expiration>" + expiration +
         "</Expiration>\n    </Credentials>\n  </" + action +
         "Result>\n  <ResponseMetadata>\n    <RequestId>d9d47248</RequestId>\n"
         "  </ResponseMetadata>\n</" +
         action + "Response>\n";
}

/// How STS refuses.
inline std::string stsError(const std::string& code, const std::string& message) {
  return "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n"
         "    <Type>Sender</Type>\n    <Code>" +
         code + "</Code>\n    <Message>" + message +
         "</Message>\n  </Error>\n  <RequestId>d9d47248</RequestId>\n</ErrorResponse>\n";
}
