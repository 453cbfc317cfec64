// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_LOGIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_LOGIN_HPP

/// @file
/// Credentials of `aws login`, over a transport and a key of the program.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/configuration/sts_settings.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/dpop.hpp"
#include "secure_tunneling/credentials/detail/login_token.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// CreateOAuth2Token of AWS Sign-In: new credentials, and a new refresh token, for an old one and a
/// proof of the key that it is bound to.
template <class Key>
class LoginRenewalCall final : public SourceCall {
 public:
  /// Writes the credentials to `fetch.credentials()`, and replaces `refreshToken`.
  LoginRenewalCall(CredentialsFetch& fetch, HttpTransport& transport, const Endpoint& endpoint,
                   const Key& key, Secret& refreshToken, std::string_view body) noexcept
      : SourceCall(fetch.exchange(), transport, {}),
        endpoint_(endpoint),
        key_(key),
        refreshToken_(refreshToken),
        out_(fetch.credentials()),
        body_(body) {}

  /// Whether Sign-In refused the user, and not the session.
  [[nodiscard]] bool isForbidden() const noexcept { return isForbidden_; }

 private:
  bool writeRequest(std::int64_t sentAtMs) override {
    setRequest("POST"sv, endpoint_, "/v1/token"sv);
    exchange_.request.body = body_;
    addHeader("Content-Type"sv, "application/json"sv);
    proof_.clear();
    if (!appendDpopProof(key_, exchange_.request.url, sentAtMs / 1000, proof_)) {
      setError(ErrorKind::Signing, "the proof of the session's key cannot be made");
      return false;
    }
    addHeader("DPoP"sv, proof_);
    return true;
  }
  Verdict readAnswer(const Moment& now) override {
    // No credentials live for 31 years, and the sum below stays in range.
    constexpr std::int64_t longestSeconds = 999'999'999;
    const Redactor redactor{refreshToken_.expose(), proof_};
    HttpResponse& response = exchange_.response;
    Secret text = response.body.copy();
    StringMembers members("error expiresIn refreshToken"sv);
    std::string problem;
    collectMembers(text, members, problem);
    if (response.status != 200) {
      isForbidden_ = members[0].text == "INSUFFICIENT_PERMISSIONS"sv;
      return refuse(redactor);
    }
    CredentialsDocument form;
    form.parent = loginAccessToken;
    form.tokenName = "sessionToken"sv;
    Result<void> read = readCredentials(response.body, form, out_, redactor);
    const auto seconds = parseJsonInteger(members[1]);
    if (read && (!seconds || *seconds == 0 || *seconds > longestSeconds)) {
      read = detail::failure(ErrorKind::Credentials, "expiresIn: expected seconds, 1 to 999999999");
    }
    if (read) {
      out_.expiresAtMs = now.unixMs + *seconds * 1000;
      if (!members[2].text.empty()) refreshToken_.assign(members[2].text);
    }
    return settle(std::move(read), Verdict::Refused);
  }

  const Endpoint& endpoint_;
  const Key& key_;
  Secret& refreshToken_;
  Credentials& out_;
  std::string_view body_;
  std::string proof_;
  bool isForbidden_ = false;
};

}  // namespace detail

