// SPDX-License-Identifier: BSL-1.0
// The example programs, as processes of their own.
#include <signal.h>
#include <sys/stat.h>

#include <cctype>
#include <map>
#include <string>
#include <vector>

#include "support/command.hpp"

using namespace secure_tunneling;

TEST_CASE("the command prints the new tokens as the AWS CLI does") {
  World world;
  SECTION("all of them, in JSON") {
    const Finished finished = world.rotate({});
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output ==
          "{\n"
          "    \"tunnelArn\": \"arn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1\",\n"
          "    \"sourceAccessToken\": \"" +
              world.service.sourceToken() +
              "\",\n"
              "    \"destinationAccessToken\": \"" +
              world.service.destinationToken() +
              "\"\n"
              "}\n");
    CHECK(finished.errors.empty());
  }
  SECTION("all of them, in a line of text") {
    const Finished finished = world.rotate({"--output", "text"});
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output == world.service.destinationToken() + "\t" + world.service.sourceToken() +
                                 "\tarn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1\n");
  }
  SECTION("in the format of the environment or the profile") {
    const TemporaryFolder files;
    world.unset("AWS_CONFIG_FILE");
    world.environment.push_back("AWS_CONFIG_FILE=" +
                                files.file("config", "[default]\noutput = yaml\n"));
    Finished finished = world.rotate({"--query", "{arn: tunnelArn}"});
    INFO(finished.errors);
    CHECK(finished.output == "arn: arn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1\n");
    world.environment.emplace_back("AWS_DEFAULT_OUTPUT=yaml-stream");
    finished = world.rotate({"--query", "[tunnelArn]"});
    CHECK(finished.output == "- - arn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1\n");
    finished = world.rotate({"--query", "tunnelArn", "--output", "json"});
    CHECK(finished.output == "\"arn:aws:iot:us-east-1:123456789012:tunnel/tunnel-1\"\n");
    CHECK(world.rotate({"--output", "off"}).output.empty());
    world.environment.emplace_back("AWS_CLI_ERROR_FORMAT=json");
    CHECK(world.rotate({"--cli-error-format", "legacy"}).status == 0);
    CHECK(world.rotate({}).status == 253);
  }
  SECTION("of one side, with a destination, from YAML") {
    const Finished finished = world.command(
        {"--cli-input-yaml",
         "tunnelId: tunnel-1\nclientMode: DESTINATION\ndestinationConfig:\n  services: [ssh]\n",
         "--endpoint-url", world.service.url()});
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output.find(world.service.destinationToken()) != std::string::npos);
  }
  SECTION("of one side, with a destination, from JSON") {
    const TemporaryFolder files;
    const std::string input = files.file(
        "input.json",
        R"({"tunnelId":"tunnel-1","clientMode":"DESTINATION","destinationConfig":{"services":["ssh"]}})");
    const Finished finished = world.command(
        {"--cli-input-json", "file://" + input, "--endpoint-url", world.service.url()});
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output.find("sourceAccessToken") == std::string::npos);
    CHECK(finished.output.find(world.service.destinationToken()) != std::string::npos);
  }
}

TEST_CASE(
    "the command prints nothing for an empty answer, and fails for one it cannot understand") {
  World world;
  SECTION("empty") {
    SocketServer server([](Connection& connection) {
      connection.readRequest();
      connection.answer(200, "{}");
    });
    const Finished finished = world.rotate({"--endpoint-url", server.url()});
    CHECK(finished.status == 0);
    CHECK(finished.output.empty());
    CHECK(finished.errors.empty());
  }
  SECTION("not understood") {
    world.service.injectFault(GENERATE(Fault::EmptyBody, Fault::TruncatedBody, Fault::NotJsonBody,
                                       Fault::WrongTypeBody, Fault::InvalidUtf8Body));
    checkRefused(world.rotate({}), 255, "cannot be understood");
  }
}

