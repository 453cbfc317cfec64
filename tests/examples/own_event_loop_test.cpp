// SPDX-License-Identifier: BSL-1.0
// The program with an event loop of its own, where what looks for credentials takes its time. Its
// servers hold an answer until something else has happened, which never would if the program waited
// for the answer.
#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#include "support/gate.hpp"
#include "support/latch.hpp"
#include "support/many_tunnels.hpp"
#include "support/sts_answers.hpp"

TEST_CASE("own event loop: a metadata service that stalls holds up no other call") {
  ManyTunnels world("own-event-loop", 3);
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIAROLE", "secret-of-the-role", "token-of-the-role");
    fake.addCredentials("ASIAINSTANCE", "secret-of-the-instance", "token-of-the-instance");
  });
  const std::string document =
      R"({"Code":"Success","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"secret-of-the-instance",)"
      R"("Token":"token-of-the-instance","Expiration":"2035-01-01T00:00:00Z"})";
  const std::string assumed =
      stsAnswer("ASIAROLE", "secret-of-the-role", "token-of-the-role", "2035-01-01T00:00:00Z");
  Gate othersDone;
  // Says nothing before the other tunnels have their tokens, however long that takes.
  SocketServer metadata([&](Connection& connection) {
    while (true) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      if (raw.find("PUT") == 0) {
        if (!othersDone.waitFor(2)) return;
        connection.answer(200, "session", "X-aws-ec2-metadata-token-ttl-seconds: 600\r\n");
      } else if (raw.find("/security-credentials/ ") != std::string::npos) {
        connection.answer(200, "role");
      } else {
        connection.answer(200, document);
      }
    }
  });
  std::atomic<int> assumptions{0};
  SocketServer sts([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      ++assumptions;
      connection.answer(200, assumed);
    }
  });
  const TemporaryFolder folder;
  std::ofstream(folder.path("config"))
      << "[profile keys]\naws_access_key_id = " << ServedFake::accessKeyId
      << "\naws_secret_access_key = " << ServedFake::secretAccessKey
      << "\n[profile one-role]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = keys\n"
         "[profile two-roles]\nrole_arn = arn:aws:iam::1:role/two\nsource_profile = one-role\n"
         "[profile instance]\nrole_arn = arn:aws:iam::1:role/three\n"
         "credential_source = Ec2InstanceMetadata\n";
  ChildProcess program = world.start(
      {"many-0@instance", "many-1@two-roles", "many-2@keys"},
      {"AWS_CONFIG_FILE=" + folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
       "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + metadata.url(), "AWS_ENDPOINT_URL_STS=" + sts.url()},
      world.service.url());
  std::vector<std::string> lines;
  for (int i = 0; i != 2; ++i) {
    lines.push_back(program.readLine());
    othersDone.arrive();
  }
  CHECK(sorted(lines) == sorted({world.lineOf("many-1"), world.lineOf("many-2")}));
  const std::string last = program.readLine();
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(last == world.lineOf("many-0"));
  CHECK(assumptions == 3);
}

#ifdef SECURE_TUNNELING_SLOW_LOOKUP
TEST_CASE("own event loop: neither a command nor the look-up of a name holds up another call") {
  ManyTunnels world("own-event-loop", 3);
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIACONTAINER", "secret-of-the-container", "token-of-the-container");
    fake.addCredentials("ASIACOMMAND", "secret-of-the-command", "token-of-the-command");
  });
  SocketServer agent([](Connection& connection) {
    while (!connection.readRequest().empty()) {
      connection.answer(200, R"({"AccessKeyId":"ASIACONTAINER","Token":"token-of-the-container",)"
                             R"("SecretAccessKey":"secret-of-the-container",)"
                             R"("Expiration":"2035-01-01T00:00:00Z"})");
    }
  });
  const Latch lookup;
  const Latch command;
  const TemporaryFolder folder;
  const std::string document =
      folder.file("document", R"({"Version":1,"AccessKeyId":"ASIACOMMAND",)"
                              R"("SecretAccessKey":"secret-of-the-command",)"
                              R"("SessionToken":"token-of-the-command"})");
  std::ofstream(folder.path("config"))
      << "[profile keys]\naws_access_key_id = " << ServedFake::accessKeyId
      << "\naws_secret_access_key = " << ServedFake::secretAccessKey
      << "\n[profile command]\ncredential_process = " << command.waitedFor() << "cat " << document
      << "\n";
  ChildProcess program = world.start(
      {"many-0", "many-1@command", "many-2@keys"},
      {"AWS_CONFIG_FILE=" + folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
       "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + agent.url("agent.invalid") + "/",
       "SLOW_LOOKUP=" + lookup.path(), "LD_PRELOAD=" SECURE_TUNNELING_SLOW_LOOKUP},
      world.service.url());
  // Each is done before what the others wait for has happened.
  std::string line = program.readLine();
  CHECK(line == world.lineOf("many-2"));
  lookup.open();
  line = program.readLine();
  CHECK(line == world.lineOf("many-0"));
  command.open();
  line = program.readLine();
  CHECK(line == world.lineOf("many-1"));
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(program.errors().empty());
}
#endif
