// SPDX-License-Identifier: BSL-1.0
#include "documents.hpp"

#include "fleet_options.hpp"

int main(int argc, char** argv) {
  GivenToFleet given;
  CLI::App app(fleetDescription, fleetName);
  defineFleetOptions(app, given);
  return writeDocuments(app, argc, argv);
}
