// SPDX-License-Identifier: BSL-1.0
// Prints what the library finds in the shared files that the environment names, as JSON:
// kind of section -> name -> property -> value, or an object of what is nested.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdio>
#include <string>
#include <utility>

#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "support/shared_files.hpp"

namespace {

using Buffer = RAPIDJSON_NAMESPACE::StringBuffer;
using Writer = RAPIDJSON_NAMESPACE::Writer<Buffer>;
using Size = RAPIDJSON_NAMESPACE::SizeType;

void write(Writer& writer, const std::string& text) {
  writer.String(text.data(), static_cast<Size>(text.size()));
}

/// In the order of the names what is nested under `a` comes behind `a`, but `a-b` may be between.
void write(Writer& writer, const PropertiesByName& properties) {
  writer.StartObject();
  for (const auto& [name, value] : properties) {
    if (name.find('/') != std::string::npos) continue;
    const std::string prefix = name + "/";
    bool isParent = false;
    write(writer, name);
    for (auto nested = properties.lower_bound(prefix);
         nested != properties.end() && nested->first.compare(0, prefix.size(), prefix) == 0;
         ++nested) {
      if (!std::exchange(isParent, true)) writer.StartObject();
      write(writer, nested->first.substr(prefix.size()));
      write(writer, nested->second);
    }
    if (isParent) {
      writer.EndObject();
    } else {
      write(writer, value);
    }
  }
  writer.EndObject();
}

}  // namespace

int main() {
  using namespace secure_tunneling;
  const Result<detail::SharedFiles> files = detail::SharedFiles::load();
  if (!files) {
    std::fprintf(stderr, "%s\n", files.error().message.c_str());
    return 1;
  }
  Buffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  for (const std::string_view kind :
       {detail::profileSection, detail::ssoSessionSection, detail::servicesSection}) {
    write(writer, std::string(kind));
    writer.StartObject();
    for (const auto& [name, properties] : sectionsOf(*files, kind)) {
      write(writer, name);
      write(writer, properties);
    }
    writer.EndObject();
  }
  writer.EndObject();
  std::puts(buffer.GetString());
  return 0;
}