/// Credentials of a user who has signed in by `aws login`; a profile names them by `login_session`.
///
/// The session is the one that the AWS CLI keeps in `~/.aws/login/cache`, or where
/// AWS_LOGIN_CACHE_DIRECTORY says. Its credentials are renewed at AWS Sign-In in their last 5
/// minutes, and when the service has refused them as expired; the file is then replaced, readable
/// by its owner alone, unless another program has changed it meanwhile. When that fails, those of
/// the file are used to their end; then the error says to sign in again. Three attempts a request,
/// with waits between.
///
/// The endpoint is as for every service: AWS_ENDPOINT_URL_SIGNIN, `signin` in `services`, FIPS and
/// dual-stack, which mean nothing where a URL is set. Keeps references to its parts; one thread at
/// a time.
///
/// `Hash` is SHA-256 as of `sigv4/signer.hpp`, and `Key` the private key of a session, on P-256;
/// `LoginCredentials` of `adapters/login_credentials.hpp` has both by OpenSSL:
///
/// ```
/// bool read(std::string_view pem);     // false where that is none on P-256, or encrypted
/// void clear() noexcept;               // wipes it
/// std::string_view point() const;      // of the public key: x and y, 32 bytes each
/// bool sign(std::string_view text, char (&signature)[64]) const;  // its SHA-256: r and s
/// static bool random(unsigned char (&bytes)[16]);                 // nobody can predict
/// ```
template <class Hash, class Key>
class BasicLoginCredentials final : public ProfileSource {
 public:
  /// `given.allowHttp` lets endpoint URLs be http for hosts other than loopback; tokens then travel
  /// in the clear.
  BasicLoginCredentials(HttpTransport& transport, Clock& clock, GivenStsSettings given = {})
      : given_(std::move(given)), transport_(transport), clock_(clock) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !profile.value(property).empty();
  }

  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

 private:
  static constexpr std::string_view source = "login";
  static constexpr std::string_view property = "login_session";

  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    return beginForChosen(given_.profile, "login_session is not set", fetch, now);
  }
  Step beginFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) override {
    constexpr std::int64_t windowMs = 5 * 60'000;
    profileName_ = profile.name;
    path_ = detail::loginTokenPath<Hash>(profile.value(property));
    Result<void> ready = load();
    if (!ready) return fetch.done(std::move(ready));
    if (leftMs(now) > windowMs && !fetch.query().expired) return give(fetch);
    ready = findEndpoint(profile);
    if (!ready) return fetch.done(std::move(ready));
    if (!key_.read(token_.key.expose())) {
      return giveOld(fetch, now,
                     signIn(path_, ": dpopKey: expected a private key on P-256 in PEM"));
    }
    detail::writeJsonTexts({{"clientId", token_.clientId},
                            {"grantType", "refresh_token"},
                            {"refreshToken", token_.refreshToken.expose()}},
                           body_);
    renewal_.emplace(fetch, transport_, endpoint_, key_, token_.refreshToken, body_.expose());
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    const Step step = renewal_->next(now);
    if (step != Step::Done) return fetch.forward(*renewal_, step);
    const Error* const error = renewal_->error();
    if (error != nullptr) {
      Result<void> why = refusalOf(*error);
      // Another program may have been faster.
      Result<void> loaded = load();
      if (!loaded) return fetch.done(std::move(loaded));
      return giveOld(fetch, now, std::move(why));
    }
    unsaved_ = text_.copy();
    detail::renewLoginToken(fetch.credentials(), token_.refreshToken.expose(), unsaved_);
    save();
    return fetch.done({});
  }
  void end() noexcept override {
    renewal_.reset();
    key_.clear();
    body_.clear();
    token_ = {};
    if (unsaved_.empty()) text_.clear();
  }

  [[nodiscard]] std::int64_t leftMs(const Moment& now) const noexcept {
    return token_.credentials.expiresAtMs.value_or(0) - now.unixMs;
  }
  Step give(CredentialsFetch& fetch) {
    fetch.credentials().assign(token_.credentials);
    return fetch.done({});
  }
  /// Ends a search in which the credentials could not be renewed.
  Step giveOld(CredentialsFetch& fetch, const Moment& now, Result<void>&& why) {
    if (leftMs(now) > 0) return give(fetch);
    return fetch.done(std::move(why));
  }

  [[nodiscard]] Failure signIn(std::string_view what, std::string_view why) const {
    return detail::filledFailure(ErrorKind::Credentials, "{}: {}{}; run: aws login --profile {}",
                                 {source, what, why, detail::printable(profileName_, 80)});
  }
  /// Why the credentials cannot be renewed.
  [[nodiscard]] Result<void> refusalOf(const Error& error) const {
    constexpr int tooMany = 429;
    const std::string why =
        detail::filled("the session in {} cannot be renewed: {}", {path_, error.message});
    if (renewal_->isForbidden()) {
      return detail::filledFailure(ErrorKind::Credentials,
                                   "{}: {}; the user needs the permission signin:CreateOAuth2Token",
                                   {source, why});
    }
    if (error.httpStatus / 100 == 4 && error.httpStatus != tooMany) return signIn(why, {});
    Result<void> other = detail::sourceError(source, error);
    other.error().message = detail::filled("{}: {}", {source, why});
    return other;
  }

  /// Reads the session. What could not be saved counts as long as the file is what it was.
  Result<void> load() {
    if (path_.empty()) return detail::failure(ErrorKind::Credentials, "the hash engine failed");
    Result<detail::SharedText> file = detail::readSharedFile({path_, true});
    if (!file) return detail::sourceError(source, file.error());
    if (file->text.empty()) return signIn("not signed in: there is no ", path_);
    if (unsaved_.empty() || file->text != text_) {
      unsaved_.clear();
      text_ = std::move(file->text);
    } else {
      save();
    }
    const std::string problem = detail::readLoginToken(unsaved_.empty() ? text_ : unsaved_, token_);
    if (!problem.empty()) return signIn(path_, detail::filled(": {}", {problem}));
    return {};
  }
  /// Replaces the file, unless that is another by now: a new session must not be undone. Where it
  /// cannot be replaced the renewed session still serves this object.
  void save() {
    const Result<detail::SharedText> file = detail::readSharedFile({path_, true});
    if (!file) return;
    if (file->text == text_ && !detail::replaceSecretFile(path_, unsaved_)) return;
    text_ = std::move(unsaved_);
  }

  [[nodiscard]] Result<void> findEndpoint(const ProfileView& profile) {
    using detail::operator""sv;
    const detail::Configuration configuration(profile.files, profile.selected);
    std::string region = given_.region;
    if (region.empty()) {
      region = configuration.find({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region"sv).value;
    }
    std::string url;
    bool useFips = false;
    bool useDualStack = false;
    Result<void> read =
        configuration.readReach("AWS_ENDPOINT_URL_SIGNIN", "signin"sv, given_.allowHttp,
                                {region, url, useFips, useDualStack});
    if (!read) return read;
    // An explicit endpoint and the checks are those of every service.
    read = detail::resolveAny(endpoint_, {region, url, useFips, useDualStack, given_.allowHttp});
    if (!read) return detail::sourceError(source, read.error());
    if (!url.empty()) return {};
    const std::string_view suffix = detail::dnsSuffix(detail::partitionOf(region), useDualStack);
    const std::string_view own = useFips || useDualStack           ? ""
                                 : suffix == ".amazonaws.com.cn"sv ? ".signin.amazonaws.cn/"
                                 : detail::isGovCloud(region)      ? ".signin.amazonaws-us-gov.com/"
                                 : suffix == ".amazonaws.com"sv    ? ".signin.aws.amazon.com/"
                                                                   : "";
    if (own.empty()) {
      detail::assignForm(endpoint_.url,
                         useFips ? "https://signin-fips.{}{}/" : "https://signin.{}{}/",
                         {region, suffix});
    } else {
      detail::assignForm(endpoint_.url, "https://{}{}", {region, own});
    }
    detail::finishRegional(endpoint_, region);
    return {};
  }

  const GivenStsSettings given_;
  HttpTransport& transport_;
  Clock& clock_;
  /// The file as it was read.
  Secret text_;
  /// What it is to be, while it could not be replaced.
  Secret unsaved_;
  // Of the search that is under way.
  std::string profileName_;
  std::string path_;
  detail::LoginToken token_;
  Key key_;
  Endpoint endpoint_;
  Secret body_;
  std::optional<detail::LoginRenewalCall<Key>> renewal_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_LOGIN_HPP
