// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <algorithm>

#include "secure_tunneling/version.hpp"

namespace {

std::string checkTunnelId(const std::string& text) {
  const bool isId =
      !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string("_-+=:").find(c) != std::string::npos;
      });
  return isId ? std::string()
              : "\"" + text + "\": expected 1 to 128 letters, digits and characters of _-+=:";
}

std::string checkFault(const std::string& text) {
  RequestedFault fault;
  return readFault(text, fault);
}

std::string listFaults() {
  std::string list = "Faults, for the next requests to the API, in the order given:\n";
  for (const NamedFault& fault : namedFaults()) {
    list += "  " + std::string(fault.name);
    list.append(13 - fault.name.size(), ' ').append(fault.help).append("\n");
  }
  return list;
}

}  // namespace

void declare(CLI::App& app, Options& options) {
  const auto check = [](std::string (*function)(const std::string&)) {
    return CLI::Validator([function](std::string& text) { return function(text); }, std::string());
  };
  app.set_version_flag(
      "--version",
      std::string(serviceName) + " (secure_tunneling " + SECURE_TUNNELING_VERSION_STRING + ")",
      "Prints the version");
  app.add_option("--port", options.port, "Port to listen on; 0 takes any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--region", options.region, "Region requests must be signed for")
      ->capture_default_str();
  app.add_option("--tunnel-id", options.tunnelIds, "An open tunnel; give it again for another")
      ->allow_extra_args(false)
      ->check(check(checkTunnelId))
      ->capture_default_str();
  app.add_option("--lifetime", options.lifetimeSeconds, "Seconds until the tunnels close")
      ->check(CLI::Range(1, 12 * 60 * 60))
      ->capture_default_str();
  app.add_option("--access-key-id", options.accessKeyId, "Access key requests must be signed with")
      ->capture_default_str();
  app.add_option("--secret-access-key", options.secretAccessKey, "Its secret")
      ->capture_default_str();
  app.add_option("--session-token", options.sessionToken, "Its session token, if it has one");
  app.add_option("--credentials-lifetime", options.credentialsLifetimeSeconds,
                 "Seconds until the access key expires; it does not by default")
      ->check(CLI::Range(0, 366 * 24 * 60 * 60));
  app.add_flag("--allow-unsigned", options.allowUnsigned, "Serve requests without a signature too");
  app.add_option_function<std::vector<std::string>>(
         "--fault",
         [&options](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             options.faults.emplace_back();
             readFault(text, options.faults.back());
           }
         },
         "NAME[:N]: what goes wrong with the next request, or the next N; see below")
      ->allow_extra_args(false)
      ->check(check(checkFault));
  auto* const certificate =
      app.add_option("--tls-certificate", options.tlsCertificate, "Serve https: certificate (PEM)")
          ->check(CLI::ExistingFile);
  auto* const key = app.add_option("--tls-key", options.tlsKey, "Private key of the certificate")
                        ->check(CLI::ExistingFile);
  certificate->needs(key);
  key->needs(certificate);
  app.footer(
      listFaults() +
      "A tunnel is closed by CloseTunnel (aws iotsecuretunneling close-tunnel), or, without\n"
      "a signature, by POST /local-service/close-tunnel?tunnel-id=TUNNEL.");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("local-service: ") + error.what() + "\n";
  });
}
