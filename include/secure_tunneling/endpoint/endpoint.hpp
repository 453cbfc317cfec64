// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ENDPOINT_ENDPOINT_HPP
#define SECURE_TUNNELING_ENDPOINT_ENDPOINT_HPP

/// @file
/// Where the service is: its endpoint rules, and explicit URLs.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/sigv4/canonical_request.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What an endpoint is made from, as in the service's endpoint rule set.
struct EndpointParameters {
  /// The region, as "us-east-1"; names the host and the signing scope.
  std::string_view region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  std::string_view endpointUrl = {};
  /// Asks for an endpoint with cryptography validated by FIPS 140; an error with `endpointUrl`.
  bool useFips = false;
  /// Asks for an endpoint with IPv6 and IPv4; an error with `endpointUrl`.
  bool useDualStack = false;
  /// Lets an explicit endpoint over http name a host other than loopback.
  bool allowHttp = false;
};

/// Where requests go and what they are signed for. What the views show ends with the endpoint.
class Endpoint {
 public:
  /// `scheme://authority` + `path`, the host in lower case. The path of an explicit endpoint is as
  /// services sign it, without empty and "." segments and what ".." takes back, and with
  /// percent-encodings in upper case: on the way to them nothing is left to be rewritten.
  std::string url;
  /// Whether requests go over TLS.
  bool https = true;
  /// The TCP port: that of the URL, else the scheme's own.
  std::uint16_t port = 443;
  /// The region in the credential scope of signatures.
  std::string signingRegion;
  /// The path in the canonical form that is signed, behind its first slash.
  std::string canonicalPath;

  /// The host without a port; an IPv6 address without its brackets.
  [[nodiscard]] std::string_view host() const noexcept {
    return {url.data() + hostBegin_, hostSize_};
  }
  /// The value of the Host header: the port is there only where it is not the scheme's own.
  [[nodiscard]] std::string_view authority() const noexcept {
    return {url.data() + authorityBegin_, authoritySize_};
  }
  /// The path, at least "/".
  [[nodiscard]] std::string_view path() const noexcept {
    const std::size_t begin = std::size_t{authorityBegin_} + authoritySize_;
    return {url.data() + begin, url.size() - begin};
  }

  /// For the library itself: where in `url` the authority and its host are.
  void setParts(std::size_t authorityBegin, std::size_t authoritySize, std::size_t hostBegin,
                std::size_t hostSize) noexcept {
    authorityBegin_ = static_cast<std::uint16_t>(authorityBegin);
    authoritySize_ = static_cast<std::uint16_t>(authoritySize);
    hostBegin_ = static_cast<std::uint16_t>(hostBegin);
    hostSize_ = static_cast<std::uint16_t>(hostSize);
  }

 private:
  std::uint16_t authorityBegin_ = 0;
  std::uint16_t authoritySize_ = 0;
  std::uint16_t hostBegin_ = 0;
  std::uint16_t hostSize_ = 0;
};

/// The service's name in the credential scope, in exactly this case.
inline constexpr std::string_view signingService = "IoTSecuredTunneling";

namespace detail {

/// A group of regions whose host names end alike.
struct Partition {
  /// What host names end with, behind the region.
  const char* dnsSuffix;
  /// The same for dual-stack endpoints.
  const char* dualStackDnsSuffix;
  /// The keys of its regions, as of `partitionKey`, with a space between two.
  const char* regionKeys;
  /// Whether dual-stack endpoints have the newer shape `api.iot-tunneling.REGION.SUFFIX`.
  bool hasNewNames;
};

// AWS publishes a list of regions and a pattern for each partition; every listed region matches its
// partition's pattern or is its `-global` name, so the patterns and those names are enough.
inline constexpr Partition partitions[] = {
    {".amazonaws.com.cn", ".api.amazonwebservices.com.cn", "cn- aws-cn-global", true},
    {".amazonaws.eu", ".api.amazonwebservices.eu", "eusc-de-", false},
    {".c2s.ic.gov", ".api.aws.ic.gov", "us-iso- aws-iso-global", false},
    {".sc2s.sgov.gov", ".api.aws.scloud", "us-isob- aws-iso-b-global", false},
    {".cloud.adc-e.uk", ".api.cloud-aws.adc-e.uk", "eu-isoe- aws-iso-e-global", false},
    {".csp.hci.ic.gov", ".api.aws.hci.ic.gov", "us-isof- aws-iso-f-global", false},
};
/// That of all other regions; GovCloud's would be the same.
inline constexpr Partition commercialPartition = {".amazonaws.com", ".api.aws", "", true};

/// The key of a region: what stands in front of `word-digits` in its name, else all of it.
inline std::string_view partitionKey(std::string_view region) noexcept {
  std::size_t word = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i != region.size(); ++i) {
    if (region[i] != '-') continue;
    word = digits;
    digits = i + 1;
  }
  const bool isPattern =
      digits > word + 1 && parseDecimal({region.data() + digits, region.size() - digits}) >= 0;
  return {region.data(), isPattern ? word : region.size()};
}

