// SPDX-License-Identifier: BSL-1.0
// Expected values are those of botocore's SigV4Auth, Python's hmac and RFC 4231.
#include "secure_tunneling/sigv4/signer.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/sigv4/canonical_query.hpp"
#include "support/catch.hpp"
#include "support/failing_hash.hpp"
#include "support/freed_memory.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* amzDate = "20260115T123000Z";
constexpr const char* emptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* bracesHash =
    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

std::string hexOf(const unsigned char* bytes, std::size_t size) {
  std::string hex(size * 2, ' ');
  sigv4::detail::toHex(bytes, size, &hex[0]);
  return hex;
}

std::string hmac(std::string_view key, std::string_view data) {
  TestSha256 hash;
  unsigned char digest[32];
  sigv4::detail::Hmac<TestSha256> hmac(hash, key);
  hmac.append(data);
  return hmac.finish(digest) ? hexOf(digest, sizeof digest) : "failed";
}

std::string canonicalOf(const sigv4::Request& request) {
  const sigv4::CanonicalRequest canonical(request);
  if (canonical.status() != sigv4::Status::Ok) return "refused";
  std::string text;
  canonical.write(text);
  return text;
}

/// The canonical URI.
std::string pathOf(const sigv4::Request& request) {
  std::string text = canonicalOf(request);
  text.erase(0, text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

std::string canonicalQuery(std::string_view query) {
  std::string canonical;
  sigv4::writeCanonicalQuery(query, canonical);
  return canonical;
}

std::string signatureOf(const sigv4::Request& request, std::string_view secret,
                        std::string_view region, std::string_view service) {
  TestSha256 hash;
  const sigv4::CanonicalRequest canonical(request);
  const sigv4::Scope scope{request.amzDate.substr(0, 8), region, service};
  sigv4::SigningKey key;
  sigv4::Signature signature;
  if (sigv4::deriveSigningKey(hash, secret, scope, key) != sigv4::Status::Ok ||
      sigv4::sign(hash, key, scope, canonical, request.amzDate, signature) != sigv4::Status::Ok) {
    return "failed";
  }
  return std::string(signature.text());
}

/// SHA-256 that counts its messages.
class CountingHash {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  bool init() { return ++messages, hash_.init(); }
  bool update(const void* data, std::size_t size) { return hash_.update(data, size); }
  bool final(unsigned char* digest) { return hash_.final(digest); }

  int messages = 0;

 private:
  TestSha256 hash_;
};

}  // namespace

TEST_CASE("HMAC-SHA-256 gives the digests of RFC 4231") {
  std::string counting;
  for (char c = 1; c != 26; ++c)
    counting.push_back(c);
  const std::string longKey(131, '\xaa');
  CHECK(hmac(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hmac(counting, std::string(50, '\xcd')) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(hmac(longKey, "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac(longKey,
             "This is a test using a larger than block-size key and a larger than block-size data."
             " The key needs to be hashed before being used by the HMAC algorithm.") ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("HMAC takes keys around the size of a block") {
  const struct {
    std::size_t size;
    const char* digest;
  } cases[] = {
      {0, "e528c4d99e6177f5841f712a143b90843299a4aa181a06501422d9ca862bd2a5"},
      {1, "98755ce7a0d431b5d7b8ec8e343ada3bcaa4f6c44ca468cffcbaa9c273634dd7"},
      {63, "ac606b54f050fbdd53bb5848b99dd0bb6f1222bd375ea2aaf66f1af02fcf73e7"},
      {64, "93244b031118b8060c6619e5900fcf916faefb2d8d020fecb22ae0f62275db08"},
      {65, "a79b53d0bf1cb4bb00c301979e6e60ef792a435cafabd76ab9e8989bbdef2dff"},
      {127, "fbb0eb55ec901ecfa8488a4bea90a2452110d1e8a4a846c6fcd2979146997858"},
      {128, "e7253241ed03396aedff1964aa008bef574a400a908c1d8370fedea094954cd3"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.size);
    CHECK(hmac(std::string(row.size, 'k'), "data") == row.digest);
  }
}

TEST_CASE("signatures of own requests") {
  using Headers = std::vector<sigv4::Header>;
  const struct {
    const char* name;
    const char* method;
    const char* path;
    const char* query;
    Headers headers;
    const char* payloadHash;
    const char* sessionToken;
    const char* canonicalMiddle;  // what stands between the method and the payload hash
    const char* signature;
  } cases[] = {
      {"plain",
       "POST",
       "/",
       "",
       {},
       bracesHash,
       "",
       "/\n\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "c4ed0538dc95c430c7944a167c4a90e38ec082d3a63ded19d99d08f0b3d95211"},
      {"repeated headers",
       "POST",
       "/",
       "",
       {{"X-A", "one"}, {"X-B", "other"}, {"x-a", "  two  "}, {"X-A", "three"}},
       bracesHash,
       "",
       "/\n\nhost:example.com\nx-a:one,two,three\nx-amz-date:20260115T123000Z\nx-b:other\n\n"
       "host;x-a;x-amz-date;x-b",
       "553c121339b4bf60774864e3fbfb77618fbadc8fc620efe7ab953dffb8a69815"},
      {"blanks",
       "POST",
       "/",
       "",
       {{"X-A", "  a   b \t c  "}, {"X-Empty", ""}},
       bracesHash,
       "",
       "/\n\nhost:example.com\nx-a:a b c\nx-amz-date:20260115T123000Z\nx-empty:\n\n"
       "host;x-a;x-amz-date;x-empty",
       "b34f86719268e397b37c0434ab45fb9432c4b10f8a6ff9c221b59ae771a10ce4"},
      {"folded header",
       "POST",
       "/",
       "",
       {{"X-A", "a\r\n  b\n\tc"}},
       bracesHash,
       "",
       "/\n\nhost:example.com\nx-a:a b c\nx-amz-date:20260115T123000Z\n\nhost;x-a;x-amz-date",
       "b533482d8b1fe041cda9ecf5ab5dd91d8d1bb783213b45eb2e3535c358df455a"},
      {"session token",
       "POST",
       "/",
       "",
       {},
       bracesHash,
       "tok/en+=",
       "/\n\nhost:example.com\nx-amz-date:20260115T123000Z\nx-amz-security-token:tok/en+=\n\n"
       "host;x-amz-date;x-amz-security-token",
       "fe90a2452bd5060eec8bc8d287286e15b33957fc32de17ad3be13b36d13ad505"},
      {"names that begin alike",
       "POST",
       "/",
       "",
       {{"x-ab", "2"}, {"x-a", "1"}, {"x-a-b", "3"}, {"x", "0"}},
       bracesHash,
       "",
       "/\n\nhost:example.com\nx:0\nx-a:1\nx-a-b:3\nx-ab:2\nx-amz-date:20260115T123000Z\n\n"
       "host;x;x-a;x-a-b;x-ab;x-amz-date",
       "5b23083708459312c602c55381a6b8b97f6f5ef7efea6bd068756d4e63c8b129"},
      {"path with dots",
       "GET",
       "/a/b/../c/./d//e/..",
       "",
       {},
       emptyHash,
       "",
       "/a/c/d\n\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "e8c1535615594646f3f58ca3cbfde6c3055093738cef1477708f75ddf89e76bb"},
      {"path above the root",
       "GET",
       "/../../a",
       "",
       {},
       emptyHash,
       "",
       "/a\n\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "cf175d1360eb43c08eca1a708566927fa5da3c1e3edaae3dc31231d6529ddd37"},
      {"path with a slash at its end",
       "GET",
       "/a/b/../",
       "",
       {},
       emptyHash,
       "",
       "/a/\n\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "7f1745e835fa2aac629d298da99a01b964f26a22629d99a3e2d3b3ecee253e5f"},
      {"encoded path",
       "GET",
       "/a%20b/~x/\xc3\xbc",
       "",
       {},
       emptyHash,
       "",
       "/a%2520b/~x/%C3%BC\n\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "4b160adcd85ffe56a066452d73356039b3aad5bad0b80ed797d287ecea9c77d3"},
      {"path with special characters",
       "GET",
       "/a b+c&=@!$(),;:*",
       "",
       {},
       emptyHash,
       "",
       "/a%20b%2Bc%26%3D%40%21%24%28%29%2C%3B%3A%2A\n\nhost:example.com\n"
       "x-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "e60c3e0c74db666a66d600ed5fb91a79486866c0d0a0f84d3c6e2c2c43cf2583"},
      {"query",
       "GET",
       "/",
       "b=2&a=1&a=0&c=&B=3",
       {},
       emptyHash,
       "",
       "/\nB=3&a=0&a=1&b=2&c=\nhost:example.com\nx-amz-date:20260115T123000Z\n\nhost;x-amz-date",
       "5a031658e45b6f557986c55479df5915b2fbbc42299c7b75ff2eccf323d4e449"},
      {"encoded query",
       "GET",
       "/",
       "a%20b=c%2Fd&a-b=1&a=%C3%BC",
       {},
       emptyHash,
       "",
       "/\na=%C3%BC&a%20b=c%2Fd&a-b=1\nhost:example.com\nx-amz-date:20260115T123000Z\n\n"
       "host;x-amz-date",
       "740efb71bec165c10d958ad217de7d4db8b533c204d5f6520a5a7f1fbdaf8766"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    Headers headers = row.headers;
    headers.push_back({"Host", "example.com"});
    sigv4::Request request;
    request.method = row.method;
    request.path = row.path;
    const std::string query = canonicalQuery(row.query);
    request.canonicalQuery = query;
    request.headers = headers.data();
    request.headerCount = headers.size();
    request.payloadHash = row.payloadHash;
    request.amzDate = amzDate;
    request.sessionToken = row.sessionToken;
    CHECK(canonicalOf(request) ==
          std::string(row.method) + "\n" + row.canonicalMiddle + "\n" + row.payloadHash);
    CHECK(signatureOf(request, exampleSecret, "eu-west-1", "IoTSecuredTunneling") == row.signature);
  }
}

TEST_CASE("signatures with other secrets and scopes") {
  const sigv4::Header host{"Host", "example.com"};
  sigv4::Request request;
  request.headers = &host;
  request.headerCount = 1;
  request.payloadHash = bracesHash;
  request.amzDate = amzDate;
  CHECK(signatureOf(request, std::string(61, 's'), "eu-west-1", "IoTSecuredTunneling") ==
        "7dcc91275b833fab225a8dc881a55c626d1da6ace7fa6626160eaf2dd4437c23");
  CHECK(signatureOf(request, std::string(60, 's'), "eu-west-1", "IoTSecuredTunneling") ==
        "57f0a2640cf08f63a445add8fc2eab2899f6692bbb65555c605c4bd5fcb8bc46");
  request.method = "PUT";
  request.path = "/x";
  request.payloadHash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
  CHECK(signatureOf(request, exampleSecret, "us-gov-west-1", "s3x") ==
        "6e51e84a46e603eb2d17e4d959616cfa1bdc452ab0f93a2738dfc4d4b983d3ef");
}

TEST_CASE("a canonical path is normalised and encoded as its service asks") {
  const struct {
    const char* path;
    const char* normalized;
    const char* literal;
    const char* encodedOnce;
  } cases[] = {
      {"", "/", "/", "/"},
      {"/", "/", "/", "/"},
      {"//", "/", "//", "/"},
      {"/a", "/a", "/a", "/a"},
      {"/.", "/", "/.", "/"},
      {"/..", "/", "/..", "/"},
      {"/a/..", "/", "/a/..", "/"},
      {"/a/../b/..", "/", "/a/../b/..", "/"},
      {"/a/b/c/../../d", "/a/d", "/a/b/c/../../d", "/a/d"},
      {"/a/../../b", "/b", "/a/../../b", "/b"},
      {"/...", "/...", "/...", "/..."},
      {"/a/../b/..c/d", "/b/..c/d", "/a/../b/..c/d", "/b/..c/d"},
      {"/a/..c", "/a/..c", "/a/..c", "/a/..c"},
      {"/a%2Fb", "/a%252Fb", "/a%252Fb", "/a%2Fb"},
      {"/a//b///", "/a/b/", "/a//b///", "/a/b/"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.path);
    sigv4::Request request;
    request.amzDate = amzDate;
    request.path = row.path;
    CHECK(pathOf(request) == row.normalized);
    request.normalizePath = false;
    CHECK(pathOf(request) == row.literal);
    request.normalizePath = true;
    request.doubleEncodePath = false;
    CHECK(pathOf(request) == row.encodedOnce);
  }
}

TEST_CASE("a canonical path of any length is normalised with .. anywhere") {
  // Numbers of a linear congruential generator: the same paths each time.
  std::uint32_t state = 1;
  for (int round = 0; round != 300; ++round) {
    std::string path;
    std::vector<std::string> kept;
    const int length = round;
    for (int i = 0; i != length; ++i) {
      state = state * 1664525U + 1013904223U;
      const std::uint32_t kind = (state >> 16) % 16;
      const std::string segment = kind < 4    ? ".."
                                  : kind == 4 ? "."
                                  : kind == 5 ? ""
                                              : std::to_string(i);
      path += '/' + segment;
      if (segment == "..") {
        if (!kept.empty()) kept.pop_back();
      } else if (!segment.empty() && segment != ".") {
        kept.push_back(segment);
      }
    }
    std::string expected;
    for (const std::string& segment : kept)
      expected += '/' + segment;
    if (kept.empty() || path.back() == '/') expected += '/';
    CAPTURE(path);
    sigv4::Request request;
    request.amzDate = amzDate;
    request.path = path;
    CHECK(pathOf(request) == expected);
  }
}

TEST_CASE("a canonical query is encoded and in order") {
  const struct {
    const char* query;
    const char* canonical;
  } cases[] = {
      {"", ""},
      {"a", "a="},
      {"a=", "a="},
      {"=a", "=a"},
      {"&", ""},
      {"a=1&&b=2&", "a=1&b=2"},
      {"b&a", "a=&b="},
      {"a=2&a=1&a=2", "a=1&a=2&a=2"},
      {"a=b=c", "a=b%3Dc"},
      {"a=~b_c-d.e", "a=~b_c-d.e"},
      {"a=b c", "a=b%20c"},
      {"a=b+c", "a=b%2Bc"},
      {"a=%7e", "a=~"},
      {"a=%c3%bc", "a=%C3%BC"},
      {"a=100%", "a=100%25"},
      {"a=%2", "a=%252"},
      {"a=%zz", "a=%25zz"},
      {"a=%g1%1g%f0%0f", "a=%25g1%251g%F0%0F"},
      {"A=1&a=1&B=1", "A=1&B=1&a=1"},
      {"ab=1&a=2&a%21=3", "a=2&a%21=3&ab=1"},
      {"a-=1&a=2", "a=2&a-=1"},
      {"a%3Db=1&a=2&a=%3D", "a=%3D&a=2&a%3Db=1"},
      {"a%00=1&a=2&a", "a=&a=2&a%00=1"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.query);
    CHECK(canonicalQuery(row.query) == row.canonical);
  }
}

TEST_CASE("a long canonical request is hashed like a short one") {
  // Longer than what is gathered before the hash, in pieces shorter and longer than that.
  const std::string longValue(1000, 'v');
  const std::string longPath = "/" + std::string(700, 'p') + "/" + std::string(50, '%');
  const sigv4::Header headers[] = {{"Host", "example.com"}, {"X-Long", longValue}};
  sigv4::Request request;
  request.path = longPath;
  request.headers = headers;
  request.headerCount = 2;
  request.payloadHash = emptyHash;
  request.amzDate = amzDate;
  TestSha256 hash;
  sigv4::Signature whole;
  REQUIRE(sigv4::hashToHex(hash, canonicalOf(request), whole) == sigv4::Status::Ok);
  unsigned char digest[32];
  sigv4::detail::HashSink<TestSha256> sink(hash);
  sink.begin();
  sigv4::CanonicalRequest(request).write(sink);
  REQUIRE(sink.finish(digest));
  CHECK(hexOf(digest, sizeof digest) == whole.text());
}

TEST_CASE("headers that are left out of the signature") {
  const sigv4::Header headers[] = {{"Host", "example.com"},
                                   {"User-Agent", "changes"},
                                   {"X-Amzn-Trace-Id", "changes too"},
                                   {"user-agent", "again"}};
  const std::string_view names[] = {"USER-AGENT", "x-amzn-trace-id", "absent"};
  sigv4::Request request;
  request.headers = headers;
  request.headerCount = 4;
  request.unsignedHeaders = names;
  request.unsignedHeaderCount = 3;
  request.amzDate = amzDate;
  const std::string canonical = canonicalOf(request);
  CHECK(canonical.find("changes") == std::string::npos);
  CHECK(canonical.find("again") == std::string::npos);
  CHECK(canonical.find("\nhost;x-amz-date\n") != std::string::npos);
}

TEST_CASE("headers that the signer adds are refused in the request") {
  for (const char* const name : {"Authorization", "X-Amz-Date", "x-amz-content-sha256",
                                 "AUTHORIZATION", "x-AMZ-date", "X-Amz-Content-SHA256"}) {
    CAPTURE(name);
    const sigv4::Header headers[] = {{"Host", "example.com"}, {name, "value"}};
    sigv4::Request request;
    request.headers = headers;
    request.headerCount = 2;
    request.amzDate = amzDate;
    CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::ForbiddenHeader);
    CHECK(signatureOf(request, exampleSecret, "r", "s") == "failed");
  }
}

TEST_CASE("a session token is signed once") {
  const sigv4::Header headers[] = {{"Host", "example.com"}, {"X-Amz-Security-Token", "caller's"}};
  sigv4::Request request;
  request.headers = headers;
  request.headerCount = 2;
  request.amzDate = amzDate;
  // Without one of the signer's own, it is a header like others.
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::Ok);
  request.sessionToken = "signer's";
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::ForbiddenHeader);
}

TEST_CASE("a request has at most so many headers") {
  const std::vector<sigv4::Header> headers(100, sigv4::Header{"X-Repeated", "value"});
  sigv4::Request request;
  request.headers = headers.data();
  request.amzDate = amzDate;
  request.headerCount = sigv4::maxHeaders - 1;  // and X-Amz-Date
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::Ok);
  request.headerCount = sigv4::maxHeaders;
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::TooManyHeaders);
  request.headerCount = 100;
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::TooManyHeaders);
  CHECK(signatureOf(request, exampleSecret, "r", "s") == "failed");
}

TEST_CASE("headers that are not signed do not count") {
  std::vector<sigv4::Header> headers(200, sigv4::Header{"User-Agent", "value"});
  headers.push_back({"Host", "example.com"});
  const std::string_view unsignedName = "user-agent";
  sigv4::Request request;
  request.unsignedHeaders = &unsignedName;
  request.unsignedHeaderCount = 1;
  request.headers = headers.data();
  request.headerCount = headers.size();
  request.amzDate = amzDate;
  CHECK(canonicalOf(request).find("\nhost:example.com\nx-amz-date:20260115T123000Z\n") !=
        std::string::npos);
  // So many that the place of a signed one cannot be kept: refused, never mistaken.
  headers.insert(headers.begin(), 300, sigv4::Header{"User-Agent", "value"});
  request.headers = headers.data();
  request.headerCount = headers.size();
  CHECK(sigv4::CanonicalRequest(request).status() == sigv4::Status::TooManyHeaders);
}

TEST_CASE("the payload hash can be signed as a header") {
  sigv4::Request request;
  request.payloadHash = "UNSIGNED-PAYLOAD";
  request.amzDate = amzDate;
  request.signPayloadHash = true;
  CHECK(canonicalOf(request) ==
        "POST\n/\n\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:20260115T123000Z\n\n"
        "x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD");
}

TEST_CASE("a body is hashed to lower-case hexadecimal") {
  TestSha256 hash;
  sigv4::Signature hex;
  REQUIRE(sigv4::hashToHex(hash, "", hex) == sigv4::Status::Ok);
  CHECK(hex.text() == emptyHash);
  REQUIRE(sigv4::hashToHex(hash, "abc", hex) == sigv4::Status::Ok);
  CHECK(hex.text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("whichever call of the hash fails, there is no signature") {
  const std::string longSecret(200, 's');
  const sigv4::Header host{"Host", "example.com"};
  sigv4::Request request;
  request.headers = &host;
  request.headerCount = 1;
  request.payloadHash = emptyHash;
  request.amzDate = amzDate;
  const sigv4::CanonicalRequest canonical(request);
  const sigv4::Scope scope{"20260115", "us-east-1", "service"};
  const std::string right = signatureOf(request, longSecret, "us-east-1", "service");
  REQUIRE(right.size() == 64);
  int failures = 0;
  for (int failAt = 0; failAt != 1000; ++failAt) {
    FailingHash hash(failAt);
    sigv4::Signature signature{};
    sigv4::Signature payloadHash{};
    sigv4::SigningKey key;
    sigv4::Status status = sigv4::hashToHex(hash, "body", payloadHash);
    if (status == sigv4::Status::Ok) status = sigv4::deriveSigningKey(hash, longSecret, scope, key);
    if (status == sigv4::Status::Ok)
      status = sigv4::sign(hash, key, scope, canonical, request.amzDate, signature);
    if (!hash.hasFailed()) {
      CHECK(status == sigv4::Status::Ok);
      CHECK(signature.text() == right);
      break;
    }
    ++failures;
    CAPTURE(failAt);
    CHECK(status == sigv4::Status::HashFailure);
    CHECK(signature.text() != right);
  }
  // init, update and final of every message: the body, the long secret, two for each HMAC, the
  // canonical request.
  CHECK(failures >= 3 * (1 + 1 + 2 * 5 + 1));
  CHECK(failures < 1000);
}

TEST_CASE("the signing key is kept while its scope and secret are the same") {
  CountingHash hash;
  sigv4::SigningKeyCache cache;
  const auto keyOf = [&](std::string_view secret, const sigv4::Scope& scope) {
    const sigv4::SigningKey* key = nullptr;
    REQUIRE(cache.get(hash, Secret(secret), scope, key) == sigv4::Status::Ok);
    REQUIRE(key != nullptr);
    return std::string(key->view());
  };
  const auto derived = [](std::string_view secret, const sigv4::Scope& scope) {
    TestSha256 plain;
    sigv4::SigningKey key;
    REQUIRE(sigv4::deriveSigningKey(plain, secret, scope, key) == sigv4::Status::Ok);
    return std::string(key.view());
  };
  const sigv4::Scope scope{"20260115", "us-east-1", "service"};
  CHECK(keyOf("secret", scope) == derived("secret", scope));
  CHECK(hash.messages == 8);
  CHECK(keyOf("secret", scope) == derived("secret", scope));
  CHECK(hash.messages == 8);

  const struct {
    const char* changed;
    const char* secret;
    sigv4::Scope scope;
  } cases[] = {
      {"date", "secret", {"20260116", "us-east-1", "service"}},
      {"region", "secret", {"20260115", "us-east-2", "service"}},
      {"service", "secret", {"20260115", "us-east-1", "Service"}},
      {"secret", "secreT", {"20260115", "us-east-1", "service"}},
  };
  for (const auto& row : cases) {
    CAPTURE(row.changed);
    const std::string first = keyOf("secret", scope);
    hash.messages = 0;
    const std::string other = keyOf(row.secret, row.scope);
    CHECK(hash.messages == 8);
    CHECK(other == derived(row.secret, row.scope));
    CHECK(other != first);
    CHECK(keyOf("secret", scope) == first);
  }
}

TEST_CASE("a signing key that could not be derived is not kept") {
  sigv4::SigningKeyCache cache;
  const Secret secret("secret");
  const sigv4::Scope scope{"20260115", "us-east-1", "service"};
  const sigv4::SigningKey* key = nullptr;
  for (int failAt = 0; failAt != 24; ++failAt) {
    CAPTURE(failAt);
    FailingHash failing(failAt);
    CHECK(cache.get(failing, secret, scope, key) == sigv4::Status::HashFailure);
  }
  CountingHash hash;
  CHECK(cache.get(hash, secret, scope, key) == sigv4::Status::Ok);
  CHECK(hash.messages == 8);
}

TEST_CASE("the parts of the Authorization header") {
  sigv4::Request request;
  request.amzDate = amzDate;
  const sigv4::Header host{"Host", "example.com"};
  request.headers = &host;
  request.headerCount = 1;
  const sigv4::Scope scope{"20260115", "us-east-1", "service"};
  sigv4::Signature signature;
  for (char& c : signature.hex)
    c = 'f';
  std::string authorization;
  sigv4::writeAuthorization("AKID", scope, sigv4::CanonicalRequest(request), signature,
                            authorization);
  CHECK(authorization ==
        "AWS4-HMAC-SHA256 Credential=AKID/20260115/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" +
            std::string(64, 'f'));
  std::string stringToSign;
  sigv4::writeStringToSign(amzDate, scope, emptyHash, stringToSign);
  CHECK(
      stringToSign ==
      std::string("AWS4-HMAC-SHA256\n20260115T123000Z\n20260115/us-east-1/service/aws4_request\n") +
          emptyHash);
}

TEST_CASE("the hash policy over OpenSSL can be moved and begun again") {
  TestSha256 hash;
  sigv4::Signature hex;
  REQUIRE(hash.init());
  REQUIRE(hash.update("dropped", 7));
  REQUIRE(sigv4::hashToHex(hash, "abc", hex) == sigv4::Status::Ok);
  TestSha256 moved = std::move(hash);
  REQUIRE(sigv4::hashToHex(moved, "", hex) == sigv4::Status::Ok);
  CHECK(hex.text() == emptyHash);
  hash = std::move(moved);
  REQUIRE(sigv4::hashToHex(hash, "abc", hex) == sigv4::Status::Ok);
  CHECK(hex.text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
