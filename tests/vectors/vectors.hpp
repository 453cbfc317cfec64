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

/// The tests for one vector file. The program knows every one that is defined at namespace scope.
class VectorTests {
 public:
  using Run = void (*)(const Json& vectors, Report& report);

  VectorTests(std::string_view file, Run run) noexcept : file_(file), run_(run), next_(first_) {
    first_ = this;
  }
  VectorTests(const VectorTests&) = delete;
  VectorTests& operator=(const VectorTests&) = delete;

  /// Runs the tests for `file` on its text. The program's exit status: 0 when all is well, 1 when a
  /// case failed, 2 when there is nothing to run.
  [[nodiscard]] static int runFile(const std::string& file, const std::string& text);

 private:
  static inline const VectorTests* first_ = nullptr;

  std::string_view file_;
  Run run_;
  const VectorTests* next_;
};