/// The partition of a region, which is a host label.
inline const Partition& partitionOf(std::string_view region) noexcept {
  const std::string_view key = partitionKey(region);
  for (const Partition& partition : partitions) {
    if (isListed(key, partition.regionKeys)) return partition;
  }
  return commercialPartition;
}

/// What the host names of a partition end with, behind the region.
inline const char* dnsSuffix(const Partition& partition, bool isDualStack) noexcept {
  return isDualStack ? partition.dualStackDnsSuffix : partition.dnsSuffix;
}

/// The partition whose FIPS endpoints have plain names for some services.
inline bool isGovCloud(std::string_view region) noexcept {
  return isListed(partitionKey(region), "us-gov- aws-us-gov-global"sv);
}

/// What a region has to be, for a message.
inline constexpr char regionRule[] =
    ": expected letters, digits and inner hyphens, as in us-east-1";
inline constexpr std::string_view regionSyntax =
    std::string_view(regionRule).substr(": expected "sv.size());

/// Whether `text` can be one label of a host name (and so a region): letters, digits and inner
/// hyphens, 1 to 63 of them, not digits alone.
inline bool isHostLabel(std::string_view text) noexcept {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  bool onlyDigits = true;
  for (const char c : text) {
    if (isDigit(c)) continue;
    if (!isAlpha(c) && c != '-') return false;
    onlyDigits = false;
  }
  return !onlyDigits;
}

/// Makes a FIPS pseudo region of older configurations, `fips-us-east-1` or `us-east-1-fips`, the
/// region that it means, as in the AWS CLI. Whether it was one.
SECURE_TUNNELING_NOINLINE inline bool takeFips(std::string& region) {
  for (bool found = false;; found = true) {
    const std::size_t at = region.find("fips");
    if (at == std::string::npos) return found;
    const bool isBehind = at != 0 && region[at - 1] == '-';
    if (!isBehind && region[at + 4] != '-') return found;
    const auto begin = region.begin() + static_cast<std::ptrdiff_t>(isBehind ? at - 1 : at);
    region.erase(begin, begin + 5);
  }
}

/// The error for a region that cannot be part of a host name, or for none.
SECURE_TUNNELING_NOINLINE inline Result<void> checkRegion(std::string_view region) {
  if (isHostLabel(region)) return {};
  if (region.empty()) {
    return failure(ErrorKind::Configuration, "Invalid Configuration: Missing Region");
  }
  return failure(ErrorKind::Configuration, "region ", quoted(region).c_str(), regionRule);
}

/// Sets what follows from `url`, which is `https://HOST/` of a service's own endpoint, and makes it
/// lower case.
inline void finishRegional(Endpoint& endpoint, std::string_view signingRegion) {
  for (char& c : endpoint.url)
    c = toLower(c);
  constexpr std::size_t begin = "https://"sv.size();
  const std::size_t size = endpoint.url.size() - begin - 1;
  endpoint.setParts(begin, size, begin, size);
  endpoint.signingRegion = signingRegion;
}

/// Sets all of `endpoint` to `https://SERVICE.REGION.SUFFIX/`; `service` is `https://SERVICE`.
inline void setRegional(Endpoint& endpoint, std::string_view service, bool isFipsName,
                        std::string_view region, const char* suffix) {
  endpoint.url.clear();
  append(endpoint.url, service);
  append(endpoint.url, isFipsName ? "-fips." : ".");
  append(endpoint.url, region);
  append(endpoint.url, suffix);
  append(endpoint.url, "/");
  finishRegional(endpoint, region);
}

/// The same for STS and IAM Identity Center, whose FIPS endpoints have plain names in GovCloud.
inline void setRegionalIdentity(Endpoint& endpoint, std::string_view service,
                                std::string_view region, bool useFips, bool useDualStack) {
  setRegional(endpoint, service, useFips && (useDualStack || !isGovCloud(region)), region,
              dnsSuffix(partitionOf(region), useDualStack));
}

/// `resolveEndpoint` without an explicit endpoint.
inline Result<void> resolveByRegion(Endpoint& endpoint, std::string_view region, bool useFips,
                                    bool useDualStack) {
  Result<void> resolved = checkRegion(region);
  if (!resolved) return resolved;
  const Partition& partition = partitionOf(region);
  const bool isNewName = useDualStack && partition.hasNewNames;
  setRegional(endpoint, isNewName ? "https://api.iot-tunneling"sv : "https://api.tunneling.iot"sv,
              useFips, region, dnsSuffix(partition, useDualStack));
  return resolved;
}

