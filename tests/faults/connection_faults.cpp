// SPDX-License-Identifier: BSL-1.0
// Faults in front of the request: names, connections, TLS, proxies.
#include "faults/fault.hpp"
#include "faults/lookups.hpp"

namespace {

using Place = Scene::Place;

void closeAtOnce(Scene&, Connection&) {}
void resetAtOnce(Scene&, Connection& connection) {
  connection.reset();
}
/// Sent by a client that speaks TLS, its hello.
void closeAfterHello(Scene&, Connection& connection) {
  connection.readSome();
}
void resetAfterHello(Scene&, Connection& connection) {
  connection.readSome();
  connection.reset();
}
void answerHelloByGarbage(Scene&, Connection& connection) {
  connection.readSome();
  connection.write("SSH-2.0-not-TLS\r\n");
  connection.waitForClient();
}
void stallAfterHello(Scene& scene, Connection& connection) {
  connection.readSome();
  scene.stall(connection);
}

/// A fault of the server's certificate, which lasts.
FaultCase untrusted(std::string name, CertificateFiles FaultCertificates::*certificate) {
  return {std::move(name),
          [certificate](Scene& scene) {
            scene.tls.certificate = scene.certificates.*certificate;
            scene.open(Place::Service, nullptr);
          },
          EndedBy::Nothing, false};
}

/// What a proxy answers to CONNECT.
FaultCase refusedByProxy(const std::string& status) {
  return at(Place::Proxy, "a proxy answers " + status, [status](Scene&, Connection& connection) {
    connection.readRequest();
    connection.write("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
  });
}

}  // namespace

FaultSection nameFaults() {
  return {
      "Name and connection",
      {
          {"the host has no address",
           [](Scene& scene) { scene.settings.endpointUrl = std::string("https://") + unknownHost; },
           EndedBy::Nothing, false},
          {"the look-up of the host stalls",
           [](Scene& scene) {
             scene.settings.endpointUrl = "https://" + addSlowHost(scene.reached);
           },
           EndedBy::ConnectLimit, false},
          {"nobody listens",
           [](Scene& scene) {
             const auto closed = std::make_shared<ClosedPort>();
             scene.kept.push_back(closed);
             scene.settings.endpointUrl = "https://" + closed->authority();
           },
           EndedBy::Nothing, false},
          at(Place::BeforeTls, "closed when it is accepted", closeAtOnce),
          at(Place::BeforeTls, "reset when it is accepted", resetAtOnce),
      }};
}

FaultSection tlsFaults() {
  return {"TLS",
          {
              at(Place::BeforeTls, "closed within the handshake", closeAfterHello),
              at(Place::BeforeTls, "reset within the handshake", resetAfterHello),
              at(Place::BeforeTls, "something else than TLS", answerHelloByGarbage),
              at(Place::BeforeTls, "the handshake stalls", stallAfterHello, EndedBy::ConnectLimit),
              {"TLS 1.1 and no later",
               [](Scene& scene) {
                 scene.tls.newestVersion = TLS1_1_VERSION;
                 scene.open(Place::Service, nullptr);
               },
               EndedBy::Nothing, false},
              {"a client's certificate is asked for, and there is none",
               [](Scene& scene) {
                 scene.tls.clientCaFile = scene.certificates.authority.file();
                 scene.tls.newestVersion = TLS1_2_VERSION;
                 scene.open(Place::Service, nullptr);
               },
               EndedBy::Nothing, false},
              untrusted("a certificate of an unknown authority", &FaultCertificates::unknown),
              untrusted("a certificate for another name", &FaultCertificates::other),
              untrusted("a certificate that has expired", &FaultCertificates::expired),
              untrusted("a certificate that begins later", &FaultCertificates::early),
          }};
}

FaultSection proxyFaults() {
  return {"Proxy",
          {
              {"no proxy listens",
               [](Scene& scene) {
                 const auto closed = std::make_shared<ClosedPort>();
                 scene.kept.push_back(closed);
                 scene.open(Place::Service, nullptr);
                 scene.options.proxy = "http://" + closed->authority();
                 scene.options.noProxy.clear();
               },
               EndedBy::Nothing, false},
              at(Place::Proxy, "a proxy closes at CONNECT",
                 [](Scene&, Connection& connection) { connection.readRequest(); }),
              refusedByProxy("407 Proxy Authentication Required"),
              refusedByProxy("403 Forbidden"),
              refusedByProxy("502 Bad Gateway"),
              at(Place::Proxy, "a proxy answers garbage",
                 [](Scene&, Connection& connection) {
                   connection.readRequest();
                   connection.write("220 mail.example ESMTP\r\n");
                 }),
              at(
                  Place::Proxy, "a proxy says nothing",
                  [](Scene& scene, Connection& connection) {
                    connection.readRequest();
                    scene.stall(connection);
                  },
                  EndedBy::ConnectLimit),
          }};
}
