// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP
#define SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP

/// @file
/// Credentials of an IAM role, by AssumeRole of STS.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/signed_call.hpp"
#include "secure_tunneling/credentials/detail/source_of.hpp"
#include "secure_tunneling/credentials/detail/sts.hpp"
#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/endpoint/sts_endpoint.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A role, and how it is taken on.
struct Role {
  /// As `arn:aws:iam::ACCOUNT:role/NAME`; required.
  std::string arn;
  /// Names the session in the logs of AWS; empty for one made from the time.
  std::string sessionName = {};
  /// What the owner of the role asks for, where they do.
  std::string externalId = {};
  /// How long the credentials are good, in seconds; 0 for the hour that STS gives by itself.
  int durationSeconds = 0;
  /// The MFA device whose code goes along: the ARN of a virtual one, the number of another; empty
  /// for none.
  std::string mfaSerial = {};
};

/// Asks a person for the code of an MFA device. Called by one thread at a time.
class MfaPrompt {
 public:
  virtual ~MfaPrompt() = default;
  /// Writes the six digits that the device `serial` shows to `code`, which is empty. May block for
  /// as long as the person takes. The message of an error says why there is no code; its kind is
  /// `Configuration` where only a change of settings helps, else `Credentials`.
  ///
  /// Called for every request for a role whose `mfaSerial` is set: a code is good once.
  virtual Result<void> ask(std::string_view serial, Secret& code) = 0;

  MfaPrompt(const MfaPrompt&) = delete;
  MfaPrompt& operator=(const MfaPrompt&) = delete;

 protected:
  MfaPrompt() = default;
};

/// Who takes on which role, and where. All of it must outlive the search.
struct RoleAssumption {
  /// Where STS is.
  const StsSettings& sts;
  /// The role to take on.
  const Role& role;
  /// Who takes it on: the request to STS is signed with these.
  const Credentials& as;
};

/// Takes on roles. For what knows roles by their settings, and leaves STS and signing to others.
/// As `CredentialsSource`, for one role at a time.
class RoleAssumer {
 public:
  virtual ~RoleAssumer() = default;
  /// The next step of a search for credentials of a role, as somebody who has those of another.
  virtual Step assume(const RoleAssumption& assumption, CredentialsFetch& fetch,
                      const Moment& now) = 0;
  /// Nobody will ask for the next step of this search.
  virtual void abandon(CredentialsFetch&) noexcept {}
  /// What it waits on when it is to block; null where it never waits.
  [[nodiscard]] virtual Clock* clock() noexcept { return nullptr; }
  /// Whether a role may ask for the code of an MFA device.
  [[nodiscard]] virtual bool hasMfaPrompt() const noexcept { return false; }
  /// Takes a role on, and blocks meanwhile.
  inline Result<void> assume(const StsSettings& sts, const Role& role, const Credentials& as,
                             Credentials& credentials);

  RoleAssumer(const RoleAssumer&) = delete;
  RoleAssumer& operator=(const RoleAssumer&) = delete;

 protected:
  RoleAssumer() = default;
};

namespace detail {

/// Credentials of one role.
using RoleSource = SourceOf<RoleAssumer, RoleAssumption, &RoleAssumer::assume>;

}  // namespace detail

inline Result<void> RoleAssumer::assume(const StsSettings& sts, const Role& role,
                                        const Credentials& as, Credentials& credentials) {
  return detail::RoleSource(*this, {sts, role, as}).retrieve({}, credentials);
}

namespace detail {

/// AssumeRole, signed.
template <class Hash>
class AssumeRoleCall final : public SignedCall<Hash> {
 public:
  AssumeRoleCall(CredentialsFetch& fetch, HttpTransport& transport, const CallRules& rules,
                 const Credentials& as, Hash& hash, const Endpoint& endpoint,
                 std::string_view form) noexcept
      : SignedCall<Hash>(fetch.exchange(), rules, nullptr, &as, hash, signer_, endpoint,
                         {"sts"sv, stsContentType, {}}, &transport),
        out_(fetch.credentials()) {
    this->body_ = form;
    this->begin();
  }

  [[nodiscard]] Result<void> takeOutcome(std::string_view source) {
    if (this->error_.empty()) return {};
    return sourceError(source, *this->error_);
  }

 private:
  using typename CallMachine::Verdict;

  Verdict judge(const Moment&) override {
    HttpResponse& response = this->exchange_.response;
    if (!this->error_.empty()) return Verdict::Failed;
    this->error_ = checkAnswer(response);
    if (!this->error_.empty()) return Verdict::Refused;
    this->error_ = detail::takeError(readStsAnswer(response, out_, this->redactor()));
    if (this->error_.empty()) return Verdict::Finished;
    return this->error_->code == "RequestExpired"sv ? Verdict::WrongTime : Verdict::Failed;
  }

  Credentials& out_;
  sigv4::Signer<Hash> signer_;
};

}  // namespace detail

/// Takes on roles by AssumeRole of AWS STS, signed with Signature Version 4. `Hash` is the policy
/// of `sigv4/signer.hpp`. Where STS refuses a signature for the local clock, its own time is used
/// from then on. A role with an MFA device is taken on where there is an `MfaPrompt`. Keeps
/// references; one thread at a time.
template <class Hash>
class StsRoleAssumer final : public RoleAssumer {
 public:
  /// Waits on `clock` where it is to block. `mfa` may be null.
  StsRoleAssumer(HttpTransport& transport, Clock& clock, Hash hash = Hash(),
                 MfaPrompt* mfa = nullptr)
      : transport_(transport), clock_(clock), hash_(std::move(hash)), mfa_(mfa) {}

