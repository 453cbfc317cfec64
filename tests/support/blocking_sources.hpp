// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"

/// A way to credentials that a profile can name, in one step that blocks.
class BlockingProfileSource : public secure_tunneling::ProfileSource {
 protected:
  virtual secure_tunneling::Result<void> retrieveNow(
      const secure_tunneling::ProfileView& profile, secure_tunneling::Credentials& credentials) = 0;

 private:
  secure_tunneling::Step begin(secure_tunneling::CredentialsFetch& fetch,
                               const secure_tunneling::Moment&) override {
    return fetch.done(secure_tunneling::makeError(secure_tunneling::ErrorKind::NoCredentials,
                                                  "for profiles alone"));
  }
  secure_tunneling::Step beginFor(const secure_tunneling::ProfileView& profile,
                                  secure_tunneling::CredentialsFetch& fetch,
                                  const secure_tunneling::Moment&) override {
    return fetch.done(retrieveNow(profile, fetch.credentials()));
  }
  secure_tunneling::Step proceed(secure_tunneling::CredentialsFetch&,
                                 const secure_tunneling::Moment&) override {
    return secure_tunneling::Step::Done;
  }
  void end() noexcept override {}
};

/// Takes on roles, in one step that blocks.
class BlockingRoleAssumer : public secure_tunneling::RoleAssumer {
 public:
  secure_tunneling::Step assume(const secure_tunneling::RoleAssumption& assumption,
                                secure_tunneling::CredentialsFetch& fetch,
                                const secure_tunneling::Moment&) override {
    return fetch.done(
        assumeNow(assumption.sts, assumption.role, assumption.as, fetch.credentials()));
  }

 protected:
  virtual secure_tunneling::Result<void> assumeNow(const secure_tunneling::StsSettings& sts,
                                                   const secure_tunneling::Role& role,
                                                   const secure_tunneling::Credentials& as,
                                                   secure_tunneling::Credentials& credentials) = 0;
};
