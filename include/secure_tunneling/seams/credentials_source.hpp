// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SEAMS_CREDENTIALS_SOURCE_HPP
#define SECURE_TUNNELING_SEAMS_CREDENTIALS_SOURCE_HPP

/// @file
/// The interfaces of sources of credentials, and credentials that the program has.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/steps.hpp"
#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// AWS credentials. Move-only, because its secrets are.
struct Credentials {
  /// Names the key; it is sent in the clear, and is no secret. Without "/", "," and blanks.
  std::string accessKeyId;
  /// What requests are signed with; it is never sent. Of visible ASCII.
  Secret secretAccessKey;
  /// Empty for long-term credentials.
  Secret sessionToken = {};
  /// When they end, in milliseconds since the Unix epoch; unset when they do not.
  std::optional<std::int64_t> expiresAtMs = {};

  /// Replaces these credentials by a copy of `other`, reusing the buffers.
  void assign(const Credentials& other) {
    accessKeyId = other.accessKeyId;
    secretAccessKey.assign(other.secretAccessKey.expose());
    sessionToken.assign(other.sessionToken.expose());
    expiresAtMs = other.expiresAtMs;
  }
};

namespace detail {

/// Credentials that are still to be filled. Out of line, for size; derived, because one with a
/// constructor would be no aggregate.
struct CredentialsRoom : Credentials {
  SECURE_TUNNELING_NOINLINE CredentialsRoom() noexcept {}  // NOLINT(*-use-equals-default)
};

/// What is wrong with a credential that `isVisibleAscii` refuses: none that AWS gives is so.
inline constexpr char unsendable[] = " has a blank, a control or a non-ASCII character";

/// Whether `credentials` can be sent, and signed with; the error says why not.
inline Result<void> checkCredentials(const Credentials& credentials) {
  const std::string& id = credentials.accessKeyId;
  const char* name = "the secret access key";
  const char* problem = nullptr;
  if (credentials.secretAccessKey.empty()) {
    problem = " is empty";
  } else if (!isVisibleAscii(credentials.secretAccessKey.expose())) {
    problem = unsendable;
  } else if (id.empty() || !isVisibleAscii(id) || id.find_first_of("/,") != std::string::npos) {
    name = "the access key id";
    problem = " is empty or has a character that none has";
  } else if (!isVisibleAscii(credentials.sessionToken.expose())) {
    name = "the session token";
    problem = unsendable;
  }
  if (problem == nullptr) return {};
  return failure(ErrorKind::Credentials, name, problem);
}

}  // namespace detail

/// Why credentials are asked for.
struct CredentialsQuery {
  /// The time, in milliseconds since the Unix epoch.
  std::int64_t nowMs = 0;
  /// The service has just refused those that the caller still holds as expired: the same again are
  /// of no use.
  bool expired = false;
  /// Uniformly distributed over all values; spreads refreshes. Need not be unpredictable.
  std::uint32_t random = 0;
};

class CredentialsSource;

/// One search for credentials: why they are asked for, where they go, and what came of it. A
/// machine like a call itself; what it is driven by is the source's.
///
/// It is known by its address. Where it goes before its end, what is under way is abandoned.
class CredentialsFetch final : public Steps {
 public:
  /// Works in the buffers of `exchange`. Where `source` is null the driver fills `credentials`. A
  /// driver that blocks anyway, and drives the search to its end in one thread, sets `mayBlock`:
  /// then a source may wait inside a step for what has no socket, such as a command.
  CredentialsFetch(HttpExchange& exchange, CredentialsSource* source, Credentials& credentials,
                   bool mayBlock = false) noexcept
      : Steps(exchange), source_(source), credentials_(credentials), mayBlock_(mayBlock) {}
  /// A search within `outer`, for the same reason.
  CredentialsFetch(CredentialsFetch& outer, CredentialsSource* source,
                   Credentials& credentials) noexcept
      : Steps(outer.exchange_),
        source_(source),
        credentials_(credentials),
        outer_(&outer),
        query_(outer.query_),
        mayBlock_(outer.mayBlock_) {}
  inline ~CredentialsFetch();