TEST_CASE("the command's exit status tells what failed") {
  World world;
  SECTION("usage") {
    checkRefused(world.command({"--client-mode", "ALL"}), 252, "--tunnel-id");
  }
  SECTION("no region") {
    world.unset("AWS_REGION");
    checkRefused(world.rotate({}), 253, "region");
  }
  SECTION("no credentials") {
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    checkRefused(world.rotate({}), 253, "credentials");
  }
  SECTION("a secret with the line break of the file that it was copied from") {
    const std::string value =
        std::string(ServedFake::secretAccessKey) + GENERATE(as<std::string>{}, "\n", "\r\n");
    world.unset("AWS_SECRET_ACCESS_KEY");
    world.environment.push_back("AWS_SECRET_ACCESS_KEY=" + value);
    checkRefused(world.rotate({}), 255, "AWS_SECRET_ACCESS_KEY has a blank, a control");
    CHECK(world.service.connections() == 0);
  }
  SECTION("an error of the service") {
    checkRefused(world.rotate({"--tunnel-id", "no-such-tunnel"}), 254,
                 "An error occurred (ResourceNotFoundException) when calling the "
                 "RotateTunnelAccessToken operation: Tunnel not found: no-such-tunnel");
  }
  SECTION("nobody listens") {
    const ClosedPort closed;
    checkRefused(world.rotate({"--endpoint-url", "http://" + closed.authority()}), 255,
                 closed.authority());
  }
}

TEST_CASE("the programs print what they are for, and say why they cannot") {
  struct Program {
    std::string name;
    std::string does;
    int status;
    std::string complaint;
  };
  const std::string full = "standard output: No space left on device\n";
  const std::vector<Program> all = {
      {"rotate-tunnel-access-token", "Rotates the client access tokens of", 255, full},
      {"rotate-fleet", "Rotates the access tokens of many", 255, "rotate-fleet: " + full},
#ifdef __linux__
      {"keep-local-proxy", "Keeps AWS's local proxy connected", 255, "keep-local-proxy: " + full},
#endif
      {"local-service", "The fake Secure Tunneling service", 1, "local-service: " + full},
  };
  for (const Program& program : all) {
    CAPTURE(program.name);
    const std::string path = programs + "/" + program.name;
    for (const char* const option : {"-h", "--help"}) {
      const Finished finished = run({path, option}, {});
      CHECK(finished.status == 0);
      CHECK(finished.output.compare(0, program.does.size(), program.does) == 0);
      CHECK(finished.output.find("\nUsage: " + program.name + " ") != std::string::npos);
      CHECK(finished.errors.empty());
    }
    const Finished version = run({path, "--version"}, {});
    CHECK(version.status == 0);
    CHECK(version.output == program.name + " (secure_tunneling " SECURE_TUNNELING_VERSION_STRING
                                           ")\n");
    for (const std::string option : {"--help", "--version"}) {
      const Finished finished =
          run({"/bin/sh", "-c", "exec \"$0\" " + option + " >/dev/full", path}, {});
      CHECK(finished.status == program.status);
      CHECK(finished.errors == program.complaint);
    }
  }
}

