// SPDX-License-Identifier: BSL-1.0
// The shared config and credentials files: their grammar, and where they are.
#include <pwd.h>
#include <unistd.h>

#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "support/environment.hpp"
#include "support/shared_files.hpp"
#include "vectors.hpp"

using namespace secure_tunneling;
using detail::SharedFile;
using detail::SharedFiles;

namespace {

SectionsByName expectedSections(const Json& json) {
  SectionsByName sections;
  for (std::size_t i = 0; i != json.names().size(); ++i) {
    PropertiesByName& properties = sections[json.names()[i]];
    for (std::size_t j = 0; j != json[i].names().size(); ++j) {
      const std::string& name = json[i].names()[j];
      const Json& value = json[i][j];
      properties[name] = value.text();
      for (std::size_t k = 0; k != value.names().size(); ++k)
        properties[name + "/" + value.names()[k]] = value[k].text();
    }
  }
  return sections;
}

/// The kind of section that a group of expectations is about.
std::string_view kindOf(std::string_view group, const SharedFiles& files) {
  if (group == "profiles") return detail::profileSection;
  if (group == "sso_sessions") return detail::ssoSessionSection;
  if (group == "services") return detail::servicesSection;
  for (const detail::SharedSection& section : files.sections()) {
    if (section.kind != detail::profileSection && section.kind != detail::ssoSessionSection &&
        section.kind != detail::servicesSection) {
      return section.kind;
    }
  }
  return {};
}

void runParser(const Json& json, Report& report) {
  const std::string name = "parser: " + json["suite"].text() + ": " + json["name"].text();
  if (json.has("applies") && !json["applies"].isTrue())
    return report.notApplicable(name, json["conflict"].text());
  Case test(report, name);
  TestEnvironment environment;
  if (!json["config_file"].isNull()) environment.write(".aws/config", json["config_file"].text());
  if (!json["credentials_file"].isNull())
    environment.write(".aws/credentials", json["credentials_file"].text());

  const Result<SharedFiles> files = SharedFiles::load();
  if (json.has("expect_error")) return test.check("is refused", !files);
  test.check("is parsed", files.hasValue(), files ? "" : files.error().message);
  if (!files) return;
  const Json& expected = json["expect"];
  for (std::size_t i = 0; i != expected.names().size(); ++i) {
    test.equal(expected.names()[i],
               textOf(sectionsOf(*files, kindOf(expected.names()[i], *files), ListedNames::OfSdks)),
               textOf(expectedSections(expected[i])));
  }
}

void runLocation(const Json& json, Report& report) {
  const std::string name = "location: " + json["suite"].text() + ": " + json["name"].text();
  if (json["platform"].text() != "linux")
    return report.notApplicable(name, "the shared files are read on POSIX systems only");
  Case test(report, name);
  TestEnvironment environment;
  environment.unset("HOME");
  for (std::size_t i = 0; i != json["env"].names().size(); ++i)
    environment.set(json["env"].names()[i].c_str(), json["env"][i].text());

  // The system's own home directory stands for the one of the case.
  const auto expected = [&](const char* key) {
    std::string path = json[key].text();
    const std::string& home = json["os_home"].text();
    if (home.empty() || path.compare(0, home.size(), home) != 0) return path;
    const struct passwd* const user = ::getpwuid(::getuid());
    return (user == nullptr ? std::string() : user->pw_dir) + path.substr(home.size());
  };
  test.equal("config", detail::sharedFilePath(SharedFile::Config).path, expected("expect_config"));
  test.equal("credentials", detail::sharedFilePath(SharedFile::Credentials).path,
             expected("expect_credentials"));
  test.equal("profile", detail::chosenProfile({}).name, json["expect_profile"].text());
}

void runProfiles(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "parser_cases"))
    runParser(json, report);
  for (const Json& json : report.cases(vectors, "location_cases"))
    runLocation(json, report);
}

const VectorTests tests("profiles.json", runProfiles);

}  // namespace
