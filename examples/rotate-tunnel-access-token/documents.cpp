// SPDX-License-Identifier: BSL-1.0
#include "documents.hpp"

#include "option_table.hpp"

int main(int argc, char** argv) {
  Given given;
  CLI::App app(programDescription, programName);
  defineOptions(app, given);
  return writeDocuments(app, argc, argv);
}
