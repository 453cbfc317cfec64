// SPDX-License-Identifier: BSL-1.0
// The engine against the table of its states, which stands at the top of its header.
#include "secure_tunneling/call/call_machine.hpp"

#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

/// A source whose steps are the test's.
struct GivenSource final : CredentialsSource {
  Step step = Step::Done;
  bool has = true;

  Step next(CredentialsFetch& fetch, const Moment&) override {
    if (step != Step::Done) return fetch.wait(7);
    if (!has) return fetch.done(makeError(ErrorKind::NoCredentials, "none"));
    fetch.credentials().accessKeyId = "ID";
    fetch.credentials().secretAccessKey.assign("secret");
    return fetch.done({});
  }
};

/// What one machine is made of, with the source asked first.
struct MachineParts {
  HttpExchange exchange;
  Credentials credentials;
  GivenSource source;
  CredentialsFetch fetch{exchange, &source, credentials};
};

/// An operation whose verdicts are the test's.
class GivenMachine final : public CallMachine {
 public:
  explicit GivenMachine(MachineParts& parts, const CallRules& rules = {})
      : CallMachine(parts.exchange, rules, &parts.fetch) {
    credentials_ = &parts.credentials;
    begin();
  }

  Verdict verdict = Verdict::Finished;
  std::string code;
  bool isWritable = true;

  using CallMachine::Verdict;

 private:
  bool writeRequest(std::int64_t) override {
    if (!isWritable) setError(ErrorKind::Signing, "no");
    return isWritable;
  }
  Verdict judge(const Moment&) override {
    setError(ErrorKind::Service, "why");
    error_->code = code;
    error_->delivery = Delivery::Answered;
    return verdict;
  }
};

