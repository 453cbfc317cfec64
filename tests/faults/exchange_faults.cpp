// SPDX-License-Identifier: BSL-1.0
// Faults of a connection that is up: between the request and the end of its answer.
#include <poll.h>

#include "faults/fault.hpp"

namespace {

constexpr auto service = Scene::Place::Service;

std::size_t headSize(const std::string& answer) {
  return answer.find("\r\n\r\n") + 4;
}

/// The first part of an answer: up to the middle of the status line, of the headers, of the body.
std::string beginning(const std::string& answer) {
  return answer.substr(0, 8);
}
std::string halfHeaders(const std::string& answer) {
  return answer.substr(0, answer.find("Content-Length"));
}
std::string halfBody(const std::string& answer) {
  return answer.substr(0, (headSize(answer) + answer.size()) / 2);
}
std::string nothing(const std::string&) {
  return {};
}

using Part = std::string (*)(const std::string& answer);

/// The service has rotated, and of its answer a part arrives; then the connection ends.
FaultCase closedAfter(std::string name, Part part) {
  return at(service, std::move(name), [part](Scene& scene, Connection& connection) {
    connection.write(part(scene.takeAnswer(connection)));
    connection.cut();
  });
}
FaultCase resetAfter(std::string name, Part part) {
  return at(service, std::move(name), [part](Scene& scene, Connection& connection) {
    connection.write(part(scene.takeAnswer(connection)));
    connection.reset();
  });
}
FaultCase stallAfter(std::string name, Part part) {
  return at(
      service, std::move(name),
      [part](Scene& scene, Connection& connection) {
        connection.write(part(scene.takeAnswer(connection)));
        scene.stall(connection);
      },
      EndedBy::TotalLimit);
}

/// What comes is not the service's.
FaultCase answeredBy(std::string name, std::string text) {
  return at(service, std::move(name), [text = std::move(text)](Scene&, Connection& connection) {
    connection.readRequest();
    connection.write(text);
  });
}
FaultCase endless(std::string name, std::string begin, std::string piece) {
  return at(service, std::move(name),
            [begin = std::move(begin), piece = std::move(piece)](Scene&, Connection& connection) {
              connection.readRequest();
              connection.write(begin);
              while (connection.write(piece)) {
              }
            });
}

/// A piece now and then, for as long as the program takes it.
void trickle(Scene& scene, Connection& connection, const std::string& begin,
             const std::string& piece) {
  connection.write(begin);
  scene.reached->arrive();
  pollfd client{connection.socket(), POLLIN, 0};
  while (poll(&client, 1, 50) == 0 && connection.write(piece)) {
  }
}

}  // namespace

FaultSection exchangeFaults() {
  return {"Request and answer",
          {
              at(service, "reset when the request begins to arrive",
                 [](Scene&, Connection& connection) {
                   pollfd client{connection.socket(), POLLIN, 0};
                   poll(&client, 1, 30'000);
                   connection.reset();
                 }),
              at(service, "closed after the request, which was not processed",
                 [](Scene&, Connection& connection) { connection.readRequest(); }),
              closedAfter("closed before the answer", nothing),
              resetAfter("reset before the answer", nothing),
              closedAfter("closed within the status line", beginning),
              closedAfter("closed within the headers", halfHeaders),
              closedAfter("closed within the body", halfBody),
              resetAfter("reset within the body", halfBody),
              stallAfter("stalls before the answer", nothing),
              stallAfter("stalls within the headers", halfHeaders),
              stallAfter("stalls within the body", halfBody),
              at(
                  service, "a header trickles in, and another",
                  [](Scene& scene, Connection& connection) {
                    scene.takeAnswer(connection);
                    trickle(scene, connection, "HTTP/1.1 200 OK\r\n", "X: y\r\n");
                  },
                  EndedBy::TotalLimit),
              at(
                  service, "a body trickles in",
                  [](Scene& scene, Connection& connection) {
                    scene.takeAnswer(connection);
                    trickle(scene, connection, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
                            " ");
                  },
                  EndedBy::LowSpeed),
              answeredBy("another protocol", "220 mail.example ESMTP\r\n"),
              answeredBy("a body without a head", "{}"),
              answeredBy("a chunk whose length is none",
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n"),
              answeredBy("a Content-Length that is none",
                         "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
              endless("a body without an end", "HTTP/1.1 200 OK\r\n\r\n", std::string(10'000, ' ')),
              endless("an error page without an end", "HTTP/1.1 503 No\r\n\r\n<html>",
                      std::string(10'000, ' ')),
              endless("headers without an end", "HTTP/1.1 200 OK\r\n", "X-Header: value\r\n"),
              endless("a header line without an end",
                      "HTTP/1.1 200 OK\r\nX: ", std::string(10'000, 'x')),
              at(service, "a redirect",
                 [](Scene&, Connection& connection) {
                   connection.readRequest();
                   connection.answer(307, "", "Location: https://127.0.0.1/\r\n");
                   connection.waitForClient();
                 }),
          }};
}
