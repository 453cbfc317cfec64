// SPDX-License-Identifier: BSL-1.0
#include "documents.hpp"

#include "keeper_options.hpp"

int main(int argc, char** argv) {
  GivenToKeeper given;
  CLI::App app(keeperDescription, keeperName);
  defineKeeperOptions(app, given);
  return writeDocuments(app, argc, argv);
}