  inline Step next(const Moment& now) override;
  /// Ends the search without an outcome; asked for another step it begins anew.
  inline void abandon() noexcept;
  void onSent(Result<void>&& sent, const Moment& now) override {
    underWay_->onSent(std::move(sent), now);
  }
  /// At `Done`: whether the credentials are there. Once only.
  [[nodiscard]] Result<void> takeOutcome() noexcept { return std::move(outcome_); }

  /// At `Done`: whether a step has blocked, so that the moment given to the last one is out of
  /// date.
  [[nodiscard]] bool hasBlocked() const noexcept { return hasBlocked_; }
  /// Why credentials are asked for. `next` sets its time and its random number.
  [[nodiscard]] CredentialsQuery& query() noexcept { return query_; }

  // For sources.

  /// Where the credentials go; may hold those of an earlier search, or of a source that failed.
  [[nodiscard]] Credentials& credentials() noexcept { return credentials_; }
  /// The buffers that a machine of the source works in.
  [[nodiscard]] HttpExchange& exchange() noexcept { return exchange_; }
  /// Whether the driver drives this search to its end in one thread, so that a step may block.
  [[nodiscard]] bool mayBlock() const noexcept { return mayBlock_; }
  /// Notes that a step blocks, for `hasBlocked`.
  void block() noexcept {
    for (CredentialsFetch* each = this; each != nullptr; each = each->outer_)
      each->hasBlocked_ = true;
  }
  /// Passes on the step of a machine that is not done and works in `exchange()`; `onSent` is the
  /// machine's then.
  Step forward(Steps& machine, Step step) noexcept {
    underWay_ = &machine;
    show(machine);
    return step;
  }
  /// Has the driver ask again after so many milliseconds.
  Step wait(std::int64_t milliseconds) noexcept {
    waitMs_ = milliseconds;
    return Step::Wait;
  }
  /// Ends the search.
  Step done(Result<void> outcome) noexcept {
    outcome_ = std::move(outcome);
    return Step::Done;
  }
  /// What a source that waits for another search remembers of it; 0 at first.
  std::uint64_t seen = 0;
  /// How often a source that waits for another search has waited; 0 at first.
  int waits = 0;

 private:
  CredentialsSource* source_;
  Credentials& credentials_;
  CredentialsFetch* outer_ = nullptr;
  Steps* underWay_ = nullptr;
  Result<void> outcome_;
  CredentialsQuery query_;
  bool hasBegun_ = false;
  bool hasBlocked_ = false;
  bool mayBlock_;
};

/// Where credentials come from, step by step: a machine that gives the thread back wherever there
/// is something to wait for. For a source that blocks there is `CredentialsProvider`.
///
/// An implementation blocks for nothing but to read files: what it needs of the network it has its
/// driver send, and for what it has under way itself, such as a command, it asks for waits. It
/// writes what it found to `fetch.credentials()`, and ends with `fetch.done()`; the errors are
/// those of `CredentialsProvider`. One search at a time unless it says more.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  /// The next step of a search, which begins with its first one. Never `NeedCredentials`.
  virtual Step next(CredentialsFetch& fetch, const Moment& now) = 0;
  /// The search ends here, without an outcome: nobody will ask for its next step.
  virtual void abandon(CredentialsFetch&) noexcept {}
  /// What it waits on when it is to block; null where it never waits.
  [[nodiscard]] virtual Clock* clock() noexcept { return nullptr; }

  /// Searches to the end, and blocks meanwhile. The moment is that of `clock()`, where there is
  /// one. Every step has to name its transport.
  inline Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials);

  CredentialsSource(const CredentialsSource&) = delete;
  CredentialsSource& operator=(const CredentialsSource&) = delete;

 protected:
  CredentialsSource() = default;
};

inline CredentialsFetch::~CredentialsFetch() {
  abandon();
}

inline void CredentialsFetch::abandon() noexcept {
  if (hasBegun_) source_->abandon(*this);
  hasBegun_ = false;
}

