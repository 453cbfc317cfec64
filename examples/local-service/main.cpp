// SPDX-License-Identifier: BSL-1.0
//
// The fake Secure Tunneling service behind a loopback port: something to call, and to connect a
// local proxy to, without an AWS account. It says on standard output where it listens and which
// tunnels and credentials it knows, one name=value a line, then what devices are told, and runs
// until SIGINT or SIGTERM.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "options.hpp"
#include "server.hpp"
#include "service.hpp"
#include "signals.hpp"

namespace {

bool print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) != EOF && std::fflush(stdout) == 0;
}

bool printFacts(const Options& options, Service& service, int port) {
  std::string facts;
  const auto add = [&facts](const char* name, const std::string& value) {
    facts.append(name).append("=").append(value).append("\n");
  };
  const char* const scheme = options.tlsCertificate.empty() ? "http://" : "https://";
  add("endpoint-url", scheme + std::string(Server::loopback) + ":" + std::to_string(port));
  add("region", options.region);
  add("access-key-id", options.accessKeyId);
  add("secret-access-key", options.secretAccessKey);
  if (!options.sessionToken.empty()) add("session-token", options.sessionToken);
  for (const std::string& id : options.tunnelIds) {
    add("tunnel-id", id);
    add("source-access-token", service.sourceToken(id));
    add("destination-access-token", service.destinationToken(id));
  }
  return print(facts);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "local-service: %s\n", message.c_str());
  return 1;
}

int failOutput() {
  return fail(std::string("standard output: ") + std::strerror(errno));
}

Server* running = nullptr;

void stopOnSignals(Server& server) {
  running = &server;
  struct sigaction action {};
  action.sa_handler = [](int) { running->stop(); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  cleanUpInheritance();
  CLI::App app(serviceDescription, serviceName);
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help()) ? 0 : failOutput();
  } catch (const CLI::CallForVersion&) {
    return print(app.version() + "\n") ? 0 : failOutput();
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }

  Service service(options);
  Server server(service);
  const std::string reason = server.listen(options.port, options.tlsCertificate, options.tlsKey);
  if (!reason.empty()) return fail(reason);
  stopOnSignals(server);
  // Without them nobody can call it.
  if (!printFacts(options, service, server.port())) return failOutput();
  return server.run() ? 0 : fail("the server stopped");
}