TEST_CASE("the command refuses bad input with a reason, and sends nothing") {
  World world;
  int status = 252;
  int lines = 1;
  std::vector<std::string> arguments;
  std::string reason;
  SECTION("an unknown option") {
    arguments = {"--tunnel", "x", "--nonsense"};
    reason = "--nonsense";
  }
  SECTION("a stray word") {
    arguments = {"stray"};
    reason = "stray";
  }
  SECTION("an option without its value") {
    arguments = {"--region"};
    reason = "--region: expected one argument";
  }
  SECTION("an option that a program cannot serve") {
    arguments = {"--cli-auto-prompt"};
    reason = "--cli-auto-prompt";
    status = 255;
  }
  SECTION("a mode that there is not") {
    arguments = {"--client-mode", "BOTH"};
    reason = "BOTH";
  }
  SECTION("an empty tunnel id") {
    arguments = {"--tunnel-id", ""};
    reason = "tunnelId";
  }
  SECTION("a tunnel id that is no UTF-8") {
    arguments = {"--tunnel-id", "\xff"};
    reason = "tunnel";
  }
  SECTION("a destination that is no shorthand") {
    arguments = {"--destination-config", "services"};
    reason = "--destination-config";
    lines = 3;
  }
  SECTION("a destination of the wrong type") {
    arguments = {"--destination-config", R"({"services":"ssh"})"};
    reason = "services";
    lines = 2;
  }
  SECTION("a destination without services") {
    arguments = {"--destination-config", "thingName=pump"};
    reason = "services";
    lines = 2;
  }
  SECTION("a destination with an unknown member") {
    arguments = {"--destination-config", "services=ssh,port=22"};
    reason = "port";
    lines = 2;
  }
  SECTION("an output format that there is not") {
    arguments = {"--output", "xml"};
    reason = "--output";
  }
  SECTION("an endpoint without a scheme") {
    arguments = {"--endpoint-url", "127.0.0.1"};
    reason = "scheme is missing";
  }
  SECTION("an endpoint without a host") {
    arguments = {"--endpoint-url", "http://"};
    reason = "http://";
    status = 255;
  }
  SECTION("a region that is none") {
    arguments = {"--region", "no region"};
    reason = "no region";
    status = 255;
  }
  SECTION("a profile that there is not") {
    arguments = {"--profile", "nobody"};
    reason = "nobody";
    status = 255;
  }
  SECTION("a time limit that is no number") {
    arguments = {"--cli-read-timeout", "soon"};
    reason = "soon";
    status = 255;
  }
  SECTION("a file that is not there") {
    arguments = {"--cli-input-json", "file:///nonexistent/input.json"};
    reason = "/nonexistent/input.json";
  }
  checkRefused(world.rotate(arguments), status, reason, lines);
  CHECK(world.service.connections() == 0);
}

