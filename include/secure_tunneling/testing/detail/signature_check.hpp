// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_DETAIL_SIGNATURE_CHECK_HPP
#define SECURE_TUNNELING_TESTING_DETAIL_SIGNATURE_CHECK_HPP

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/testing/detail/civil_time.hpp"

// Signature Version 4 from the service's side, written straight down from the specification and
// sharing nothing with the library's signer: a mistake there must not be repeated here.

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {
namespace fake {

/// An error that the fake service answers.
struct ServiceError {
  int status = 400;
  std::string code;
  std::string message;
};

/// Credentials that the fake service knows.
struct KnownCredentials {
  std::string accessKeyId;
  std::string secretAccessKey;
  std::string sessionToken;
  std::optional<std::int64_t> expiresAtMs;
};

inline std::string sha256(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(digest, digest + size);
}

inline std::string hmacSha256(std::string_view key, std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest, &size);
  return std::string(digest, digest + size);
}

inline std::string lowerHex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const unsigned value = static_cast<unsigned char>(c);
    hex += digits[value >> 4U];
    hex += digits[value & 15U];
  }
  return hex;
}

inline std::string lowerCase(std::string_view text) {
  std::string lower;
  for (const char c : text)
    lower += toLower(c);
  return lower;
}

inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Value of the first header called `name` (any case).
inline std::optional<std::string> findHeader(const HttpRequest& request, std::string_view name) {
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    if (equalsIgnoreCase(request.headers[i].name, name)) {
      return std::string(trimBlanks(request.headers[i].value));
    }
  }
  return std::nullopt;
}

/// Percent-encodes everything but RFC 3986's unreserved characters (and `/` where `keepSlash`).
inline std::string percentEncode(std::string_view text, bool keepSlash) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const unsigned value = static_cast<unsigned char>(c);
    if (isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
        (keepSlash && c == '/')) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[value >> 4U];
      encoded += digits[value & 15U];
    }
  }
  return encoded;
}

/// The path without `.`, `..` and empty segments, encoded once more than on the wire.
inline std::string canonicalPath(std::string_view path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string normal;
  for (const std::string& segment : kept)
    normal += "/" + segment;
  if (normal.empty() || path.back() == '/') normal += '/';
  return percentEncode(normal, true);
}

/// The parameters, which arrive encoded, in the order of their names and values.
inline std::string canonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const std::string& parameter : split(query, '&')) {
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    parameters.emplace_back(parameter.substr(0, equals), equals == std::string::npos
                                                             ? std::string()
                                                             : parameter.substr(equals + 1));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

/// A header's value without the blanks around it and with one space for each run of spaces in it.
inline std::string canonicalValue(std::string_view value) {
  std::string canonical;
  for (const char c : trimBlanks(value)) {
    if (c != ' ' || canonical.back() != ' ') canonical += c;
  }
  return canonical;
}

/// All values of the header called `name` (in lower case), joined by commas.
inline std::string canonicalHeader(const HttpRequest& request, std::string_view name) {
  if (name == "host") return std::string(request.authority);
  std::string values;
  bool first = true;
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    if (!equalsIgnoreCase(request.headers[i].name, name)) continue;
    if (!std::exchange(first, false)) values += ',';
    values += canonicalValue(request.headers[i].value);
  }
  return values;
}

inline std::string canonicalRequest(const HttpRequest& request, const std::string& signedHeaders) {
  const std::size_t question = request.target.find('?');
  std::string canonical(request.method);
  canonical += "\n" + canonicalPath(request.target.substr(0, question)) + "\n";
  if (question != std::string_view::npos) {
    canonical += canonicalQuery(request.target.substr(question + 1));
  }
  canonical += "\n";
  for (const std::string& name : split(signedHeaders, ';')) {
    canonical += name + ":" + canonicalHeader(request, name) + "\n";
  }
  return canonical + "\n" + signedHeaders + "\n" + lowerHex(sha256(request.body));
}

/// What an Authorization header says.
struct Authorization {
  std::vector<std::string> scope;  ///< access key id, date, region, service, "aws4_request"
  std::string signedHeaders;
  std::string signature;
};

/// Checks who sent `request` and that it arrived as it was signed; the error is the service's own.
class SignatureCheck {
 public:
  /// `service` is the name of the signed service in the scope.
  SignatureCheck(const HttpRequest& request, std::string_view region,
                 const std::vector<KnownCredentials>& known, std::int64_t nowMs,
                 std::string_view service = "IoTSecuredTunneling")
      : request_(request), region_(region), known_(known), nowMs_(nowMs), service_(service) {}

  [[nodiscard]] std::optional<ServiceError> run() {
    auto error = readAuthorization();
    if (!error) error = checkCredentials();
    if (!error) error = checkScope();
    if (!error) error = checkSignedHeaders();
    if (!error) error = checkTime();
    if (!error) error = checkSignature();
    return error;
  }

 private:
  static ServiceError incomplete(std::string message) {
    return {400, "IncompleteSignatureException", std::move(message)};
  }
  static ServiceError invalid(std::string message) {
    return {403, "InvalidSignatureException", std::move(message)};
  }

