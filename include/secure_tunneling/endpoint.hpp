// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ENDPOINT_HPP
#define SECURE_TUNNELING_ENDPOINT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/sigv4.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// What an endpoint is made from, as in the service's endpoint rule set.
struct EndpointParameters {
  /// e.g. "us-east-1"; names the host and the signing scope.
  std::string_view region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  std::string_view endpointUrl;
  bool useFips = false;
  bool useDualStack = false;
  /// Lets an explicit `http://` endpoint name a host other than loopback.
  bool allowHttp = false;
};

/// Where requests go and what they are signed for.
struct Endpoint {
  /// `scheme://authority` + `path`, the host in lower case.
  std::string url;
  bool https = true;
  /// Without a port; an IPv6 address without its brackets.
  std::string host;
  std::uint16_t port = 443;
  /// The value of the Host header: the port is there only where it is not the scheme's own.
  std::string authority;
  /// At least "/".
  std::string path;
  /// The same in the canonical form that is signed.
  std::string canonicalPath;
  std::string signingRegion;
};

/// The service's name in the credential scope, in exactly this case.
inline constexpr std::string_view signingService = "IoTSecuredTunneling"sv;

namespace detail {

struct Partition {
  std::string_view dnsSuffix;
  std::string_view dualStackDnsSuffix;
  /// Whether dual-stack endpoints have the newer shape `api.iot-tunneling.REGION.SUFFIX`.
  bool newDualStackNames;
};

// AWS publishes a list of regions and a pattern for each partition; every listed region matches its
// partition's pattern or is its `-global` name, so the patterns and those names are enough. A line
// for each: what stands in front of `-word-digits` in the region's name, or all of the name; then
// both suffixes; a "+" for the newer dual-stack names.
inline constexpr std::string_view partitions =
    "us eu ap sa ca me af il mx:amazonaws.com:api.aws:+\n"
    "cn aws-cn-global:amazonaws.com.cn:api.amazonwebservices.com.cn:+\n"
    "us-gov aws-us-gov-global:amazonaws.com:api.aws:+\n"
    "eusc-de:amazonaws.eu:api.amazonwebservices.eu:\n"
    "us-iso aws-iso-global:c2s.ic.gov:api.aws.ic.gov:\n"
    "us-isob aws-iso-b-global:sc2s.sgov.gov:api.aws.scloud:\n"
    "eu-isoe aws-iso-e-global:cloud.adc-e.uk:api.cloud-aws.adc-e.uk:\n"
    "us-isof aws-iso-f-global:csp.hci.ic.gov:api.aws.hci.ic.gov:"sv;

/// Which name in the table is a region's: what stands in front of its `-word-digits`, else all of
/// it, where that is one of the names that are whole ones.
inline std::string_view partitionName(std::string_view region) noexcept {
  const std::size_t digits = region.rfind('-');
  if (digits < region.size() && digits != 0 && parseDecimal(region.substr(digits + 1)) >= 0) {
    const std::size_t word = region.rfind('-', digits - 1);
    if (word < digits - 1) return region.substr(0, word);
  }
  return region.substr(0, 4) == "aws-"sv ? region : std::string_view();
}

/// The partition of a region; the commercial one, which is the first, for a region that no rule
/// knows.
inline Partition partitionOf(std::string_view region) noexcept {
  const std::string_view wanted = partitionName(region);
  std::string_view found;
  for (std::string_view rest = partitions; !rest.empty();) {
    std::string_view line = takePart(rest, '\n');
    const std::string_view names = takePart(line, ':');
    const bool isWanted = found.empty() || isListed(wanted, names);
    if (isWanted) found = line;
  }
  Partition partition;
  partition.dnsSuffix = takePart(found, ':');
  partition.dualStackDnsSuffix = takePart(found, ':');
  partition.newDualStackNames = !found.empty();
  return partition;
}

/// The partition whose FIPS endpoints have plain names for some services.
inline bool isGovCloud(std::string_view region) noexcept {
  return isListed(partitionName(region), "us-gov aws-us-gov-global"sv);
}

/// What a region has to be, for a message.
inline constexpr std::string_view regionRule =
    "expected letters, digits and inner hyphens, as in us-east-1"sv;
inline constexpr std::string_view regionSyntax = regionRule.substr(9);

/// Whether `text` can be one label of a host name (and so a region): letters, digits and inner
/// hyphens, 1 to 63 of them, not digits alone.
inline bool isHostLabel(std::string_view text) noexcept {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  bool onlyDigits = true;
  for (const char c : text) {
    if (!isAlpha(c) && !isDigit(c) && c != '-') return false;
    onlyDigits = onlyDigits && isDigit(c);
  }
  return !onlyDigits;
}

inline bool isLoopback(std::string_view host) noexcept {
  constexpr std::string_view local = "localhost"sv;
  if (host == "::1"sv) return true;
  if (host.substr(0, 4) == "127."sv) return host.find_first_not_of("0123456789."sv) == host.npos;
  if (host.size() > local.size() + 1 && host[host.size() - local.size() - 1] == '.') {
    host.remove_prefix(host.size() - local.size());
  }
  return equalsIgnoreCase(host, local);
}

/// Splits `authority` into host and port; false when either is not valid.
inline bool splitAuthority(std::string_view authority, Endpoint& endpoint) {
  std::string_view port = authority;
  std::string_view host = takePart(port, ':');
  bool hasPort = host.size() != authority.size();
  const bool isAddress6 = !host.empty() && host.front() == '[';
  if (isAddress6) {
    port = authority;
    port.remove_prefix(1);
    host = takePart(port, ']');
    hasPort = !port.empty();
    if (host.size() + 2 > authority.size() || host.find(':') == host.npos) return false;
    if (hasPort && !takePart(port, ':').empty()) return false;
  }
  if (host.empty() || host.size() > 255) return false;
  for (const char c : host) {
    const bool isMark = isAddress6 ? c == ':' || c == '.' : c == '-' || c == '.' || c == '_';
    const bool isLetter = isAlpha(c) && (!isAddress6 || toLower(c) <= 'f');
    if (!isDigit(c) && !isLetter && !isMark) return false;
  }
  const std::int32_t number = hasPort ? parseDecimal(port) : endpoint.https ? 443 : 80;
  if (number < 1 || number > 65535 || port.size() > 5) return false;
  endpoint.port = static_cast<std::uint16_t>(number);
  endpoint.host = host;
  return true;
}

/// Fills the members that follow from scheme, host, port and path, and makes the host lower case.
inline void finishEndpoint(Endpoint& endpoint, std::string_view region) {
  for (char& c : endpoint.host)
    c = toLower(c);
  endpoint.signingRegion = region;
  const bool isAddress6 = endpoint.host.find(':') != std::string::npos;
  const bool isDefaultPort = endpoint.port == (endpoint.https ? 443 : 80);
  std::string& authority = endpoint.authority;
  authority.clear();
  if (isAddress6) authority += '[';
  authority += endpoint.host;
  if (isAddress6) authority += ']';
  if (!isDefaultPort) {
    authority += ':';
    authority += Decimal(endpoint.port).text();
  }
  assignPieces(endpoint.url,
               {endpoint.https ? "https://"sv : "http://"sv, endpoint.authority, endpoint.path});
}

/// Takes a URL apart; `path` keeps a query. Returns what is wrong with it, nothing when all is
/// well.
inline std::string_view splitUrl(std::string_view url, Endpoint& endpoint) {
  const std::string_view scheme = takePart(url, ':');
  endpoint.https = equalsIgnoreCase(scheme, "https"sv);
  if ((!endpoint.https && !equalsIgnoreCase(scheme, "http"sv)) || url.substr(0, 2) != "//"sv) {
    return "expected http://HOST or https://HOST"sv;
  }
  url.remove_prefix(2);
  std::size_t size = 0;
  while (size != url.size() && url[size] != '/' && url[size] != '?' && url[size] != '#')
    ++size;
  const std::string_view authority = url.substr(0, size);
  url.remove_prefix(size);
  const bool hasSlash = !url.empty() && url.front() == '/';
  assignPieces(endpoint.path, {hasSlash ? ""sv : "/"sv, url});
  if (authority.find('@') != std::string_view::npos) return "a user name is not supported"sv;
  if (!isVisibleAscii(endpoint.path)) return "the path must be percent-encoded ASCII"sv;
  if (endpoint.path.find('#') != std::string::npos) return "a fragment is not supported"sv;
  return splitAuthority(authority, endpoint) ? ""sv : "expected a host name and a valid port"sv;
}

/// `url` for a message. What stands before an "@" is a password more often than not: it stays out.
inline std::string quotedUrl(std::string_view url) {
  return url.find('@') != std::string_view::npos ? std::string() : concat({" "sv, quoted(url)});
}

/// Takes `parameters.endpointUrl` apart. Returns what is wrong with it, nothing when all is well.
inline std::string_view useExplicitEndpoint(const EndpointParameters& parameters,
                                            Endpoint& endpoint) {
  std::string_view problem = splitUrl(parameters.endpointUrl, endpoint);
  if (problem.empty() && endpoint.path.find('?') != std::string::npos) {
    problem = "a query is not supported"sv;
  }
  if (problem.empty() && !endpoint.https && !parameters.allowHttp && !isLoopback(endpoint.host)) {
    problem = "http is for loopback hosts only, unless it is allowed explicitly"sv;
  }
  endpoint.canonicalPath.clear();
  sigv4::writeCanonicalPath(endpoint.path, endpoint.canonicalPath);
  return problem;
}

/// Sets the host and path that the rules give.
inline void useRegionalEndpoint(const EndpointParameters& parameters, Endpoint& endpoint) {
  const Partition partition = partitionOf(parameters.region);
  const bool newNames = parameters.useDualStack && partition.newDualStackNames;
  assignPieces(endpoint.host,
               {newNames ? "api.iot-tunneling"sv : "api.tunneling.iot"sv,
                parameters.useFips ? "-fips."sv : "."sv, parameters.region, "."sv,
                parameters.useDualStack ? partition.dualStackDnsSuffix : partition.dnsSuffix});
  endpoint.path = "/"sv;
  endpoint.canonicalPath = endpoint.path;
}

/// Settings that exclude each other, or nothing.
inline std::string_view conflictIn(const EndpointParameters& parameters) noexcept {
  if (parameters.endpointUrl.empty()) {
    return parameters.region.empty() ? "Missing Region"sv : ""sv;
  }
  if (parameters.useFips) return "FIPS and custom endpoint are not supported"sv;
  return parameters.useDualStack ? "Dualstack and custom endpoint are not supported"sv : ""sv;
}

/// `resolveEndpoint` into a new endpoint of the caller's, which is not moved then.
inline Result<void> resolveInto(Endpoint& endpoint, const EndpointParameters& parameters) {
  std::string_view subject = "Invalid Configuration"sv;
  std::string value;
  std::string_view problem = conflictIn(parameters);
  if (problem.empty() && !parameters.region.empty() && !isHostLabel(parameters.region)) {
    subject = "region "sv;
    value = quoted(parameters.region);
    problem = regionRule;
  }
  if (problem.empty() && !parameters.endpointUrl.empty()) {
    subject = "endpoint URL"sv;
    value = quotedUrl(parameters.endpointUrl);
    problem = useExplicitEndpoint(parameters, endpoint);
  } else if (problem.empty()) {
    useRegionalEndpoint(parameters, endpoint);
  }
  if (!problem.empty()) return failure(ErrorKind::Configuration, {subject, value, ": "sv, problem});
  finishEndpoint(endpoint, parameters.region);
  return {};
}

}  // namespace detail

/// Resolves the endpoint by the service's published rule set and the published partitions.
/// Returns `ErrorKind::Configuration` for a region that cannot be part of a host name, for none
/// where there is no explicit endpoint, for a malformed URL, and for FIPS or dual-stack beside an
/// explicit endpoint. Allocates; no I/O.
inline Result<Endpoint> resolveEndpoint(const EndpointParameters& parameters) {
  Endpoint endpoint;
  Result<void> resolved = detail::resolveInto(endpoint, parameters);
  if (!resolved) return std::move(resolved).error();
  return endpoint;
}

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ENDPOINT_HPP
