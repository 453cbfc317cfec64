// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <filesystem>
#include <string>

#include "secure_tunneling/seams/credentials_source.hpp"
#include "support/environment.hpp"
#include "vectors.hpp"

/// Puts the case's `env` and `files` in place. The home directory of a case, and its other absolute
/// paths, are in that of the environment; where they are named, in a variable or in another file,
/// they are named as they are here.
inline void setUp(TestEnvironment& environment, const Json& json) {
  constexpr std::string_view home = "/home/";
  const Json& files = json["files"];
  const auto pathOf = [&](const std::string& path) {
    const bool isInHome = path.substr(0, home.size()) == home;
    return environment.path(path.substr(isInHome ? home.size() : 1));
  };
  const auto renamed = [&](std::string text) {
    for (const std::string& path : files.names()) {
      for (std::size_t at = text.find(path); at != std::string::npos;) {
        const std::string here = pathOf(path);
        text.replace(at, path.size(), here);
        at = text.find(path, at + here.size());
      }
    }
    return text;
  };
  for (std::size_t i = 0; i != files.names().size(); ++i) {
    const std::string path = pathOf(files.names()[i]);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    environment.write(path.substr(environment.path("").size()), renamed(files.items()[i].text()));
  }
  const Json& env = json["env"];
  for (std::size_t i = 0; i != env.names().size(); ++i) {
    if (env.names()[i] == "HOME") continue;
    environment.set(env.names()[i].c_str(), renamed(env.items()[i].text()));
  }
}

/// Checks what came out against the case's expectation (`expected`, or `expect` in other files). An
/// account id is not compared: nothing here has a use for it.
inline void checkCredentials(Case& test, const Json& expected,
                             const secure_tunneling::Result<void>& result,
                             const secure_tunneling::Credentials& credentials) {
  if (expected.isNull()) {
    return test.check("is an error", !result.hasValue(), credentials.accessKeyId);
  }
  if (!result) return test.check("gives credentials", false, result.error().message);
  const Json& expiry = expected.has("expiry") ? expected["expiry"] : expected["expiration"];
  test.equal("access key id", credentials.accessKeyId, expected["access_key_id"].text());
  test.equal("secret access key", credentials.secretAccessKey.expose(),
             expected["secret_access_key"].text());
  test.equal("session token", credentials.sessionToken.expose(), expected["session_token"].text());
  test.equal("expires", credentials.expiresAtMs.value_or(0), expiry.integer() * 1000);
}
