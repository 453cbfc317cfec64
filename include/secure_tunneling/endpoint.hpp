// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ENDPOINT_HPP
#define SECURE_TUNNELING_ENDPOINT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/result.hpp"

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
  std::string signingRegion;
};

/// The service's name in the credential scope, in exactly this case.
inline constexpr std::string_view signingService = "IoTSecuredTunneling"sv;

namespace detail {

struct Partition {
  /// Region names of the partition: one of these in front, then `-word-digits`.
  std::string_view prefixes;
  std::string_view dnsSuffix;
  std::string_view dualStackDnsSuffix;
  /// Where dual-stack endpoints have the newer shape `api.iot-tunneling.REGION.SUFFIX`.
  bool newDualStackNames;
};

// AWS publishes a list of regions and a pattern for each partition; every listed region matches its
// partition's pattern or is its `-global` name, so the patterns and those names are enough.
inline constexpr Partition partitions[] = {
    {"us eu ap sa ca me af il mx "sv, "amazonaws.com"sv, "api.aws"sv, true},
    {"cn aws-cn-global "sv, "amazonaws.com.cn"sv, "api.amazonwebservices.com.cn"sv, true},
    {"us-gov aws-us-gov-global "sv, "amazonaws.com"sv, "api.aws"sv, true},
    {"eusc-de "sv, "amazonaws.eu"sv, "api.amazonwebservices.eu"sv, false},
    {"us-iso aws-iso-global "sv, "c2s.ic.gov"sv, "api.aws.ic.gov"sv, false},
    {"us-isob aws-iso-b-global "sv, "sc2s.sgov.gov"sv, "api.aws.scloud"sv, false},
    {"eu-isoe aws-iso-e-global "sv, "cloud.adc-e.uk"sv, "api.cloud-aws.adc-e.uk"sv, false},
    {"us-isof aws-iso-f-global "sv, "csp.hci.ic.gov"sv, "api.aws.hci.ic.gov"sv, false},
};

/// Whether `region` is `prefix`, or `prefix-word-digits` for a prefix that is no whole name.
inline bool matchesPartitionName(std::string_view region, std::string_view prefix) noexcept {
  if (region.substr(0, prefix.size()) != prefix) return false;
  region.remove_prefix(prefix.size());
  if (region.empty()) return prefix.substr(0, 4) == "aws-"sv;
  const std::size_t dash = region.find('-', 1);
  if (region[0] != '-' || dash == std::string_view::npos || dash == 1) return false;
  for (std::size_t i = 1; i != dash; ++i) {
    if (!isAlpha(region[i]) && !isDigit(region[i]) && region[i] != '_') return false;
  }
  if (dash + 1 == region.size()) return false;
  for (std::size_t i = dash + 1; i != region.size(); ++i) {
    if (!isDigit(region[i])) return false;
  }
  return true;
}

/// The partition of a region; the commercial one for a region that no rule knows.
inline const Partition& partitionOf(std::string_view region) noexcept {
  for (const Partition& partition : partitions) {
    for (std::string_view names = partition.prefixes; !names.empty();) {
      const std::size_t end = names.find(' ');
      if (matchesPartitionName(region, names.substr(0, end))) return partition;
      names.remove_prefix(end + 1);
    }
  }
  return partitions[0];
}

/// What a region has to be, for a message.
inline constexpr std::string_view regionSyntax =
    "letters, digits and inner hyphens, as in us-east-1"sv;

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
  constexpr std::string_view local = ".localhost"sv;
  return host == "localhost"sv || host == "::1"sv ||
         (host.size() > local.size() && host.substr(host.size() - local.size()) == local) ||
         (host.substr(0, 4) == "127."sv && host.find_first_not_of("0123456789."sv) == host.npos);
}

/// Splits `authority` into host and port; false when either is not valid.
inline bool splitAuthority(std::string_view authority, Endpoint& endpoint) {
  std::string_view host = authority;
  std::string_view port;
  bool hasPort = false;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    host = authority.substr(1, end - 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:."sv) != host.npos ||
        host.find(':') == host.npos) {
      return false;
    }
    port = authority.substr(end + 1);
    hasPort = !port.empty();
    if (hasPort && port.front() != ':') return false;
    if (hasPort) port.remove_prefix(1);
  } else {
    const std::size_t colon = authority.find(':');
    hasPort = colon != std::string_view::npos;
    host = authority.substr(0, colon);
    if (hasPort) port = authority.substr(colon + 1);
    if (host.empty() || host.size() > 255) return false;
    for (const char c : host) {
      if (!isAlpha(c) && !isDigit(c) && c != '-' && c != '.' && c != '_') return false;
    }
  }
  unsigned number = endpoint.https ? 443 : 80;
  if (hasPort) {
    if (port.empty() || port.size() > 5) return false;
    number = 0;
    for (const char c : port) {
      if (!isDigit(c)) return false;
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
    if (number == 0 || number > 65535) return false;
  }
  endpoint.port = static_cast<std::uint16_t>(number);
  endpoint.host.clear();
  for (const char c : host)
    endpoint.host.push_back(toLower(c));
  return true;
}

