// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "secure_tunneling/configuration/detail/shared_files.hpp"

/// Names and values of properties; what is nested under `a` is called `a/b`.
using PropertiesByName = std::map<std::string, std::string>;
using SectionsByName = std::map<std::string, PropertiesByName>;

/// Which names of sections and properties are listed: all that can be asked for, or those alone
/// that the AWS SDKs read.
enum class ListedNames : unsigned char { All, OfSdks };

/// The sections of a kind, with what `SharedFiles` finds in them.
inline SectionsByName sectionsOf(const secure_tunneling::detail::SharedFiles& files,
                                 std::string_view kind, ListedNames names = ListedNames::All) {
  using secure_tunneling::detail::SharedProperty;
  using secure_tunneling::detail::SharedSection;
  const auto isListed = [names](std::string_view name) {
    return names == ListedNames::All || secure_tunneling::detail::isSharedName(name);
  };
  SectionsByName out;
  for (const SharedSection& section : files.sections()) {
    if (section.kind == kind && isListed(section.name)) out[std::string(section.name)];
  }
  const SharedProperty* parent = nullptr;
  for (const SharedProperty& property : files.properties()) {
    if (!property.isNested) parent = &property;
    const SharedSection& section = files.sections()[property.section];
    if (section.kind != kind || files.find(kind, section.name, parent->name) != parent) continue;
    if (!isListed(section.name) || !isListed(parent->name) || !isListed(property.name)) continue;
    PropertiesByName& properties = out[std::string(section.name)];
    std::string name(parent->name);
    if (property.isNested) {
      const SharedProperty* const found =
          files.findNested(kind, section.name, parent->name, property.name);
      name.append("/").append(property.name);
      properties[name] = found->value;
    } else {
      properties[name] = parent->value;
    }
  }
  return out;
}

/// All of it in one line: `name{property=value;property=value} name{}`.
inline std::string textOf(const SectionsByName& sections) {
  std::string text;
  for (const auto& [name, properties] : sections) {
    text.append(text.empty() ? "" : " ").append(name).append("{");
    const char* separator = "";
    for (const auto& [property, value] : properties) {
      text.append(separator).append(property).append("=").append(value);
      separator = ";";
    }
    text.append("}");
  }
  return text;
}
