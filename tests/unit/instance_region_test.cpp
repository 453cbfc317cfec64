// SPDX-License-Identifier: BSL-1.0
// The region of the instance, where it is configured nowhere.
#include "secure_tunneling/credentials/instance_region.hpp"

#include <string>
#include <vector>

#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace secure_tunneling;

namespace {

struct Machine {
  TestEnvironment environment;
  ManualClock clock;
  ScriptedTransport transport;
  SharedSettings shared;

  Result<void> add() { return addInstanceRegion(shared, transport, clock); }
};

struct Instance : Machine {
  Instance() {
    transport.answer(200, "token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}})
        .answer(200, "eu-west-1\n");
  }
};

}  // namespace

TEST_CASE("a region that is configured nowhere is that of the instance") {
  Instance instance;
  SECTION("for the endpoint") {}
  SECTION("for the signature") {
    instance.shared.settings.endpointUrl = "https://service.example";
  }
  SECTION("for the endpoint of a request without a signature") {
    instance.shared.settings.signRequests = false;
  }
  REQUIRE(instance.add());
  CHECK(instance.shared.settings.region == "eu-west-1");
  REQUIRE(instance.transport.requests().size() == 2);
  CHECK(instance.transport.requests()[1].url ==
        "http://169.254.169.254/latest/meta-data/placement/region");
}

TEST_CASE("nobody is asked for a region that is there or not needed") {
  Instance instance;
  Settings& settings = instance.shared.settings;
  SECTION("it is there") {
    settings.region = "us-east-1";
  }
  SECTION("neither endpoint nor signature has one") {
    settings.endpointUrl = "https://service.example";
    settings.signRequests = false;
  }
  SECTION("the service is switched off") {
    instance.environment.set("AWS_EC2_METADATA_DISABLED", "true");
  }
  const std::string before = settings.region;
  CHECK(instance.add());
  CHECK(settings.region == before);
  CHECK(instance.transport.requests().empty());
}

TEST_CASE("a region that the metadata service does not tell stays empty") {
  Machine machine;
  SECTION("nobody answers") {
    machine.transport.fail(Delivery::NotSent).fail(Delivery::NotSent).fail(Delivery::NotSent);
  }
  SECTION("it has none") {
    machine.transport.answer(200, "token").answer(404);
  }
  SECTION("it is none") {
    machine.transport.answer(200, "token").answer(200, "<html>");
  }
  CHECK(machine.add());
  CHECK(machine.shared.settings.region.empty());
  CHECK_FALSE(machine.transport.requests().empty());
}

TEST_CASE("the metadata service is found by the profile that was read") {
  Instance instance;
  const std::string file = instance.environment.write(
      ".aws/config", "[profile p]\nec2_metadata_service_endpoint=http://service.example\n");
  instance.shared.profile = "p";
  CHECK(instance.add());
  REQUIRE_FALSE(instance.transport.requests().empty());
  CHECK(instance.transport.requests()[0].url == "http://service.example/latest/api/token");
}

TEST_CASE("a malformed setting of the metadata service is an error") {
  Instance instance;
  instance.environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense");
  const Result<void> added = instance.add();
  REQUIRE_FALSE(added);
  CHECK(added.error().kind == ErrorKind::Configuration);
  CHECK(added.error().message.find("AWS_EC2_METADATA_SERVICE_ENDPOINT") != std::string::npos);
}
