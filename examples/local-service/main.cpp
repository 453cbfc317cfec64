// SPDX-License-Identifier: BSL-1.0
//
// The fake Secure Tunneling service behind a loopback port: something to call without an AWS
// account. It says on standard output where it listens and which tunnel and credentials it knows,
// one name=value a line, and runs until SIGINT or SIGTERM.

#include <httplib.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

namespace {

namespace st = secure_tunneling;

constexpr const char* loopback = "127.0.0.1";
constexpr const char* tunnelId = "example-tunnel";

struct Options {
  int port = 0;
  std::string region = "us-east-1";
  std::string accessKeyId = "AKIDEXAMPLE";
  std::string secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  std::string sessionToken;
  bool allowUnsigned = false;
  std::string tlsCertificate;
  std::string tlsKey;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--port", options.port, "Port to listen on; 0 takes any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--region", options.region, "Region requests must be signed for")
      ->capture_default_str();
  app.add_option("--access-key-id", options.accessKeyId, "Access key requests must be signed with")
      ->capture_default_str();
  app.add_option("--secret-access-key", options.secretAccessKey, "Its secret")
      ->capture_default_str();
  app.add_option("--session-token", options.sessionToken, "Its session token, if it has one");
  app.add_flag("--allow-unsigned", options.allowUnsigned, "Serve requests without a signature too");
  auto* const certificate =
      app.add_option("--tls-certificate", options.tlsCertificate, "Serve https: certificate (PEM)")
          ->check(CLI::ExistingFile);
  auto* const key = app.add_option("--tls-key", options.tlsKey, "Private key of the certificate")
                        ->check(CLI::ExistingFile);
  certificate->needs(key);
  key->needs(certificate);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("local-service: ") + error.what() + "\n";
  });
}

/// The fake service for the server's threads, one at a time.
class Service {
 public:
  explicit Service(const Options& options) : fake_(clock_, options.region) {
    fake_.addCredentials(options.accessKeyId, options.secretAccessKey, options.sessionToken);
    fake_.addTunnel(tunnelId);
    fake_.allowUnsigned(options.allowUnsigned);
  }

  /// Any request to the service's API.
  void call(const httplib::Request& received, httplib::Response& answer) {
    st::RecordedRequest request;
    request.method = received.method;
    request.authority = received.get_header_value("Host");
    request.target = received.target;
    for (const auto& [name, value] : received.headers)
      request.headers.push_back({name, value});
    request.body = received.body;

    st::HttpResponse response;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!fake_.send(request.view(), response)) {
      answer.status = 500;
      return;
    }
    answer.status = response.status;
    for (const char* const name : {"Date", "x-amzn-RequestId", "x-amzn-ErrorType"}) {
      if (const auto value = response.headers.find(name)) {
        answer.set_header(name, std::string(*value));
      }
    }
    const std::string type(response.headers.find("Content-Type").value_or(""));
    // Before cpp-httplib 0.11 the type is a const char*.
    // NOLINTNEXTLINE(readability-redundant-string-cstr)
    answer.set_content(std::string(response.body.expose()), type.c_str());
  }

  /// What a local proxy does with a token: the first one to connect with it spends it.
  void connectLocalProxy(const httplib::Request& received, httplib::Response& answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::string token = received.get_header_value("access-token");
    const bool accepted = fake_.connect(token, st::ClientMode::SOURCE).hasValue() ||
                          fake_.connect(token, st::ClientMode::DESTINATION).hasValue();
    answer.status = accepted ? 200 : 401;
    answer.set_content(accepted ? "accepted\n" : "refused\n", "text/plain");
  }

  [[nodiscard]] std::string sourceToken() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return fake_.sourceToken(tunnelId);
  }
  [[nodiscard]] std::string destinationToken() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return fake_.destinationToken(tunnelId);
  }

 private:
  st::SystemClock clock_;
  st::FakeSecureTunnelingService fake_;
  std::mutex mutex_;
};

std::unique_ptr<httplib::Server> makeServer(const Options& options, Service& service) {
  std::unique_ptr<httplib::Server> server;
  if (options.tlsCertificate.empty()) {
    server = std::make_unique<httplib::Server>();
  } else {
    server = std::make_unique<httplib::SSLServer>(options.tlsCertificate.c_str(),
                                                  options.tlsKey.c_str());
  }
  // Not SO_REUSEPORT, the library's default: it lets two servers share a port without a word.
  server->set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server->set_tcp_nodelay(true);
  server->set_keep_alive_max_count(1000000);

  const auto call = [&service](const httplib::Request& request, httplib::Response& response) {
    service.call(request, response);
  };
  const auto connect = [&service](const httplib::Request& request, httplib::Response& response) {
    service.connectLocalProxy(request, response);
  };
  server->Get("/local-proxy/connect", connect);
  server->Post("/local-proxy/connect", connect);
  server->Get(".*", call);
  server->Post(".*", call);
  return server;
}

void printFacts(const Options& options, Service& service, int port) {
  const auto print = [](const char* name, const std::string& value) {
    std::printf("%s=%s\n", name, value.c_str());
  };
  const char* const scheme = options.tlsCertificate.empty() ? "http://" : "https://";
  print("endpoint-url", scheme + std::string(loopback) + ":" + std::to_string(port));
  print("region", options.region);
  print("tunnel-id", tunnelId);
  print("access-key-id", options.accessKeyId);
  print("secret-access-key", options.secretAccessKey);
  if (!options.sessionToken.empty()) print("session-token", options.sessionToken);
  print("source-access-token", service.sourceToken());
  print("destination-access-token", service.destinationToken());
  std::fflush(stdout);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "local-service: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The fake Secure Tunneling service on a loopback port.", "local-service");
  Options options;
  declare(app, options);
  CLI11_PARSE(app, argc, argv);

  Service service(options);
  const auto server = makeServer(options, service);
  if (!server->is_valid()) {
    return fail("cannot use " + options.tlsCertificate + " with " + options.tlsKey);
  }
  int port = options.port;
  if (port == 0) {
    port = server->bind_to_any_port(loopback);
  } else if (!server->bind_to_port(loopback, port)) {
    port = -1;
  }
  if (port < 0) {
    return fail("cannot listen on port " + std::to_string(options.port) +
                ": it is in use or not allowed");
  }

  // Blocked in every thread, so that only sigwait() below sees them.
  sigset_t stopSignals;
  sigemptyset(&stopSignals);
  sigaddset(&stopSignals, SIGINT);
  sigaddset(&stopSignals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopSignals, nullptr);

  std::atomic<bool> ended{false};
  std::thread listener([&server, &ended] {
    server->listen_after_bind();
    ended = true;
    kill(getpid(), SIGTERM);
  });
  // Asked to stop before it runs, the server would never stop.
  while (!server->is_running() && !ended)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!ended) printFacts(options, service, port);

  int received = 0;
  sigwait(&stopSignals, &received);
  const bool stoppedByItself = ended;
  server->stop();
  listener.join();
  return stoppedByItself ? fail("the server stopped") : 0;
}