/// Fills the members that follow from scheme, host, port and path, and makes the host lower case.
inline void finishEndpoint(Endpoint& endpoint, std::string_view region) {
  for (char& c : endpoint.host)
    c = toLower(c);
  endpoint.signingRegion = region;
  const bool isAddress6 = endpoint.host.find(':') != std::string::npos;
  const bool isDefaultPort = endpoint.port == (endpoint.https ? 443 : 80);
  const Decimal port(endpoint.port);
  endpoint.authority = concat({isAddress6 ? "["sv : ""sv, endpoint.host, isAddress6 ? "]"sv : ""sv,
                               isDefaultPort ? ""sv : ":"sv, isDefaultPort ? ""sv : port.text()});
  endpoint.url =
      concat({endpoint.https ? "https://"sv : "http://"sv, endpoint.authority, endpoint.path});
}

/// Takes a URL apart; `path` keeps a query. Returns what is wrong with it, nothing when all is
/// well.
inline std::string_view splitUrl(std::string_view url, Endpoint& endpoint) {
  endpoint.https = equalsIgnoreCase(url.substr(0, 8), "https://"sv);
  if (!endpoint.https && !equalsIgnoreCase(url.substr(0, 7), "http://"sv)) {
    return "expected http://HOST or https://HOST"sv;
  }
  url.remove_prefix(endpoint.https ? 8 : 7);
  const std::size_t slash = url.find_first_of("/?#"sv);
  const std::string_view authority = url.substr(0, slash);
  endpoint.path = slash == std::string_view::npos ? std::string_view("/"sv) : url.substr(slash);
  if (authority.find('@') != std::string_view::npos) return "a user name is not supported"sv;
  if (!isVisibleAscii(endpoint.path)) return "the path must be percent-encoded ASCII"sv;
  if (endpoint.path.find('#') != std::string::npos) return "a fragment is not supported"sv;
  if (endpoint.path.front() == '?') endpoint.path.insert(0, 1, '/');
  return splitAuthority(authority, endpoint) ? ""sv : "expected a host name and a valid port"sv;
}

/// `url` for a message. What stands before an "@" is a password more often than not: it stays out.
inline std::string quotedUrl(std::string_view url) {
  return url.find('@') != std::string_view::npos ? std::string() : " " + quoted(url);
}

inline Result<Endpoint> explicitEndpoint(const EndpointParameters& parameters) {
  Endpoint endpoint;
  std::string_view problem = splitUrl(parameters.endpointUrl, endpoint);
  if (problem.empty() && endpoint.path.find('?') != std::string::npos) {
    problem = "a query is not supported"sv;
  }
  if (problem.empty() && !endpoint.https && !parameters.allowHttp && !isLoopback(endpoint.host)) {
    problem = "http is for loopback hosts only, unless it is allowed explicitly"sv;
  }
  if (!problem.empty()) {
    return errorOf(ErrorKind::Configuration,
                   {"endpoint URL"sv, quotedUrl(parameters.endpointUrl), ": "sv, problem});
  }
  finishEndpoint(endpoint, parameters.region);
  return endpoint;
}

}  // namespace detail

/// Resolves the endpoint by the service's published rule set and the published partitions.
/// Returns `ErrorKind::Configuration` for a region that cannot be part of a host name, for none
/// where there is no explicit endpoint, for a malformed URL, and for FIPS or dual-stack beside an
/// explicit endpoint. Allocates; no I/O.
inline Result<Endpoint> resolveEndpoint(const EndpointParameters& parameters) {
  const bool isExplicit = !parameters.endpointUrl.empty();
  std::string_view conflict;
  if (isExplicit && parameters.useFips) {
    conflict = "FIPS and custom endpoint are not supported"sv;
  } else if (isExplicit && parameters.useDualStack) {
    conflict = "Dualstack and custom endpoint are not supported"sv;
  } else if (!isExplicit && parameters.region.empty()) {
    conflict = "Missing Region"sv;
  }
  if (!conflict.empty()) {
    return detail::errorOf(ErrorKind::Configuration, {"Invalid Configuration: "sv, conflict});
  }
  if (!parameters.region.empty() && !detail::isHostLabel(parameters.region)) {
    return detail::errorOf(
        ErrorKind::Configuration,
        {"region "sv, detail::quoted(parameters.region), ": expected "sv, detail::regionSyntax});
  }
  if (isExplicit) return detail::explicitEndpoint(parameters);

  const detail::Partition& partition = detail::partitionOf(parameters.region);
  const bool newNames = parameters.useDualStack && partition.newDualStackNames;
  Endpoint endpoint;
  endpoint.host = detail::concat(
      {newNames ? "api.iot-tunneling"sv : "api.tunneling.iot"sv,
       parameters.useFips ? "-fips."sv : "."sv, parameters.region, "."sv,
       parameters.useDualStack ? partition.dualStackDnsSuffix : partition.dnsSuffix});
  endpoint.path = "/"sv;
  detail::finishEndpoint(endpoint, parameters.region);
  return endpoint;
}

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ENDPOINT_HPP
