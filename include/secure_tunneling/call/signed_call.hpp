// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_SIGNED_CALL_HPP
#define SECURE_TUNNELING_CALL_SIGNED_CALL_HPP

/// @file
/// A POST that is signed with Signature Version 4.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/call/call_machine.hpp"
#include "secure_tunneling/call/detail/canonical_call.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A POST to `endpoint` that is signed with Signature Version 4. `Hash` is the policy of
/// `sigv4/signer.hpp`.
template <class Hash>
class SignedCall : public CallMachine {
 protected:
  /// What an operation is, to the signer and on the wire.
  struct Operation {
    /// As it stands in the credential scope.
    std::string_view service;
    /// The value of Content-Type.
    std::string_view contentType;
    /// The value of X-Amz-Target; empty for protocols without it.
    std::string_view target;
  };

  /// Everything must outlive the call. With `credentials` null it is not signed.
  SignedCall(HttpExchange& exchange, const CallRules& rules, CredentialsFetch* fetch,
             const Credentials* credentials, Hash& hash, sigv4::Signer<Hash>& signer,
             const Endpoint& endpoint, const Operation& operation,
             HttpTransport* via = nullptr) noexcept
      : CallMachine(exchange, rules, fetch, via),
        hash_(hash),
        signer_(signer),
        endpoint_(endpoint),
        operation_(operation) {
    credentials_ = credentials;
  }
  ~SignedCall() = default;

  /// What is sent; must outlive the call.
  std::string_view body_;

  bool writeRequest(std::int64_t signAtMs) final {
    using detail::operator""sv;
    setRequest("POST"sv, endpoint_);
    exchange_.request.body = body_;
    const detail::AmzDate amzDate = detail::formatAmzDate(signAtMs);
    detail::CanonicalCall canonical(endpoint_.canonicalPath);
    using Header = detail::CanonicalCall::Header;
    canonical[Header::ContentType] = operation_.contentType;
    canonical[Header::Target] = operation_.target;
    std::size_t longest = 768;
    if (credentials_ != nullptr) {
      canonical[Header::Date] = amzDate.view();
      canonical[Header::SecurityToken] = credentials_->sessionToken.expose();
      longest += credentials_->sessionToken.size() + credentials_->accessKeyId.size();
    }
    // At once, for a secret that grows is copied and wiped.
    exchange_.headerLines.reserve(longest);
    canonical.forEach(
        [this](std::string_view name, std::string_view value) { addHeader(name, value); });
    // Signed, and sent by the transport.
    canonical[Header::Host] = endpoint_.authority();
    if (credentials_ == nullptr || addAuthorization(canonical, amzDate)) return true;
    setError(ErrorKind::Signing, "the hash policy reported a failure");
    return false;
  }

 private:
  static_assert(detail::CanonicalCall::headerCount <= HttpExchange::mostHeaders,
                "all but Host, which the transport sends, and Authorization");

  /// False when the hash policy fails.
  bool addAuthorization(detail::CanonicalCall& canonical, const detail::AmzDate& amzDate) {
    const sigv4::Scope scope{amzDate.day(), endpoint_.signingRegion, operation_.service};
    sigv4::Signature payloadHash;
    sigv4::Signature signature;
    canonical.setPayloadHash(payloadHash.text());
    if (sigv4::hashToHex(hash_, body_, payloadHash) != sigv4::Status::Ok ||
        signer_.sign(hash_, credentials_->secretAccessKey, scope, canonical, amzDate.view(),
                     signature) != sigv4::Status::Ok) {
      return false;
    }
    Secret& headerLines = exchange_.headerLines;
    using detail::operator""sv;
    headerLines.append("authorization: "sv);
    sigv4::writeAuthorization(credentials_->accessKeyId, scope, canonical, signature, headerLines);
    headerLines.append("\0"sv);
    return true;
  }

  Hash& hash_;
  sigv4::Signer<Hash>& signer_;
  const Endpoint& endpoint_;
  const Operation operation_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_SIGNED_CALL_HPP
