// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"

/// What can become of an answer on the wire.
enum class Fate : unsigned char {
  Whole,
  Cut,      ///< its end is missing, and the connection ends
  Dropped,  ///< the connection ends without it
  Stalled,  ///< it never comes
};

/// One of the things that can go wrong on request.
struct NamedFault {
  std::string_view name;
  std::string_view help;
  std::optional<secure_tunneling::Fault> fault;  ///< for the fake service
  Fate fate = Fate::Whole;
  bool skewed = false;
};

/// `NAME[:N]`: the fault, for the next N requests.
struct RequestedFault {
  const NamedFault* named = nullptr;
  int times = 1;
};

const std::vector<NamedFault>& namedFaults();

/// Reads `NAME[:N]` into `fault`; what is wrong with it, or nothing.
std::string readFault(const std::string& text, RequestedFault& fault);
