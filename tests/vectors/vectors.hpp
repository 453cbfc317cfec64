// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "support/json.hpp"

/// What became of the cases of one vector file: prints each one that failed or does not apply, and
/// a line of numbers for the whole file.
class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  /// The cases of a file, or a failure when there are none under `name`.
  const std::vector<Json>& cases(const Json& vectors, std::string_view name);
  void notApplicable(std::string_view name, std::string_view reason);
  /// A problem that is no single case's.
  void fail(std::string_view problem);
  /// Prints the line of numbers. False when a case failed or none applied.
  [[nodiscard]] bool finish() const;

 private:
  friend class Case;

  std::string file_;
  std::size_t applicable_ = 0;
  std::size_t passed_ = 0;
  std::size_t notApplicable_ = 0;
  bool failed_ = false;
};

/// One case, which passes when it goes and nothing that was checked was wrong (nor nothing
/// checked).
class Case {
 public:
  Case(Report& report, std::string name) : report_(report), name_(std::move(name)) {
    ++report_.applicable_;
  }
  ~Case();
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  void check(std::string_view what, bool ok, std::string_view detail = {});
  void equal(std::string_view what, std::string_view actual, std::string_view expected);
  void equal(std::string_view what, std::int64_t actual, std::int64_t expected);

 private:
  Report& report_;
  std::string name_;
  std::size_t checks_ = 0;
  bool ok_ = true;
};

// One function for each vector file.
void runSigv4(const Json& vectors, Report& report);
void runSigv4RotateTunnel(const Json& vectors, Report& report);
void runEndpoints(const Json& vectors, Report& report);
void runErrors(const Json& vectors, Report& report);
void runJsonParsing(const Json& vectors, Report& report);
void runRetry(const Json& vectors, Report& report);
void runClockSkew(const Json& vectors, Report& report);
void runProfiles(const Json& vectors, Report& report);
void runSettings(const Json& vectors, Report& report);
void runConfiguredEndpointUrls(const Json& vectors, Report& report);
void runCredentials(const Json& vectors, Report& report);
void runCredentialSources(const Json& vectors, Report& report);
void runCredentialsRefresh(const Json& vectors, Report& report);
