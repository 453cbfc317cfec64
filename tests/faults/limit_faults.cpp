// SPDX-License-Identifier: BSL-1.0
// Kept connections that have ended; and calls that are cancelled or out of time, in each phase.
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "faults/fault.hpp"
#include "faults/lookups.hpp"

namespace {

using Place = Scene::Place;

/// Waits until the client's system has all that was written, and the end where it was.
void waitUntilTaken(Connection& connection) {
  int left = 1;
  for (int i = 0; i != 30'000 && ioctl(connection.socket(), SIOCOUTQ, &left) == 0 && left != 0; ++i)
    poll(nullptr, 0, 1);
}

/// What becomes of the first connection behind its first answer.
FaultCase afterAnswer(std::string name, void (*end)(Connection&)) {
  FaultCase fault =
      at(Place::Service, std::move(name), [end](Scene& scene, Connection& connection) {
        if (connection.number() != 0) return scene.serve(connection);
        scene.deliver(connection, scene.takeAnswer(connection));
        end(connection);
        waitUntilTaken(connection);
        scene.stall(connection);
      });
  fault.canPass = false;
  fault.isWarm = true;
  return fault;
}

/// The phases of a call in which something can be waited for.
std::vector<FaultCase> stalls() {
  const auto stallAfter = [](std::string (*part)(const std::string&)) {
    return [part](Scene& scene, Connection& connection) {
      connection.write(part(scene.takeAnswer(connection)));
      scene.stall(connection);
    };
  };
  return {
      {"credentials: the metadata service stalls",
       [](Scene& scene) {
         struct Metadata {
           explicit Metadata(Scene& scene)
               : server([&scene](Connection& connection) {
                   connection.readRequest();
                   scene.stall(connection);
                 }),
                 transport(scene.options),
                 source(transport, scene.clock, optionsFor(server.url())) {}
           static secure_tunneling::InstanceMetadataOptions optionsFor(std::string url) {
             secure_tunneling::InstanceMetadataOptions options;
             options.endpoint = std::move(url);
             return options;
           }
           SocketServer server;
           secure_tunneling::CurlTransport transport;
           secure_tunneling::InstanceMetadataCredentials source;
         };
         const auto metadata = std::make_shared<Metadata>(scene);
         scene.credentials = &metadata->source;
         scene.kept.push_back(metadata);
         scene.open(Place::Service, nullptr);
       }},
      {"the look-up of the host",
       [](Scene& scene) { scene.settings.endpointUrl = "https://" + addSlowHost(scene.reached); }},
      at(Place::Proxy, "a proxy",
         [](Scene& scene, Connection& connection) {
           connection.readRequest();
           scene.stall(connection);
         }),
      at(Place::BeforeTls, "the TLS handshake",
         [](Scene& scene, Connection& connection) {
           connection.readSome();
           scene.stall(connection);
         }),
      at(Place::Service, "before the answer",
         stallAfter([](const std::string&) { return std::string(); })),
      at(Place::Service, "within the headers",
         stallAfter([](const std::string& answer) { return answer.substr(0, 30); })),
      at(Place::Service, "within the body",
         stallAfter([](const std::string& answer) { return answer.substr(0, answer.size() - 1); })),
  };
}

FaultCase endedBy(FaultCase fault, EndedBy by) {
  fault.name += by == EndedBy::Flag ? ": cancelled" : ": out of time";
  fault.endedBy = by;
  fault.canPass = false;
  return fault;
}

}  // namespace

FaultSection keptConnectionFaults() {
  return {"A kept connection, before the next request",
          {
              afterAnswer("closed",
                          [](Connection& connection) {
                            connection.closeTls();
                            shutdown(connection.socket(), SHUT_WR);
                          }),
              afterAnswer("closed without a word of TLS",
                          [](Connection& connection) { shutdown(connection.socket(), SHUT_WR); }),
              afterAnswer("a stray answer, such as 408",
                          [](Connection& connection) {
                            connection.answer(408, "", "Connection: close\r\n");
                          }),
          }};
}

FaultSection limitFaults() {
  FaultSection section{"A call that is cancelled or out of time, while this stalls", {}};
  for (const FaultCase& stall : stalls()) {
    section.faults.push_back(endedBy(stall, EndedBy::Flag));
    section.faults.push_back(endedBy(stall, EndedBy::Deadline));
  }
  FaultCase wait{"the wait for another attempt", [](Scene& scene) {
                   scene.fake.injectFault(secure_tunneling::Fault::Throttled, 100);
                   scene.fake.with([](auto& fake) { fake.setRetryAfter("60"); });
                   if (scene.limits.timeoutMs != 0) {
                     scene.limits.timeoutMs = 4'000;  // less than the shortest wait
                     scene.reached->arrive();
                   }
                   scene.clock.onWait = [&scene] { scene.cancelled = true; };
                   scene.open(Place::Service, nullptr);
                 }};
  section.faults.push_back(endedBy(wait, EndedBy::Flag));
  section.faults.push_back(endedBy(wait, EndedBy::Deadline));
  section.faults.push_back(endedBy({"nothing, before it begins",
                                    [](Scene& scene) {
                                      scene.cancelled = true;
                                      scene.open(Place::Service, nullptr);
                                    }},
                                   EndedBy::Flag));
  section.faults.push_back(endedBy(at(Place::Service, "nothing, when the answer is there",
                                      [](Scene& scene, Connection& connection) {
                                        scene.deliver(connection, scene.takeAnswer(connection));
                                        scene.cancelled = true;
                                        connection.waitForClient();
                                      }),
                                   EndedBy::Flag));
  return section;
}
