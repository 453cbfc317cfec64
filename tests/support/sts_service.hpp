// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/testing/detail/civil_time.hpp"
#include "secure_tunneling/testing/detail/signature_check.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/http_server.hpp"
#include "support/sts_answers.hpp"

using StsKeys = secure_tunneling::detail::fake::KnownCredentials;

/// A role that STS knows, and what it takes to get it.
struct StsRole {
  std::string arn;
  /// The key pair whose owner may take it on; empty for nobody.
  std::string trustedAccessKeyId;
  /// The token that is taken for it; empty for none.
  std::string webIdentityToken;
  /// What its users must say; empty for nothing.
  std::string externalId;
  /// The credentials that are given for it. From then on they sign calls.
  StsKeys keys;
  /// The MFA device that its users must have, and the code that it shows; empty for none.
  std::string mfaSerial = {};
  std::string mfaCode = {};
};

/// AWS STS on a loopback port: the query protocol by its documentation, strictly. It believes no
/// signature, token or parameter that it has not checked, and shares nothing with the library's
/// side of it.
class StsService {
 public:
  using Form = std::map<std::string, std::string>;

  static constexpr const char* region = "us-east-1";

  explicit StsService(std::int64_t unixMs = secure_tunneling::ManualClock::defaultUnixMs)
      : nowMs_(unixMs),
        server_([this](const HttpServer::Request& request) { return answer(request); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  void addKeys(const StsKeys& keys) {
    server_.with([&] { keys_.push_back(keys); });
  }
  void addRole(const StsRole& role) {
    server_.with([&] { roles_.push_back(role); });
  }
  /// Answers the next request with this, whatever it asks; called again, the one after. The date
  /// is that of its clock where this brings none.
  void answerNext(const HttpAnswer& answer) {
    server_.with([&] { next_.push_back(answer); });
  }
  /// Its clock, which stands still.
  void setTime(std::int64_t unixMs) {
    server_.with([&] { nowMs_ = unixMs; });
  }
  /// Takes no web identity any more: they are over.
  void endWebIdentities() {
    server_.with([&] { areWebIdentitiesOver_ = true; });
  }
  [[nodiscard]] std::size_t calls() const { return server_.lines().size(); }
  /// `Action RoleArn` of each role that was given, in order.
  [[nodiscard]] std::vector<std::string> given() {
    std::vector<std::string> copy;
    server_.with([&] { copy = given_; });
    return copy;
  }
  /// The parameters of the last request that was one.
  [[nodiscard]] Form lastForm() {
    Form copy;
    server_.with([&] { copy = form_; });
    return copy;
  }

 private:
  using Refusal = std::optional<secure_tunneling::detail::fake::ServiceError>;

  static secure_tunneling::detail::fake::ServiceError invalid(const std::string& message) {
    return {400, "ValidationError", message};
  }

  HttpAnswer answer(const HttpServer::Request& request) {
    HttpAnswer made;
    if (!next_.empty()) {
      made = next_.front();
      next_.pop_front();
    } else if (const Refusal refusal = process(request, made.body)) {
      made.status = refusal->status;
      made.body = stsError(refusal->code, refusal->message);
    }
    made.headerLines += "Content-Type: text/xml\r\n";
    if (made.headerLines.find("Date: ") == std::string::npos) {
      made.headerLines += "Date: " + secure_tunneling::detail::fake::toHttpDate(nowMs_) + "\r\n";
    }
    return made;
  }

  Refusal process(const HttpServer::Request& request, std::string& body) {
    if (Refusal refusal = readForm(request)) return refusal;
    const std::string action = parameter("Action");
    const bool isSigned = action == "AssumeRole";
    if (parameter("Version") != "2011-06-15" ||
        (!isSigned && action != "AssumeRoleWithWebIdentity")) {
      return {{400, "InvalidAction",
               "Could not find operation " + action + " for version " + parameter("Version")}};
    }
    if (Refusal refusal = isSigned ? checkSignature(request) : checkUnsigned(request))
      return refusal;
    if (Refusal refusal = checkParameters(isSigned)) return refusal;
    const auto role = std::find_if(roles_.begin(), roles_.end(), [this](const StsRole& one) {
      return one.arn == parameter("RoleArn");
    });
    if (Refusal refusal = isSigned ? checkTrust(role, request) : checkWebIdentity(role))
      return refusal;
    give(*role, action, body);
    return std::nullopt;
  }

  /// One side of a form's field; nothing when it is not encoded as one.
  static std::optional<std::string> decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i != text.size(); ++i) {
      if (text[i] != '%') {
        decoded += text[i] == '+' ? ' ' : text[i];
        continue;
      }
      const std::string digits(text.substr(i + 1, 2));
      if (digits.size() != 2 ||
          digits.find_first_not_of("0123456789ABCDEFabcdef") != std::string::npos) {
        return std::nullopt;
      }
      decoded += static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16));
      i += 2;
    }
    return decoded;
  }

  Refusal readForm(const HttpServer::Request& request) {
    form_.clear();
    if (request.method != "POST" || request.target != "/" ||
        request.header("Content-Type") != "application/x-www-form-urlencoded") {
      return {{404, "UnknownOperationException", ""}};
    }
    for (const std::string& field : secure_tunneling::detail::fake::split(request.body, '&')) {
      const std::size_t equals = field.find('=');
      const auto name = decode(std::string_view(field).substr(0, equals));
      const auto value =
          decode(equals == std::string::npos ? std::string_view()
                                             : std::string_view(field).substr(equals + 1));
      if (!name || !value || name->empty() || !form_.emplace(*name, *value).second) {
        return {{400, "MalformedQueryString", "a parameter is malformed or given twice"}};
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::string parameter(const std::string& name) const {
    const auto found = form_.find(name);
    return found == form_.end() ? std::string() : found->second;
  }

  [[nodiscard]] Refusal checkSignature(HttpServer::Request request) {
    const secure_tunneling::HttpRequest view = request.view();
    secure_tunneling::detail::fake::SignatureCheck check(view, region, keys_, nowMs_, "sts");
    Refusal refusal = check.run();
    if (!refusal) return std::nullopt;
    // What the query protocol calls the same errors.
    constexpr std::string_view suffix = "Exception";
    std::string& code = refusal->code;
    code.resize(code.size() - suffix.size());
    if (code == "InvalidSignature") code = "SignatureDoesNotMatch";
    if (code == "UnrecognizedClient") code = "InvalidClientTokenId";
    if (code != "IncompleteSignature") refusal->status = 403;
    return refusal;
  }
  /// The token says who asks; nobody signs.
  static Refusal checkUnsigned(const HttpServer::Request& request) {
    for (const char* const name : {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}) {
      if (request.header(name)) return invalid(std::string(name) + " is of no use here");
    }
    return std::nullopt;
  }

  [[nodiscard]] Refusal checkParameters(bool isSigned) const {
    for (const auto& [name, value] : form_) {
      const bool isKnown = name == "Action" || name == "Version" || name == "RoleArn" ||
                           name == "RoleSessionName" || name == "DurationSeconds" ||
                           name == (isSigned ? "ExternalId" : "WebIdentityToken") ||
                           (isSigned && (name == "SerialNumber" || name == "TokenCode"));
      if (!isKnown) return invalid("unknown parameter " + name);
    }
    if (parameter("RoleArn").size() < 20) return invalid("roleArn: at least 20 characters");
    const std::string session = parameter("RoleSessionName");
    if (session.size() < 2 || session.size() > 64 ||
        !std::all_of(session.begin(), session.end(), isOfSessionName)) {
      return invalid("roleSessionName: 2 to 64 of [\\w+=,.@-]");
    }
    if (form_.count("DurationSeconds") == 0) return std::nullopt;
    const std::string duration = parameter("DurationSeconds");
    const long seconds = std::strtol(duration.c_str(), nullptr, 10);
    if (duration != std::to_string(seconds) || seconds < 900 || seconds > 43200) {
      return invalid("durationSeconds: 900 to 43200");
    }
    return std::nullopt;
  }
  static bool isOfSessionName(char c) {
    return secure_tunneling::detail::isAlpha(c) || secure_tunneling::detail::isDigit(c) ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  }

  using RoleAt = std::vector<StsRole>::const_iterator;

  [[nodiscard]] Refusal checkTrust(RoleAt role, const HttpServer::Request& request) const {
    const std::string accessKeyId = accessKeyIdOf(request);
    const std::string arn = parameter("RoleArn");
    if (role == roles_.end() || role->trustedAccessKeyId != accessKeyId ||
        role->externalId != parameter("ExternalId")) {
      return {{403, "AccessDenied",
               "User: " + accessKeyId + " is not authorized to perform: sts:AssumeRole on " +
                   "resource: " + arn}};
    }
    if (role->mfaSerial != parameter("SerialNumber") || role->mfaCode != parameter("TokenCode")) {
      return {{403, "AccessDenied",
               "MultiFactorAuthentication failed with invalid MFA one time pass code."}};
    }
    return std::nullopt;
  }
  /// Of a request whose signature is good.
  static std::string accessKeyIdOf(const HttpServer::Request& request) {
    const std::string authorization = request.header("Authorization").value_or("");
    constexpr std::string_view before = "Credential=";
    const std::size_t begin = authorization.find(before) + before.size();
    return authorization.substr(begin, authorization.find('/', begin) - begin);
  }
  [[nodiscard]] Refusal checkWebIdentity(RoleAt role) const {
    if (role == roles_.end() || role->webIdentityToken.empty()) {
      return {{403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}};
    }
    if (role->webIdentityToken != parameter("WebIdentityToken")) {
      return {{400, "InvalidIdentityToken", "The web identity token that was passed is invalid"}};
    }
    if (areWebIdentitiesOver_) {
      return {{400, "ExpiredTokenException",
               "Token expired: current date/time must be before the expiration date/time"}};
    }
    return std::nullopt;
  }

  void give(const StsRole& role, const std::string& action, std::string& body) {
    const long seconds =
        form_.count("DurationSeconds") == 0 ? 3600 : std::stol(parameter("DurationSeconds"));
    StsKeys keys = role.keys;
    keys.expiresAtMs = nowMs_ + seconds * 1000;
    keys_.push_back(keys);
    given_.push_back(action + " " + role.arn);
    std::string expiration = secure_tunneling::detail::fake::toAmzDate(*keys.expiresAtMs);
    for (const std::size_t at : {4U, 7U})
      expiration.insert(at, "-");
    for (const std::size_t at : {13U, 16U})
      expiration.insert(at, ":");
    body = stsAnswer(keys.accessKeyId, keys.secretAccessKey, keys.sessionToken, expiration, action);
  }

  std::int64_t nowMs_;
  bool areWebIdentitiesOver_ = false;
  std::vector<StsKeys> keys_;
  std::vector<StsRole> roles_;
  std::deque<HttpAnswer> next_;
  std::vector<std::string> given_;
  Form form_;
  HttpServer server_;
};
