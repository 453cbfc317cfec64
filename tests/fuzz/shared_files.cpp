// SPDX-License-Identifier: BSL-1.0
// Any two shared files are read or refused by file and line; what is found lies within them,
// trimmed and with lower-case names; settings that are taken can be used; a chain of roles ends;
// and no message has the secret key that stands where one belongs.
//
// The texts of an input: the config file up to its secret key, and what is behind it; the
// credentials file; the profile.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "secure_tunneling/configuration/shared_settings.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "support/blocking_sources.hpp"

using namespace secure_tunneling;
using detail::SharedFile;
using detail::SharedFiles;
using detail::SharedProperty;
using detail::SharedSection;

namespace {

/// A file in memory that a variable of the environment names.
class MemoryFile {
 public:
  explicit MemoryFile(const char* variable) : descriptor_(::memfd_create("shared", MFD_CLOEXEC)) {
    ::setenv(variable, ("/proc/self/fd/" + std::to_string(descriptor_)).c_str(), 1);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  void write(std::string_view text) const {
    const bool isWritten =
        ::ftruncate(descriptor_, 0) == 0 &&
        ::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    require(isWritten, "a file in memory can be written");
  }

 private:
  int descriptor_;
};

struct Files {
  MemoryFile config{"AWS_CONFIG_FILE"};
  MemoryFile credentials{"AWS_SHARED_CREDENTIALS_FILE"};
};

/// Counts the roles that are taken on.
struct CountedRoles final : BlockingRoleAssumer {
  std::size_t count = 0;

  [[nodiscard]] bool hasMfaPrompt() const noexcept override { return true; }
  Result<void> assumeNow(const StsSettings&, const Role& role, const Credentials&,
                         Credentials& credentials) override {
    ++count;
    credentials.accessKeyId = role.arn;
    credentials.secretAccessKey.assign("secret");
    credentials.sessionToken.assign("token");
    return {};
  }
};

void requireGoodMessage(const Error& error) {
  requireUntold(error, secretKey);
  requireVisible(error);
}

void requireWithin(std::string_view part, std::string_view text) {
  const bool isWithin = part.empty() || (part.data() >= text.data() &&
                                         part.data() + part.size() <= text.data() + text.size());
  require(isWithin, "what is found lies in its file", part);
}

void checkParsed(std::string_view config, std::string_view credentials) {
  SharedFiles files;
  Secret configText(config);
  Secret credentialsText(credentials);
  const std::string_view texts[] = {configText.expose(), credentialsText.expose()};
  Result<void> added = files.add(SharedFile::Config, {"CONFIG", std::move(configText)});
  if (added)
    added = files.add(SharedFile::Credentials, {"CREDENTIALS", std::move(credentialsText)});
  if (!added) return requireGoodMessage(added.error());
  for (const SharedSection& section : files.sections())
    requireWithin(section.name, texts[static_cast<std::size_t>(section.file)]);
  for (const SharedProperty& property : files.properties()) {
    const std::string_view text = texts[static_cast<std::size_t>(property.file)];
    requireWithin(property.name, text);
    requireWithin(property.value, text);
    require(property.section < files.sections().size(), "a property has a section");
    for (const char c : property.name)
      require(detail::toLower(c) == c, "a name is in lower case", property.name);
    require(detail::trimSpaces(property.value) == property.value, "a value is trimmed",
            property.value);
    const SharedSection& section = files.sections()[property.section];
    if (property.isNested) continue;
    const SharedProperty* const found =
        files.findIn(property.file, section.kind, section.name, property.name);
    require(found >= &property, "the last of several properties counts", property.name);
  }
}

}  // namespace

void fuzz(std::string_view input) {
  static const Files files;
  if (holdsPiece(input, secretKey)) return;
  std::string config(takeText(input));
  config.append("\naws_secret_access_key = ")
      .append(secretKey)
      .append("\n")
      .append(takeText(input));
  const std::string credentials(takeText(input));
  const std::string_view profile = input;
  checkParsed(config, credentials);

  files.config.write(config);
  files.credentials.write(credentials);
  GivenSettings given;
  given.profile = profile;
  const Result<SharedSettings> shared = loadSharedSettings(given);
  if (!shared) {
    requireGoodMessage(shared.error());
  } else {
    const Settings& settings = shared->settings;
    require(settings.region.empty() || detail::isHostLabel(settings.region),
            "a region can be part of a host name", settings.region);
    require(settings.maxAttempts >= 1, "there is an attempt");
    Endpoint endpoint;
    const bool isUsable =
        !settings.region.empty() && !settings.useFipsEndpoint && !settings.useDualStackEndpoint;
    require(!isUsable || detail::resolveInto(endpoint, settings), "an endpoint can be used",
            settings.endpointUrl);
  }

  CountedRoles roles;
  StaticCredentials environment("ID", "secret");
  ProfileSources sources;
  sources.roles = &roles;
  sources.environment = &environment;
  GivenStsSettings sts;
  sts.profile = profile;
  ProfileChainCredentials chain(sources, sts);
  Credentials found;
  const Result<void> retrieved = chain.retrieve({}, found);
  if (!retrieved) requireGoodMessage(retrieved.error());
  require(roles.count <= 1 + config.size() / 8 + credentials.size() / 4, "a chain of roles ends");
}
