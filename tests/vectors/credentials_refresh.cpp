// SPDX-License-Identifier: BSL-1.0
// When cached credentials are fetched anew: CachedCredentials over a source that plays the steps.
#include "secure_tunneling/credentials/cached.hpp"

#include "vectors.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t seededAt = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr std::int64_t second = 1'000;

/// Answers with whatever the step says.
class StepSource final : public CredentialsProvider {
 public:
  std::string response = "fresh_credentials";
  std::int64_t lifetimeMs = 3600 * second;
  std::string accessKeyId = "seed";
  bool isAsked = false;

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    isAsked = true;
    if (response == "error") return makeError(ErrorKind::Credentials, "error");
    if (response == "non_recoverable_error")
      return makeError(ErrorKind::Configuration, "non_recoverable_error");
    credentials.accessKeyId = accessKeyId;
    credentials.secretAccessKey.assign("secret");
    credentials.expiresAtMs = query.nowMs + (response == "stale_credentials" ? 0 : lifetimeMs);
    return {};
  }
};

class Replay {
 public:
  Replay(const Json& json, Report& report)
      : test_(report, json["name"].text()), cached_(source_, optionsOf(json["given"])) {
    const Json& given = json["given"];
    if (given.has("access_key_id")) source_.accessKeyId = given["access_key_id"].text();
    // The part of the spread over 300 seconds that gives the back-off of the case.
    const std::int64_t backOff =
        given.has("refresh_backoff_seconds") ? given["refresh_backoff_seconds"].integer() : 420;
    random_ = static_cast<std::uint32_t>((backOff - 300) * 0x1'0000'0000 / 300 + 1);
    seed(given["cached_credentials"].text());
    for (const Json& step : json["steps"].items())
      play(step);
    if (windowMs_ != 0) {
      nowMs_ = expiresAtMs_ - windowMs_;
      test_.check("is fetched anew where the advisory window begins", isAskedNow());
    }
  }

 private:
  static CacheOptions optionsOf(const Json& given) {
    CacheOptions options;
    if (given.has("configured_advisory_window_seconds"))
      options.advisoryWindowMs = given["configured_advisory_window_seconds"].integer() * second;
    return options;
  }

  void seed(const std::string& state) {
    if (state == "none") return;
    cachedId_ = source_.accessKeyId;
    test_.equal("seed", get(), cachedId_);
    if (state == "advisory") nowMs_ += 3000 * second;
    if (state == "mandatory") nowMs_ += 3570 * second;
    if (state == "expired") nowMs_ += 3660 * second;
  }

  void play(const Json& step) {
    if (step["type"].text() == "advance_time") {
      nowMs_ += step["seconds"].integer() * second;
      return;
    }
    if (step["type"].text() == "invalidate") return cached_.invalidate();
    source_.response = step["response"].text();
    if (step.has("lifetime_seconds"))
      source_.lifetimeMs = step["lifetime_seconds"].integer() * second;
    source_.accessKeyId = "new" + std::to_string(++fetches_);
    source_.isAsked = false;

    const Json& expected = step["expected"];
    const std::string& result = expected["result"].text();
    const std::string got = get();
    if (result == "new_credentials") {
      test_.equal(result, got, source_.accessKeyId);
      cachedId_ = got;
      expiresAtMs_ = nowMs_ + source_.lifetimeMs;
    } else if (result == "cached_credentials") {
      test_.equal(result, got, cachedId_);
    } else if (result == "no_credentials_error") {
      test_.equal(result, got, "error");
    } else {
      test_.equal("result", got, result);
    }
    test_.check("source contacted", source_.isAsked == expected["source_contacted"].isTrue());
    if (expected["rate_limited"].isTrue()) test_.check("rate limited", !source_.isAsked);
    if (expected.has("advisory_window_seconds")) {
      windowMs_ = expected["advisory_window_seconds"].integer() * second;
      const std::int64_t before = std::exchange(nowMs_, expiresAtMs_ - windowMs_ - 1);
      test_.check("is kept up to the advisory window", !isAskedNow());
      nowMs_ = before;
    }
  }

  bool isAskedNow() {
    source_.isAsked = false;
    source_.response = "fresh_credentials";
    (void)get();
    return source_.isAsked;
  }

  /// The key id, or the error's message.
  std::string get() {
    CredentialsQuery query;
    query.nowMs = nowMs_;
    query.random = random_;
    const Result<void> result = cached_.retrieve(query, credentials_);
    return result ? credentials_.accessKeyId : result.error().message;
  }

  Case test_;
  StepSource source_;
  CachedCredentials cached_;
  Credentials credentials_;
  std::uint32_t random_ = 0;
  std::int64_t nowMs_ = seededAt;
  std::string cachedId_;
  std::int64_t expiresAtMs_ = 0;
  std::int64_t windowMs_ = 0;
  int fetches_ = 0;
};

void runCredentialsRefresh(const Json& vectors, Report& report) {
  for (const Json& json : report.cases(vectors, "cases"))
    const Replay replay(json, report);
}

const VectorTests tests("credentials_refresh.json", runCredentialsRefresh);

}  // namespace