  using RoleAssumer::assume;
  Step assume(const RoleAssumption& assumption, CredentialsFetch& fetch,
              const Moment& now) override {
    if (!search_.isFree(fetch)) return OneSearch::busy(fetch);
    if (!search_.isUnderWay(fetch)) {
      search_.begin(fetch);
      source_ = detail::filled("AssumeRole of {}", {detail::printable(assumption.role.arn, 120)});
      Result<void> begun = begin(assumption, fetch, now);
      if (!begun) {
        end();
        return fetch.done(detail::sourceError(source_, begun.error()));
      }
      if (fetch.hasBlocked()) return fetch.wait(0);
    }
    const Step step = call_->next(now);
    if (step != Step::Done) return fetch.forward(*call_, step);
    Result<void> outcome = call_->takeOutcome(source_);
    end();
    return fetch.done(std::move(outcome));
  }
  void abandon(CredentialsFetch& fetch) noexcept override {
    if (search_.isUnderWay(fetch)) end();
  }
  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }
  [[nodiscard]] bool hasMfaPrompt() const noexcept override { return mfa_ != nullptr; }

 private:
  Result<void> begin(const RoleAssumption& assumption, CredentialsFetch& fetch, const Moment& now) {
    Result<void> ready = detail::checkCredentials(assumption.as);
    if (ready) ready = detail::resolveSts(endpoint_, assumption.sts);
    if (!ready) return ready;
    if (endpoint_.signingRegion.empty()) {
      return detail::failure(ErrorKind::Configuration, "Invalid Configuration: Missing Region");
    }
    const Role& role = assumption.role;
    Secret code;
    if (!role.mfaSerial.empty()) {
      fetch.block();
      Result<void> asked = askForCode(role.mfaSerial, code);
      if (!asked) return asked;
    }
    const detail::Decimal duration(static_cast<std::uint64_t>(role.durationSeconds));
    const std::string sessionName =
        role.sessionName.empty() ? detail::sessionNameOf(now.unixMs) : role.sessionName;
    detail::writeStsForm("AssumeRole",
                         {{"RoleArn", role.arn},
                          {"RoleSessionName", sessionName},
                          {"DurationSeconds", role.durationSeconds == 0 ? "" : duration.text()},
                          {"ExternalId", role.externalId},
                          {"SerialNumber", role.mfaSerial},
                          {"TokenCode", code.expose()}},
                         form_);
    CallRules rules;
    rules.maxAttempts = assumption.sts.maxAttempts;
    rules.newRetries2026 = assumption.sts.newRetries2026;
    rules.clockSkewMs = &clockSkewMs_;
    call_.emplace(fetch, transport_, rules, assumption.as, hash_, endpoint_, form_.expose());
    return {};
  }
  Result<void> askForCode(std::string_view serial, Secret& code) {
    constexpr std::size_t digits = 6;
    if (mfa_ == nullptr) {
      return detail::failure(ErrorKind::Configuration,
                             "the MFA device asks for a code that nobody can type here");
    }
    Result<void> asked = mfa_->ask(serial, code);
    if (!asked) return asked;
    bool isCode = code.size() == digits;
    for (const char c : code.expose())
      isCode = isCode && detail::isDigit(c);
    if (isCode) return {};
    return detail::failure(ErrorKind::Credentials, "the MFA code: expected six digits");
  }
  void end() noexcept {
    call_.reset();
    form_.clear();
    search_.end();
  }

  HttpTransport& transport_;
  Clock& clock_;
  Hash hash_;
  MfaPrompt* const mfa_;
  std::int64_t clockSkewMs_ = 0;
  // Of the search that is under way.
  OneSearch search_;
  std::string source_;
  Endpoint endpoint_;
  Secret form_;
  std::optional<detail::AssumeRoleCall<Hash>> call_;
};

/// Credentials of a role, for somebody with other ones. Asks at each call; put a cache around it.
/// Keeps references; one thread at a time.
class AssumeRoleCredentials final : public SerialSource {
 public:
  /// Asks for `role` with the credentials of `source`, through `assumer`. Does no I/O.
  AssumeRoleCredentials(StsSettings sts, Role role, CredentialsSource& source, RoleAssumer& assumer)
      : sts_(std::move(sts)), role_(std::move(role)), source_(source), assumer_(assumer) {}

  [[nodiscard]] Clock* clock() noexcept override {
    Clock* const own = assumer_.clock();
    return own != nullptr ? own : source_.clock();
  }

 private:
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    base_.emplace(fetch, &source_, as_);
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    if (base_) {
      const Step step = base_->next(now);
      if (step != Step::Done) return fetch.forward(*base_, step);
      Result<void> found = base_->takeOutcome();
      const bool hasBlocked = base_->hasBlocked();
      base_.reset();
      if (!found) return fetch.done(std::move(found));
      roleSearch_.emplace(fetch, &assumed_, fetch.credentials());
      if (hasBlocked) return fetch.wait(0);
    }
    const Step step = roleSearch_->next(now);
    if (step != Step::Done) return fetch.forward(*roleSearch_, step);
    return fetch.done(roleSearch_->takeOutcome());
  }
  void end() noexcept override {
    base_.reset();
    roleSearch_.reset();
    as_ = {};
  }

  StsSettings sts_;
  Role role_;
  CredentialsSource& source_;
  RoleAssumer& assumer_;
  // Of the search that is under way.
  Credentials as_;
  detail::RoleSource assumed_{assumer_, {sts_, role_, as_}};
  std::optional<CredentialsFetch> base_;
  std::optional<CredentialsFetch> roleSearch_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_ASSUME_ROLE_HPP
