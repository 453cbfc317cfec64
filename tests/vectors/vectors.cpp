// SPDX-License-Identifier: BSL-1.0
#include "vectors.hpp"

#include <cstdio>
#include <utility>

namespace {

int printable(std::string_view text) {
  return static_cast<int>(text.size());
}

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
  // newlib need not be built with %zu.
  const auto printed = [](std::size_t count) { return static_cast<unsigned long>(count); };
  std::printf("vectors %s: %lu of %lu passed, %lu not applicable\n", file_.c_str(),
              printed(passed_), printed(applicable_), printed(notApplicable_));
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

int VectorTests::runFile(const std::string& file, const std::string& text) {
  const std::optional<Json> vectors = Json::parse(text);
  if (!vectors) {
    std::printf("%s: cannot be read as JSON\n", file.c_str());
    return 2;
  }
  for (const VectorTests* tests = first_; tests != nullptr; tests = tests->next_) {
    if (tests->file_ != file) continue;
    Report report(file);
    tests->run_(*vectors, report);
    return report.finish() ? 0 : 1;
  }
  std::printf("%s: no tests for this file\n", file.c_str());
  return 2;
}
