// SPDX-License-Identifier: BSL-1.0
#include "documents.hpp"

#include "options.hpp"

int main(int argc, char** argv) {
  Options options;
  CLI::App app(serviceDescription, serviceName);
  declare(app, options);
  return writeDocuments(app, argc, argv);
}
