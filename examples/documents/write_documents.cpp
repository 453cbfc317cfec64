// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <string>

#include "document_options.hpp"
#include "documents.hpp"

namespace {

bool writeFile(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

}  // namespace

int writeDocuments(const CLI::App& app, int argc, const char* const* argv) {
  if (argc != 3) {
    static_cast<void>(std::fprintf(stderr, "Usage: %s FOLDER DATE\n", argv[0]));
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  const std::string& name = app.get_name();
  const struct {
    std::string path;
    std::string text;
  } documents[] = {{folder + name, bashCompletion(app)},
                   {folder + "_" + name, zshCompletion(app)},
                   {folder + name + ".fish", fishCompletion(app)},
                   {folder + name + ".1", manualPage(app, argv[2])}};
  for (const auto& document : documents) {
    if (writeFile(document.path, document.text)) continue;
    std::perror(document.path.c_str());
    return 1;
  }
  return 0;
}
