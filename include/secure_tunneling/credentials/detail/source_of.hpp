// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_OF_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_OF_HPP

#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What `Searcher` finds for one subject, as a source. The searcher, and what the subject refers
/// to, must outlive it.
template <class Searcher, class Subject,
          Step (Searcher::*step)(const Subject&, CredentialsFetch&, const Moment&)>
class SourceOf final : public CredentialsSource {
 public:
  SourceOf(Searcher& searcher, const Subject& subject) noexcept
      : searcher_(searcher), subject_(subject) {}

  Step next(CredentialsFetch& fetch, const Moment& now) override {
    return (searcher_.*step)(subject_, fetch, now);
  }
  void abandon(CredentialsFetch& fetch) noexcept override { searcher_.abandon(fetch); }
  [[nodiscard]] Clock* clock() noexcept override { return searcher_.clock(); }

 private:
  Searcher& searcher_;
  Subject subject_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_SOURCE_OF_HPP
