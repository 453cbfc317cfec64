// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "faults/scene.hpp"

/// What ends an attempt, or a call, that would wait for ever.
enum class EndedBy : unsigned char { Nothing, ConnectLimit, TotalLimit, LowSpeed, Deadline, Flag };

/// One thing that goes wrong.
struct FaultCase {
  std::string name;
  /// Sets its scene, and opens it.
  std::function<void(Scene&)> arrange;
  EndedBy endedBy = EndedBy::Nothing;
  /// Whether it may be over for the next attempt.
  bool canPass = true;
  /// Whether a call that went well comes before.
  bool isWarm = false;
};

struct FaultSection {
  std::string title;
  std::vector<FaultCase> faults;
};

/// A fault of connections, at its place.
inline FaultCase at(Scene::Place place, std::string name, Scene::Script script,
                    EndedBy endedBy = EndedBy::Nothing) {
  return {std::move(name),
          [place, script = std::move(script)](Scene& scene) { scene.open(place, script); },
          endedBy};
}

FaultSection nameFaults();
FaultSection tlsFaults();
FaultSection proxyFaults();
FaultSection exchangeFaults();
FaultSection answerFaults();
FaultSection keptConnectionFaults();
FaultSection limitFaults();