/// Whether `host` is `127.` and one to three decimal numbers, which every resolver takes for an
/// address. What some take for a name (`127.0.0.09`, `127.0.0.1.`) may lead anywhere.
inline bool isLoopback4(std::string_view host) noexcept {
  if (host.back() == '.' || takePart(host, '.') != "127"sv) return false;
  int parts = 1;
  for (; !host.empty(); ++parts) {
    const std::string_view part = takePart(host, '.');
    const bool hasOneSpelling = part.size() == 1 || (!part.empty() && part.front() != '0');
    const std::int32_t value = parseDecimal(part);
    if (!hasOneSpelling || value < 0 || value > 255) return false;
  }
  return parts > 1 && parts <= 4;
}

inline bool isLoopback(std::string_view host) noexcept {
  constexpr std::string_view local = "localhost"sv;
  // ::1 in all its spellings; a transport refuses those that are no address.
  if (host.find(':') != host.npos) {
    return host.back() == '1' && host.find_first_not_of("0:"sv) == host.size() - 1;
  }
  if (isLoopback4(host)) return true;
  if (host.size() > local.size() + 1 && host[host.size() - local.size() - 1] == '.') {
    host.remove_prefix(host.size() - local.size());
  }
  return equalsIgnoreCase(host, local);
}

/// Splits `authority` into host and port; false when either is not valid. `port` is that of the
/// scheme, and stays where there is no other.
inline bool splitAuthority(std::string_view authority, std::string_view& host,
                           std::uint16_t& port) {
  std::string_view rest = authority;
  host = takePart(rest, ':');
  bool hasPort = host.size() != authority.size();
  const bool isAddress6 = !host.empty() && host.front() == '[';
  if (isAddress6) {
    rest = authority;
    rest.remove_prefix(1);
    host = takePart(rest, ']');
    hasPort = !rest.empty();
    if (host.size() + 2 > authority.size() || host.find(':') == host.npos) return false;
    if (hasPort && !takePart(rest, ':').empty()) return false;
  }
  if (host.empty() || host.size() > 255) return false;
  for (const char c : host) {
    const bool isMark = isAddress6 ? c == ':' || c == '.' : c == '-' || c == '.' || c == '_';
    const bool isLetter = isAlpha(c) && (!isAddress6 || toLower(c) <= 'f');
    if (!isDigit(c) && !isLetter && !isMark) return false;
  }
  if (!hasPort) return true;
  const std::int32_t number = parseDecimal(rest);
  if (number < 1 || number > 65535 || rest.size() > 5) return false;
  port = static_cast<std::uint16_t>(number);
  return true;
}

/// Writes `endpoint.url` from its parts.
inline void joinUrl(Endpoint& endpoint, std::string_view host, std::string_view path) {
  const bool isAddress6 = host.find(':') != std::string_view::npos;
  const bool isDefaultPort = endpoint.port == (endpoint.https ? 443 : 80);
  std::string& url = endpoint.url;
  url.clear();
  append(url, endpoint.https ? "https://" : "http://");
  const std::size_t begin = url.size();
  if (isAddress6) url += '[';
  const std::size_t hostBegin = url.size();
  for (const char c : host)
    url += toLower(c);
  if (isAddress6) url += ']';
  if (!isDefaultPort) {
    url += ':';
    appendDecimal(url, endpoint.port);
  }
  endpoint.setParts(begin, url.size() - begin, hostBegin, host.size());
  if (path.empty() || path.front() != '/') url += '/';
  append(url, path);
}

/// Sets all of `endpoint` but its signing region by a URL, whose path may have a query. Returns
/// what is wrong with it, nothing when all is well.
inline std::string_view splitUrl(std::string_view url, Endpoint& endpoint) {
  const std::string_view scheme = takePart(url, ':');
  endpoint.https = equalsIgnoreCase(scheme, "https"sv);
  endpoint.port = endpoint.https ? 443 : 80;
  if ((!endpoint.https && !equalsIgnoreCase(scheme, "http"sv)) || headOf(url, 2) != "//"sv) {
    return "expected http://HOST or https://HOST"sv;
  }
  url.remove_prefix(2);
  const std::string_view authority = headOf(url, url.find_first_of("/?#"sv));
  url.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return "a user name is not supported"sv;
  if (!isVisibleAscii(url)) return "the path must be percent-encoded ASCII"sv;
  if (url.find('#') != std::string_view::npos) return "a fragment is not supported"sv;
  std::string_view host;
  if (!splitAuthority(authority, host, endpoint.port)) {
    return "expected a host name and a valid port"sv;
  }
  joinUrl(endpoint, host, url);
  return {};
}

