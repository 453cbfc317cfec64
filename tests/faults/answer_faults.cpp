// SPDX-License-Identifier: BSL-1.0
// What the service itself answers, and credentials and clocks that it does not accept.
#include "faults/fault.hpp"

using secure_tunneling::Credentials;
using secure_tunneling::CredentialsProvider;
using secure_tunneling::CredentialsQuery;
using secure_tunneling::Result;

namespace {

/// A fault of the fake service.
FaultCase answers(std::string name, secure_tunneling::Fault fault) {
  return {std::move(name), [fault](Scene& scene) {
            scene.fake.injectFault(fault, scene.lasts ? 100 : 1);
            scene.open(Scene::Place::Service, nullptr);
          }};
}

FaultCase lasting(std::string name, std::function<void(Scene&)> change) {
  return {std::move(name),
          [change = std::move(change)](Scene& scene) {
            change(scene);
            scene.open(Scene::Place::Service, nullptr);
          },
          EndedBy::Nothing, false};
}

void expireOwnCredentials(Scene& scene) {
  scene.fake.with([&](auto& fake) {
    fake.addCredentials("AKIDEXPIRED", "expired-secret-access-key", {}, scene.clock.unixMs - 1000);
  });
}

/// Credentials that have expired, though nothing said so; and others, for whoever asks again.
class RenewedCredentials final : public CredentialsProvider {
 public:
  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    const bool isFirst = asked_++ == 0;
    credentials.accessKeyId = isFirst ? "AKIDEXPIRED" : ServedFake::accessKeyId;
    credentials.secretAccessKey.assign(isFirst ? "expired-secret-access-key"
                                               : ServedFake::secretAccessKey);
    return {};
  }

 private:
  int asked_ = 0;
};

}  // namespace

FaultSection answerFaults() {
  using F = secure_tunneling::Fault;
  return {"Answers of the service",
          {
              answers("throttled", F::Throttled),
              answers("an internal error", F::InternalError),
              answers("a gateway's 502 without a body", F::BadGateway),
              answers("a page with 503", F::ServiceUnavailable),
              answers("access is denied", F::AccessDenied),
              lasting("no such tunnel", [](Scene& scene) { scene.tunnelId = "no-such-tunnel"; }),
              lasting("the clock is an hour ahead",
                      [](Scene& scene) { scene.clock.unixMs += 3'600'000; }),
              lasting("the clock is an hour ahead, and not corrected",
                      [](Scene& scene) {
                        scene.clock.unixMs += 3'600'000;
                        scene.settings.correctClockSkew = false;
                      }),
              lasting("another secret key",
                      [](Scene& scene) {
                        scene.fake.with([](auto& fake) {
                          fake.addCredentials("AKIDOTHER", "another-secret-access-key");
                        });
                        const auto wrong = std::make_shared<secure_tunneling::StaticCredentials>(
                            "AKIDOTHER", "wrong-secret-access-key");
                        scene.credentials = wrong.get();
                        scene.kept.push_back(wrong);
                      }),
              lasting("expired credentials",
                      [](Scene& scene) {
                        expireOwnCredentials(scene);
                        const auto expired = std::make_shared<secure_tunneling::StaticCredentials>(
                            "AKIDEXPIRED", "expired-secret-access-key");
                        scene.credentials = expired.get();
                        scene.kept.push_back(expired);
                      }),
              lasting("expired credentials, and new ones at their source",
                      [](Scene& scene) {
                        expireOwnCredentials(scene);
                        const auto renewed = std::make_shared<RenewedCredentials>();
                        scene.credentials = renewed.get();
                        scene.kept.push_back(renewed);
                      }),
              answers("an empty body", F::EmptyBody),
              answers("half a body", F::TruncatedBody),
              answers("a body that is not JSON", F::NotJsonBody),
              answers("members of other types", F::WrongTypeBody),
              answers("text that is not UTF-8", F::InvalidUtf8Body),
          }};
}