TEST_CASE("the command goes by a profile of the shared files") {
  World world;
  const TemporaryFolder files;
  for (const char* const name : {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                 "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}) {
    world.unset(name);
  }
  const auto write = [&files](const std::string& name, const std::string& text) {
    static_cast<void>(files.file(name, text));
  };
  const std::string config = files.file(
      "config",
      "[profile p]\nregion = us-east-1\nservices = here\n[profile bad]\nregion = no region\n"
      "[services here]\niotsecuretunneling =\n  endpoint_url = " +
          world.service.url() + "\n");
  const std::string credentials = files.file(
      "credentials", std::string("[p]\naws_access_key_id = ") + ServedFake::accessKeyId +
                         "\naws_secret_access_key = " + ServedFake::secretAccessKey + "\n");
  world.environment.push_back("AWS_CONFIG_FILE=" + config);
  world.environment.push_back("AWS_SHARED_CREDENTIALS_FILE=" + credentials);
  std::vector<std::string> arguments = {"--tunnel-id", ServedFake::tunnel, "--client-mode",
                                        "SOURCE",      "--profile",        "p"};
  REQUIRE(::chmod(credentials.c_str(), 0600) == 0);

  SECTION("that is named on the command line") {
    const Finished finished = world.command(arguments);
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output.find(world.service.sourceToken()) != std::string::npos);
  }
  SECTION("that is named in the environment") {
    world.environment.emplace_back("AWS_PROFILE=p");
    arguments.resize(4);
    CHECK(world.command(arguments).status == 0);
  }
  SECTION("with another region, which the service does not take") {
    arguments.insert(arguments.end(), {"--region", "eu-west-1"});
    checkRefused(world.command(arguments), 254, "scoped to a valid region");
  }
  SECTION("whose name the AWS CLI quotes") {
    const std::string name = "Bob's own";
    write("config", R"([profile 'Bob'"'"'s own'])"
                    "\nregion = us-east-1\nendpoint_url = " +
                        world.service.url() + "\n");
    write("credentials", "[" + name + "]\naws_access_key_id = " + ServedFake::accessKeyId +
                             "\naws_secret_access_key = " + ServedFake::secretAccessKey + "\n");
    arguments[5] = name;
    const Finished finished = world.command(arguments);
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output.find(world.service.sourceToken()) != std::string::npos);
  }
  SECTION("that has no region because of a name that nobody asks for") {
    write("config", "[profile p]\nthe region = canary\n[other]\n");
    checkRefused(world.command(arguments), 253,
                 "You must specify a region. You can also configure your region by running \"aws "
                 "configure\". (passed over: " +
                     config + ", line 2)\n");
    arguments.emplace_back("--debug");
    checkRefused(world.command(arguments), 253,
                 "debug: passed over, unless asked for by name: " + config + ", line 3; " + config +
                     ", line 2\n",
                 2);
  }
  SECTION("that has no keys because of a name that nobody asks for") {
    write("credentials", "[profile p]\naws_secret_access_key = canary\n");
    world.environment.emplace_back("AWS_EC2_METADATA_DISABLED=true");
    checkRefused(world.command(arguments), 253, "(passed over: " + credentials + ", line 1)");
    CHECK(world.service.connections() == 0);
  }
  SECTION("with a region that is none") {
    arguments[5] = "bad";
    checkRefused(world.command(arguments), 255,
                 config + ", line 5: region is \"no region\": expected ");
    CHECK(world.service.connections() == 0);
  }
  SECTION("and tells in debug output who else can get at the files") {
    arguments.emplace_back("--debug");
    const auto report = [&] {
      const Finished finished = world.command(arguments);
      INFO(finished.errors);
      CHECK(finished.status == 0);
      CHECK(finished.errors.find("debug: profile p of " + config + " and " + credentials + "\n") !=
            std::string::npos);
      return finished.errors;
    };
    CHECK(report().find("warning: ") == std::string::npos);
    REQUIRE(::chmod(credentials.c_str(), 0644) == 0);
    CHECK(report().find("warning: " + credentials +
                        " may hold keys and can be read by every "
                        "user\n") != std::string::npos);
    REQUIRE(::chmod(config.c_str(), 0664) == 0);
    CHECK(report().find("warning: " + config + " can be written by other users\n") !=
          std::string::npos);
  }
}

TEST_CASE("the command's debug output has no secret") {
  World world;
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIATEMPORARY", ServedFake::secretAccessKey, "canary-session-token");
  });
  world.unset("AWS_ACCESS_KEY_ID");
  world.environment.emplace_back("AWS_ACCESS_KEY_ID=ASIATEMPORARY");
  world.environment.emplace_back("AWS_SESSION_TOKEN=canary-session-token");
  const Finished finished = world.rotate({"--debug"});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.errors.find("attempt 1") != std::string::npos);
  for (const std::string& secret :
       {std::string("canary"), std::string("Signature="), world.service.sourceToken(),
        world.service.destinationToken()}) {
    CHECK(finished.errors.find(secret) == std::string::npos);
  }
}

TEST_CASE("the command names the application that the environment or the profile names") {
  World world;
  const TemporaryFolder files;
  SECTION("environment") {
    world.environment.emplace_back("AWS_SDK_UA_APP_ID=line 7");
  }
  SECTION("profile") {
    world.unset("AWS_CONFIG_FILE");
    world.environment.push_back("AWS_CONFIG_FILE=" +
                                files.file("config", "[default]\nsdk_ua_app_id = line 7\n"));
  }
  std::string request;
  SocketServer server([&](Connection& connection) {
    request = connection.readRequest();
    connection.answer(200, "{}", "Connection: close\r\n");
  });
  const Finished finished = world.rotate({"--endpoint-url", server.url()});
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(request.find("\r\nUser-Agent: secure_tunneling/" SECURE_TUNNELING_VERSION_STRING
                     " app/line-7\r\n") != std::string::npos);
}

