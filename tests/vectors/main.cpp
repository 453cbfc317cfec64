// SPDX-License-Identifier: BSL-1.0
// vectors FILE.json: runs the library against one file of test vectors, by the file's name.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "vectors.hpp"

namespace {

int printable(std::string_view text) {
  return static_cast<int>(text.size());
}

struct VectorFile {
  std::string_view name;
  void (*run)(const Json&, Report&);
};

constexpr VectorFile files[] = {
    {"sigv4.json", runSigv4},
    {"sigv4_rotate_tunnel.json", runSigv4RotateTunnel},
    {"endpoints.json", runEndpoints},
    {"errors.json", runErrors},
    {"json_parsing.json", runJsonParsing},
    {"retry.json", runRetry},
    {"clock_skew.json", runClockSkew},
    {"profiles.json", runProfiles},
    {"settings.json", runSettings},
    {"configured_endpoint_urls.json", runConfiguredEndpointUrls},
    {"credentials.json", runCredentials},
    {"credential_sources.json", runCredentialSources},
    {"credentials_refresh.json", runCredentialsRefresh},
};

}  // namespace

const std::vector<Json>& Report::cases(const Json& vectors, std::string_view name) {
  const std::vector<Json>& found = vectors[name].items();
  if (found.empty()) fail(std::string("no cases under ").append(name));
  return found;
}

void Report::notApplicable(std::string_view name, std::string_view reason) {
  ++notApplicable_;
  std::printf("not applicable: %.*s: %.*s\n", printable(name), name.data(), printable(reason),
              reason.data());
}

void Report::fail(std::string_view problem) {
  failed_ = true;
  std::printf("FAILED: %.*s\n", printable(problem), problem.data());
}

bool Report::finish() const {
  std::printf("vectors %s: %zu of %zu passed, %zu not applicable\n", file_.c_str(), passed_,
              applicable_, notApplicable_);
  return !failed_ && applicable_ != 0 && passed_ == applicable_;
}

Case::~Case() {
  if (checks_ == 0) report_.fail(name_ + ": nothing was checked");
  if (ok_ && checks_ != 0) ++report_.passed_;
}

void Case::check(std::string_view what, bool ok, std::string_view detail) {
  ++checks_;
  if (ok) return;
  ok_ = false;
  report_.fail(std::string(name_).append(": ").append(what).append(" ").append(detail));
}

void Case::equal(std::string_view what, std::string_view actual, std::string_view expected) {
  check(what, actual == expected,
        std::string("is\n").append(actual).append("\nand should be\n").append(expected));
}

void Case::equal(std::string_view what, std::int64_t actual, std::int64_t expected) {
  equal(what, std::to_string(actual), std::to_string(expected));
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: vectors FILE.json\n", stderr);
    return 2;
  }
  const std::string path = argv[1];
  const std::string name = path.substr(path.rfind('/') + 1);
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::optional<Json> vectors = Json::parse(text);
  if (!vectors) {
    std::fprintf(stderr, "%s: cannot be read as JSON\n", path.c_str());
    return 2;
  }
  for (const VectorFile& file : files) {
    if (file.name != name) continue;
    Report report(name);
    file.run(*vectors, report);
    return report.finish() ? 0 : 1;
  }
  std::fprintf(stderr, "%s: no tests for this file\n", path.c_str());
  return 2;
}