/// Writes the digits of percent-encodings in upper case. A newer libcurl sends them so, whatever
/// the URL has, and what is sent has to be what was signed.
inline void raiseHexDigits(std::string& path) noexcept {
  for (std::size_t at = path.find('%'); at != path.npos; at = path.find('%', at + 1)) {
    const std::string_view digits = std::string_view(path).substr(at + 1, 2);
    if (digits.size() != 2 || hexValue(digits[0]) > 15 || hexValue(digits[1]) > 15) continue;
    for (char* digit = &path[at + 1]; digit != &path[at + 3]; ++digit) {
      if (isAlpha(*digit)) *digit = static_cast<char>(*digit & ~0x20);
    }
  }
}

/// Appends `path`, which begins with a slash, without empty and "." segments and what ".." takes
/// back.
inline void appendNormalPath(std::string& url, std::string_view path) {
  const std::size_t root = url.size();
  url += '/';
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = takePart(rest, '/');
    if (segment == ".."sv) {
      if (url.size() != root + 1) url.resize(url.rfind('/', url.size() - 2) + 1);
    } else if (!segment.empty() && segment != "."sv) {
      append(url, segment);
      url += '/';
    }
  }
  if (path.back() != '/' && url.size() != root + 1) url.pop_back();
}

/// `url` for a message. What stands before an "@" is a password more often than not, and a query or
/// a fragment holds a key or a token: they stay out.
inline std::string quotedUrl(std::string_view url) {
  if (url.find('@') != std::string_view::npos) return {};
  return filled(" {}", {quoted(headOf(url, url.find_first_of("?#"sv)))});
}

/// Takes `parameters.endpointUrl` apart. Returns what is wrong with it, nothing when all is well.
inline std::string_view useExplicitEndpoint(const EndpointParameters& parameters,
                                            Endpoint& endpoint) {
  std::string_view problem = splitUrl(parameters.endpointUrl, endpoint);
  if (problem.empty() && endpoint.path().find('?') != std::string_view::npos) {
    problem = "a query is not supported"sv;
  }
  if (problem.empty() && !endpoint.https && !parameters.allowHttp && !isLoopback(endpoint.host())) {
    problem = "http is for loopback hosts only, unless it is allowed explicitly"sv;
  }
  if (problem.empty()) {
    std::string given(endpoint.path());
    endpoint.url.resize(endpoint.url.size() - given.size());
    raiseHexDigits(given);
    appendNormalPath(endpoint.url, given);
    endpoint.canonicalPath.clear();
    // Room first, because a sink must not throw: each character may become three.
    endpoint.canonicalPath.reserve(3 * endpoint.path().size() + 1);
    sigv4::writeCanonicalPath(endpoint.path(), endpoint.canonicalPath);
    endpoint.canonicalPath.erase(0, 1);
  }
  return problem;
}

/// `resolveEndpoint` of an explicit endpoint.
inline Result<void> resolveExplicit(Endpoint& endpoint, const EndpointParameters& parameters) {
  const std::string_view region = parameters.region;
  if (parameters.useFips || parameters.useDualStack) {
    return failure(ErrorKind::Configuration,
                   "Invalid Configuration: ", parameters.useFips ? "FIPS" : "Dualstack",
                   " and custom endpoint are not supported");
  }
  Result<void> resolved;
  if (!region.empty()) resolved = checkRegion(region);
  if (!resolved) return resolved;
  const std::string_view problem = useExplicitEndpoint(parameters, endpoint);
  if (!problem.empty()) {
    return filledFailure(ErrorKind::Configuration, "endpoint URL{}: {}",
                         {quotedUrl(parameters.endpointUrl), problem});
  }
  endpoint.signingRegion = region;
  return resolved;
}

/// `resolveEndpoint` into an endpoint of the caller's.
inline Result<void> resolveAny(Endpoint& endpoint, const EndpointParameters& parameters) {
  endpoint = Endpoint();
  if (!parameters.endpointUrl.empty()) return resolveExplicit(endpoint, parameters);
  return resolveByRegion(endpoint, parameters.region, parameters.useFips, parameters.useDualStack);
}

}  // namespace detail

/// Resolves the endpoint by the service's published rule set and the published partitions.
/// Returns `ErrorKind::Configuration` for a region that cannot be part of a host name, for none
/// where there is no explicit endpoint, for a malformed URL, and for FIPS or dual-stack beside an
/// explicit endpoint. Allocates; no I/O.
inline Result<Endpoint> resolveEndpoint(const EndpointParameters& parameters) {
  Endpoint endpoint;
  Result<void> resolved = detail::resolveAny(endpoint, parameters);
  if (!resolved) return std::move(resolved).error();
  return endpoint;
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ENDPOINT_ENDPOINT_HPP