TEST_CASE("the command keeps its time limits") {
  World world;
  SocketServer server([](Connection& connection) { connection.waitForClient(); });
  const Finished finished =
      world.rotate({"--endpoint-url", server.url(), "--cli-read-timeout", "1"});
  checkRefused(finished, 255, server.authority());
  CHECK(server.connections() == 3);
}

TEST_CASE("the local service and the programs, over https") {
  const TemporaryFolder files;
  const CertificateAuthority authority(files, "ca");
  const CertificateFiles certificate = authority.issue("server");
  ChildProcess service({programs + "/local-service", "--tls-certificate", certificate.certificate,
                        "--tls-key", certificate.key},
                       {});
  std::map<std::string, std::string> facts;
  while (facts.count("destination-access-token") == 0) {
    const std::string line = service.readLine();
    REQUIRE_FALSE(line.empty());
    facts[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  }
  std::vector<std::string> environment = {"AWS_ACCESS_KEY_ID=" + facts["access-key-id"],
                                          "AWS_SECRET_ACCESS_KEY=" + facts["secret-access-key"],
                                          "AWS_REGION=" + facts["region"],
                                          "AWS_ENDPOINT_URL=" + facts["endpoint-url"],
                                          "AWS_CONFIG_FILE=/dev/null",
                                          "AWS_SHARED_CREDENTIALS_FILE=/dev/null"};
  std::vector<std::string> command = {programs + "/rotate-tunnel-access-token", "--tunnel-id",
                                      facts["tunnel-id"], "--client-mode", "SOURCE"};

  SECTION("with the authority in a file") {
    command.insert(command.end(), {"--ca-bundle", authority.file()});
    const Finished finished = run(command, environment);
    INFO(finished.errors);
    CHECK(finished.status == 0);
    CHECK(finished.output.find("sourceAccessToken") != std::string::npos);
    CHECK(finished.output.find(facts["source-access-token"]) == std::string::npos);
  }
  SECTION("with the authority in the environment") {
    environment.push_back("AWS_CA_BUNDLE=" + authority.file());
    CHECK(run(command, environment).status == 0);
  }
  SECTION("with the authority in a profile") {
    environment[4] =
        "AWS_CONFIG_FILE=" + files.file("config", "[default]\nca_bundle = " + authority.file());
    CHECK(run(command, environment).status == 0);
  }
  SECTION("with the authority in the home directory") {
    environment.push_back("HOME=" + files.path());
    const std::string fromHome = authority.file().substr(files.path().size());
    const std::string how = GENERATE(as<std::string>{}, "option", "AWS_CA_BUNDLE=~",
                                     "REQUESTS_CA_BUNDLE=${HOME}", "profile");
    CAPTURE(how);
    if (how == "option") {
      command.insert(command.end(), {"--ca-bundle", "~" + fromHome});
    } else if (how == "profile") {
      environment[4] =
          "AWS_CONFIG_FILE=" + files.file("config", "[default]\nca_bundle = ~" + fromHome);
    } else {
      environment.push_back(how + fromHome);
    }
    const Finished finished = run(command, environment);
    INFO(finished.errors);
    CHECK(finished.status == 0);
  }
  SECTION("without verification") {
    command.emplace_back("--no-verify-ssl");
    CHECK(run(command, environment).status == 0);
  }
  SECTION("without the authority") {
    checkRefused(run(command, environment), 255, "127.0.0.1");
  }
  SECTION("the quickstart program, which does not know the authority either") {
    checkRefused(run({programs + "/quickstart", facts["tunnel-id"]}, environment), 1, "127.0.0.1");
  }
  service.signal(SIGTERM);
  CHECK(service.wait() == 0);
  CHECK(service.readAll().empty());
  CHECK(service.errors().empty());
}

TEST_CASE("the quickstart program prints the new source token") {
  World world;
  world.environment.push_back("AWS_ENDPOINT_URL=" + world.service.url());
  const Finished finished = run({programs + "/quickstart", ServedFake::tunnel}, world.environment);
  INFO(finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.output == world.service.sourceToken() + "\n");
}