  std::optional<ServiceError> readAuthorization() {
    const auto header = findHeader(request_, "authorization");
    if (!header) {
      return ServiceError{403, "MissingAuthenticationTokenException",
                          "Missing Authentication Token"};
    }
    constexpr std::string_view algorithm = "AWS4-HMAC-SHA256 ";
    if (header->compare(0, algorithm.size(), algorithm) != 0) {
      return incomplete("Authorization header does not name the algorithm AWS4-HMAC-SHA256.");
    }
    for (const std::string& part : split(std::string_view(*header).substr(algorithm.size()), ',')) {
      const std::string_view field = trimBlanks(part);
      const std::size_t equals = field.find('=');
      if (equals == std::string_view::npos) {
        return incomplete("Authorization header has a part that is not a key=value pair.");
      }
      const std::string_view value = field.substr(equals + 1);
      if (field.substr(0, equals) == "Credential") authorization_.scope = split(value, '/');
      if (field.substr(0, equals) == "SignedHeaders") authorization_.signedHeaders = value;
      if (field.substr(0, equals) == "Signature") authorization_.signature = value;
    }
    if (authorization_.scope.empty()) return missingParameter("Credential");
    if (authorization_.signedHeaders.empty()) return missingParameter("SignedHeaders");
    if (authorization_.signature.empty()) return missingParameter("Signature");
    if (authorization_.scope.size() != 5) {
      return incomplete(
          "Credential must have exactly 5 slash-delimited elements, "
          "e.g. keyid/date/region/service/term.");
    }
    const auto date = findHeader(request_, "x-amz-date");
    if (!date)
      return incomplete("Authorization header requires existence of a 'X-Amz-Date' header.");
    const auto signedAt = fromAmzDate(*date);
    if (!signedAt) return incomplete("X-Amz-Date must be in ISO-8601 'basic format'.");
    amzDate_ = *date;
    signedAtMs_ = *signedAt;
    return std::nullopt;
  }

  static ServiceError missingParameter(const char* name) {
    return incomplete(std::string("Authorization header requires '") + name + "' parameter.");
  }

  std::optional<ServiceError> checkCredentials() {
    const ServiceError unrecognized{400, "UnrecognizedClientException",
                                    "The security token included in the request is invalid."};
    const auto credentials = std::find_if(
        known_.begin(), known_.end(),
        [this](const KnownCredentials& one) { return one.accessKeyId == authorization_.scope[0]; });
    if (credentials == known_.end()) return unrecognized;
    if (findHeader(request_, "x-amz-security-token").value_or("") != credentials->sessionToken) {
      return unrecognized;
    }
    if (credentials->expiresAtMs && *credentials->expiresAtMs <= nowMs_) {
      return ServiceError{400, "ExpiredTokenException",
                          "The security token included in the request is expired"};
    }
    secret_ = credentials->secretAccessKey;
    return std::nullopt;
  }

  std::optional<ServiceError> checkScope() const {
    const std::vector<std::string>& scope = authorization_.scope;
    if (scope[1] != amzDate_.substr(0, 8)) {
      return invalid("Date in Credential scope does not match YYYYMMDD from X-Amz-Date.");
    }
    if (scope[2] != region_) return invalid("Credential should be scoped to a valid region.");
    if (scope[3] != service_) {
      return invalid("Credential should be scoped to correct service: '" + service_ + "'.");
    }
    if (scope[4] != "aws4_request") {
      return invalid("Credential should be scoped with a valid terminator: 'aws4_request'.");
    }
    return std::nullopt;
  }

  std::optional<ServiceError> checkSignedHeaders() const {
    const std::vector<std::string> names = split(authorization_.signedHeaders, ';');
    for (std::size_t i = 0; i != names.size(); ++i) {
      if (names[i] != lowerCase(names[i]) || (i != 0 && names[i] <= names[i - 1])) {
        return invalid("SignedHeaders must be in lower case and sorted, each once.");
      }
    }
    const auto isSigned = [&names](std::string_view name) {
      return std::find(names.begin(), names.end(), lowerCase(name)) != names.end();
    };
    if (!isSigned("host")) {
      return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
    }
    for (std::size_t i = 0; i != request_.headerCount; ++i) {
      const std::string name = lowerCase(request_.headers[i].name);
      if (name.compare(0, 6, "x-amz-") == 0 && !isSigned(name)) {
        return invalid("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.");
      }
    }
    return std::nullopt;
  }

  std::optional<ServiceError> checkTime() const {
    constexpr std::int64_t toleranceMs = 5 * 60 * 1000;
    if (signedAtMs_ < nowMs_ - toleranceMs) {
      return invalid("Signature expired: " + amzDate_ + " is now earlier than " +
                     toAmzDate(nowMs_ - toleranceMs) + " (" + toAmzDate(nowMs_) + " - 5 min.)");
    }
    if (signedAtMs_ > nowMs_ + toleranceMs) {
      return invalid("Signature not yet current: " + amzDate_ + " is still later than " +
                     toAmzDate(nowMs_ + toleranceMs) + " (" + toAmzDate(nowMs_) + " + 5 min.)");
    }
    return std::nullopt;
  }

  std::optional<ServiceError> checkSignature() const {
    const std::vector<std::string>& scope = authorization_.scope;
    const std::string stringToSign =
        "AWS4-HMAC-SHA256\n" + amzDate_ + "\n" + scope[1] + "/" + scope[2] + "/" + scope[3] + "/" +
        scope[4] + "\n" +
        lowerHex(sha256(canonicalRequest(request_, authorization_.signedHeaders)));
    std::string key = "AWS4" + secret_;
    for (std::size_t i = 1; i != 5; ++i)
      key = hmacSha256(key, scope[i]);
    if (lowerHex(hmacSha256(key, stringToSign)) == authorization_.signature) return std::nullopt;
    return invalid(
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method.");
  }

  const HttpRequest& request_;
  const std::string region_;
  const std::vector<KnownCredentials>& known_;
  const std::int64_t nowMs_;
  const std::string service_;
  Authorization authorization_;
  std::string amzDate_;
  std::int64_t signedAtMs_ = 0;
  std::string secret_;
};

}  // namespace fake
}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_DETAIL_SIGNATURE_CHECK_HPP