/// A machine at `Send`, unless its source has other plans.
struct MachineCall {
  MachineParts parts;
  GivenMachine machine{parts};
  Moment now{1'000, 0xffffffffU};

  Step next() { return machine.next(now); }
  void answer(int status = 200) {
    machine.response().status = status;
    machine.onSent({}, now);
  }
  void answer(GivenMachine::Verdict verdict) {
    machine.verdict = verdict;
    answer();
  }
};

const char* nameOf(Step step) {
  switch (step) {
    case Step::NeedCredentials:
      return "`NeedCredentials`";
    case Step::Send:
      return "`Send`";
    case Step::Wait:
      return "`Wait`";
    case Step::Done:
      break;
  }
  return "`Done`";
}

using Row = std::pair<std::string, std::string>;

/// What the code does for every state and event.
std::map<Row, std::string> behaviour() {
  std::map<Row, std::string> rows;
  {
    MachineCall call;
    call.parts.source.step = Step::Wait;
    REQUIRE(call.next() == Step::Wait);
    CHECK(call.machine.waitMs() == 7);
    // The source's step; the machine is where it was: asked again, it asks the source again.
    REQUIRE(call.next() == Step::Wait);
    rows[{"`NeedCredentials`", "a step of the source"}] = "`NeedCredentials`";
    call.parts.source.step = Step::Done;
    rows[{"`NeedCredentials`", "credentials are there"}] = nameOf(call.next());
  }
  {
    MachineCall call;
    call.parts.source.has = false;
    rows[{"`NeedCredentials`", "there are none"}] = nameOf(call.next());
  }
  {
    MachineCall call;
    call.machine.isWritable = false;
    rows[{"`Send`", "the request cannot be written"}] = nameOf(call.next());
  }
  {
    struct Limiter final : RateLimiter {
      std::int64_t acquire(std::int64_t) noexcept override { return 1; }
      void onAnswer(bool, std::int64_t) noexcept override {}
    } limiter;
    CallRules rules;
    rules.rateLimiter = &limiter;
    MachineParts parts;
    GivenMachine machine(parts, rules);
    rows[{"`Send`", "the rate limiter says wait"}] = nameOf(machine.next({1'000, 0}));
  }
  const struct {
    const char* event;
    GivenMachine::Verdict verdict;
  } verdicts[] = {{"`Verdict::Finished`", GivenMachine::Verdict::Finished},
                  {"`Verdict::Another`", GivenMachine::Verdict::Another},
                  {"`Verdict::Refused`", GivenMachine::Verdict::Refused},
                  {"a failure that may pass", GivenMachine::Verdict::Passes},
                  {"a failure that will not", GivenMachine::Verdict::Failed}};
  for (const auto& row : verdicts) {
    MachineCall call;
    REQUIRE(call.next() == Step::Send);
    call.answer(row.verdict);
    rows[{"`Send`", row.event}] = nameOf(call.next());
  }
  {
    MachineCall call;
    REQUIRE(call.next() == Step::Send);
    call.answer(GivenMachine::Verdict::Passes);
    REQUIRE(call.next() == Step::Wait);
    rows[{"`Wait`", "asked again"}] = nameOf(call.next());
  }
  {
    MachineCall call;
    REQUIRE(call.next() == Step::Send);
    call.machine.code = "ExpiredTokenException";
    call.parts.source.step = Step::Wait;
    call.answer(GivenMachine::Verdict::Failed);
    // Asks the source, and that at once.
    CHECK(call.next() == Step::Wait);
    CHECK(call.machine.waitMs() == 7);
    rows[{"`Send`", "credentials are called expired"}] = "`NeedCredentials`";
  }
  for (const bool isCancelled : {true, false}) {
    const auto end = [isCancelled](MachineCall& call) {
      if (isCancelled) {
        call.machine.cancel();
      } else {
        call.now.unixMs += 500;
      }
      return nameOf(call.next());
    };
    CallLimits limits;
    if (!isCancelled) limits.timeoutMs = 500;
    const char* const event = "cancelled, or its time is over";
    {
      MachineCall call;
      call.parts.exchange.end.begin(limits);
      call.parts.source.step = Step::Wait;
      REQUIRE(call.next() == Step::Wait);
      rows[{"`NeedCredentials`", event}] = end(call);
    }
    {
      MachineCall call;
      call.parts.exchange.end.begin(limits);
      REQUIRE(call.next() == Step::Send);
      rows[{"`Send`", event}] = end(call);
    }
    {
      MachineCall call;
      limits.timeoutMs *= 4;
      call.parts.exchange.end.begin(limits);
      REQUIRE(call.next() == Step::Send);
      call.answer(GivenMachine::Verdict::Passes);
      REQUIRE(call.next() == Step::Wait);
      call.now.unixMs += 1'500;
      rows[{"`Wait`", event}] = end(call);
    }
  }
  {
    MachineCall call;
    CallLimits limits;
    limits.timeoutMs = 1'000;
    call.parts.exchange.end.begin(limits);
    REQUIRE(call.next() == Step::Send);
    call.answer(GivenMachine::Verdict::Passes);
    rows[{"`Send`", "no time for the wait"}] = nameOf(call.next());
  }
  return rows;
}

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  return text.erase(text.find_last_not_of(' ') + 1);
}

/// The table of the header.
std::map<Row, std::string> table() {
  std::map<Row, std::string> rows;
  std::ifstream header(SECURE_TUNNELING_INCLUDE "/secure_tunneling/call/call_machine.hpp");
  for (std::string line; std::getline(header, line);) {
    if (line.find("/// | `") != 0) continue;
    std::string cells[3];
    std::size_t begin = line.find('|') + 1;
    for (std::string& cell : cells) {
      const std::size_t end = line.find('|', begin);
      cell = trimmed(line.substr(begin, end - begin));
      begin = end + 1;
    }
    rows[{cells[0], cells[1]}] = cells[2];
  }
  return rows;
}

}  // namespace

TEST_CASE("the engine does what its table says") {
  CHECK(table() == behaviour());
}

TEST_CASE("a search that is not over when its call goes is abandoned") {
  struct Abandoned final : CredentialsSource {
    int times = 0;
    Step next(CredentialsFetch& fetch, const Moment&) override { return fetch.wait(1); }
    void abandon(CredentialsFetch&) noexcept override { ++times; }
  } source;
  HttpExchange exchange;
  Credentials credentials;
  {
    CredentialsFetch never(exchange, &source, credentials);
    CredentialsFetch begun(exchange, &source, credentials);
    CHECK(begun.next({}) == Step::Wait);
  }
  CHECK(source.times == 1);
}
