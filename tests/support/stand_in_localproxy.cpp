// SPDX-License-Identifier: BSL-1.0
// Stands in for AWS's localproxy: takes its token as that does, connects once with it, says so in
// its words, and when the connection drops tries the same token again, is refused and ends with
// status 0. What it connects to speaks HTTP without TLS and without WebSocket frames.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace {

struct Arguments {
  std::string endpoint, port, token;
  bool isSource = false;
};

void log(const char* severity, const std::string& text) {
  std::fprintf(stderr, "[2026-01-15T12:30:00.123456]{%d}[%s %s\n", static_cast<int>(getpid()),
               severity, text.c_str());
}

/// A socket that is connected to `host:port`, or listens there; -1 where that cannot be.
int openSocket(const std::string& host, const std::string& port, bool listens) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool done = listens ? bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 &&
                                  listen(descriptor, 5) == 0
                            : connect(descriptor, found->ai_addr, found->ai_addrlen) == 0;
  if (done) return descriptor;
  close(descriptor);
  return -1;
}

/// Reads up to the end of an answer's head; empty where there is none.
std::string readHead(int descriptor) {
  std::string head;
  char c = '\0';
  while (head.find("\r\n\r\n") == std::string::npos && read(descriptor, &c, 1) == 1)
    head += c;
  return head;
}

std::string readToEnd(int descriptor) {
  std::string text;
  std::array<char, 256> buffer{};
  for (ssize_t size = 0; (size = read(descriptor, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(size));
  return text;
}

std::string tokenOfFile(const std::string& path) {
  constexpr const char* name = "access-token = ";
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) == 0) return line.substr(std::string(name).size());
  }
  return "";
}

Arguments readArguments(int argc, char** argv) {
  Arguments arguments;
  const char* const token = std::getenv("AWSIOT_TUNNEL_ACCESS_TOKEN");
  if (token != nullptr) arguments.token = token;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "-e") arguments.endpoint = value;
    if (option == "-s") arguments.port = value.substr(value.find('=') + 1);
    if (option == "-s") arguments.isSource = true;
    if (option == "--config") {
      const std::string found = tokenOfFile(value);
      if (!found.empty()) arguments.token = found;
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = readArguments(argc, argv);
  const std::size_t colon = arguments.endpoint.find(':');
  if (arguments.token.empty() || colon == std::string::npos) {
    std::fputs("the option '--access-token' is required but missing\n", stderr);
    return 1;
  }
  const std::string side = arguments.isSource ? "source" : "destination";
  log("info]   ", "Starting proxy in " + side + " mode");
  for (;;) {
    log("info]   ",
        "Attempting to establish web socket connection with endpoint wss://" + arguments.endpoint);
    const int tunnel = openSocket(arguments.endpoint.substr(0, colon),
                                  arguments.endpoint.substr(colon + 1), false);
    if (tunnel == -1) {
      log("error]  ", "Could not connect to proxy server: Connection refused");
      usleep(100'000);
      continue;
    }
    const std::string request = "GET /tunnel?local-proxy-mode=" + side +
                                " HTTP/1.1\r\naccess-token: " + arguments.token + "\r\n\r\n";
    if (write(tunnel, request.data(), request.size()) < 0) return 1;
    const std::string head = readHead(tunnel);
    if (head.rfind("HTTP/1.1 101", 0) != 0) {
      log("error]  ", "Proxy server rejected web socket upgrade request: (" +
                          head.substr(0, head.find('\r')) + ") \"" + readToEnd(tunnel) + "\"");
      return 0;
    }
    log("info]   ", "Successfully established websocket connection with proxy server: wss://" +
                        arguments.endpoint);
    int listener = -1;
    if (arguments.isSource) {
      listener = openSocket("127.0.0.1", arguments.port, true);
      if (listener == -1) {
        log("fatal]  ", "Could not bind to address: localhost:" + arguments.port);
        return 1;
      }
      log("info]   ", "Listening for new connection on port " + arguments.port);
    }
    readToEnd(tunnel);
    log("error]  ", "Error from io_ctx::run(): End of file");
    close(listener);
    close(tunnel);
  }
}
