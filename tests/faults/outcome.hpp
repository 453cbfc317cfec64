// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "faults/fault.hpp"

/// What came of one call.
struct Outcome {
  std::string returned;
  std::string delivery;
  int attempts = 0;
  int rotations = 0;
  std::string endedBy;
  std::string message;
  /// What must never be.
  std::vector<std::string> problems;

  /// As columns of the table.
  [[nodiscard]] std::string cells() const;
  [[nodiscard]] std::string inShort() const;
};

extern const char* const pageHead;
extern const char* const tableHead;

/// Lets a fault happen to a call, in each attempt where it lasts, else in the first.
Outcome runFault(const FaultCertificates& certificates, const FaultCase& fault, bool lasts);