inline Step CredentialsFetch::next(const Moment& now) {
  query_.nowMs = now.unixMs;
  query_.random = now.random;
  if (source_ == nullptr) return Step::NeedCredentials;
  if (!hasBegun_) {
    seen = 0;
    waits = 0;
    hasBlocked_ = false;
  }
  hasBegun_ = true;
  const Step step = source_->next(*this, now);
  hasBegun_ = step != Step::Done;
  return step;
}

namespace detail {

/// The clock of somebody who asks for credentials at one given moment.
class QueryClock final : public Clock {
 public:
  QueryClock(const CredentialsQuery& query, Clock* waiting) noexcept
      : moment_{query.nowMs, query.random}, waiting_(waiting) {}

  Moment now() override { return waiting_ != nullptr ? waiting_->now() : moment_; }
  void wait(std::int64_t milliseconds) override {
    if (waiting_ != nullptr) waiting_->wait(milliseconds);
  }

 private:
  Moment moment_;
  Clock* waiting_;
};

}  // namespace detail

inline Result<void> CredentialsSource::retrieve(const CredentialsQuery& query,
                                                Credentials& credentials) {
  HttpExchange exchange;
  CredentialsFetch fetch(exchange, this, credentials, true);
  fetch.query() = query;
  detail::QueryClock time(query, clock());
  driveToEnd(fetch, nullptr, time);
  return fetch.takeOutcome();
}

/// Where credentials come from, in one step that may block; for an application's own sources.
///
/// An implementation writes them to `credentials`, which may still hold those of an earlier call
/// (their buffers are worth reusing), or returns an `Error` whose message says what was looked for
/// and where, never a value. Its kind is `NoCredentials` where nothing asks for this source, so
/// that a chain goes on; `Configuration` for a malformed file, variable or setting; `Credentials`
/// for any other failure, a transport's too: `delivery` stays `NotSent`, for the call itself was
/// not sent. It does its I/O here and not in its constructor. Called by one thread at a time unless
/// the implementation says more.
class CredentialsProvider : public CredentialsSource {
 public:
  /// Finds credentials for `query` and writes them to `credentials`, as `CredentialsProvider` says;
  /// may block.
  virtual Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) = 0;

  Step next(CredentialsFetch& fetch, const Moment&) override {
    fetch.block();
    return fetch.done(retrieve(fetch.query(), fetch.credentials()));
  }

 protected:
  CredentialsProvider() = default;
};

/// Credentials that a function of the program finds, at each call:
/// `FunctionCredentials source([](const CredentialsQuery& query, Credentials& found) { ... })`. It
/// returns a `Result<void>`, and keeps to what `CredentialsProvider` says. The function is kept as
/// a copy. Thread-safe where the function is.
template <class Function>
class FunctionCredentials final : public CredentialsProvider {
 public:
  /// Keeps `function`, which is moved.
  explicit FunctionCredentials(Function function) : function_(std::move(function)) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    return function_(query, credentials);
  }

 private:
  Function function_;
};

/// Credentials given by the program. Safe to share between threads.
class StaticCredentials final : public CredentialsProvider {
 public:
  /// Keeps them, the second as copies. They are looked at by the first call that is signed with
  /// them: what cannot be sent is an error of kind `Credentials` there.
  /// @{
  explicit StaticCredentials(Credentials credentials) {
    static_cast<Credentials&>(credentials_) = std::move(credentials);
  }
  StaticCredentials(std::string_view accessKeyId, std::string_view secretAccessKey,
                    std::string_view sessionToken = {}) {
    credentials_.accessKeyId = accessKeyId;
    credentials_.secretAccessKey.assign(secretAccessKey);
    credentials_.sessionToken.assign(sessionToken);
  }
  /// @}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    credentials.assign(credentials_);
    return {};
  }
  /// Ends the search at once, with a copy of the credentials.
  Step next(CredentialsFetch& fetch, const Moment&) override {
    return fetch.done(retrieve(fetch.query(), fetch.credentials()));
  }

 private:
  detail::CredentialsRoom credentials_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SEAMS_CREDENTIALS_SOURCE_HPP
