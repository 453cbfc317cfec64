// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "loopback_server.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/call/detail/canonical_call.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace benchmarks {

namespace sigv4 = secure_tunneling::sigv4;

/// The signature of the request of `exampleRequest()`, made as a call makes it.
template <class Hash>
class Signer {
 public:
  explicit Signer(Hash& hash) : hash_(hash) {}

  /// From the body to the signature, the signing key derived anew, as on another day.
  void signDeriving() {
    scope_.date = scope_.date == "20240101" ? "20240102" : "20240101";
    signCached();
  }
  /// The same with the signing key of the last time.
  void signCached() {
    sigv4::Signature payloadHash;
    require(sigv4::hashToHex(hash_, body_, payloadHash) == sigv4::Status::Ok, "no payload hash");
    using Canonical = secure_tunneling::detail::CanonicalCall;
    Canonical canonical("/");
    canonical[Canonical::ContentType] = secure_tunneling::contentType;
    canonical[Canonical::Target] = secure_tunneling::amzTarget;
    canonical[Canonical::Host] = "api.tunneling.iot.us-east-1.amazonaws.com";
    canonical[Canonical::Date] = amzDate_;
    canonical.setPayloadHash(payloadHash.text());
    require(
        signer_.sign(hash_, secret_, scope_, canonical, amzDate_, signature_) == sigv4::Status::Ok,
        "no signature");
  }

  [[nodiscard]] const sigv4::Signature& signature() const noexcept { return signature_; }

 private:
  const std::string_view body_ =
      R"({"tunnelId":"01234567-89ab-cdef-0123-456789abcdef","clientMode":"ALL"})";
  const std::string_view amzDate_ = "20240101T000000Z";
  sigv4::Scope scope_{"20240101", "us-east-1", "IoTSecuredTunneling"};
  const secure_tunneling::Secret secret_{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  Hash& hash_;
  sigv4::Signer<Hash> signer_;
  sigv4::Signature signature_{};
};

/// A hash policy that keeps every message that goes through it.
class RecordingSha256 {
 public:
  static constexpr std::size_t digestSize = secure_tunneling::OpensslSha256::digestSize;
  static constexpr std::size_t blockSize = secure_tunneling::OpensslSha256::blockSize;

  [[nodiscard]] bool init() {
    messages_.emplace_back();
    return hash_.init();
  }
  [[nodiscard]] bool update(const void* data, std::size_t size) {
    messages_.back().append(static_cast<const char*>(data), size);
    return hash_.update(data, size);
  }
  [[nodiscard]] bool final(unsigned char* digest) { return hash_.final(digest); }

  [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }
  void forget() { messages_.clear(); }

 private:
  secure_tunneling::OpensslSha256 hash_;
  std::vector<std::string> messages_;
};

/// The hashing alone: each message whole, in one piece.
inline void hashAll(secure_tunneling::OpensslSha256& hash,
                    const std::vector<std::string>& messages) {
  unsigned char digest[secure_tunneling::OpensslSha256::digestSize];
  for (const std::string& message : messages) {
    require(hash.init() && hash.update(message.data(), message.size()) && hash.final(digest),
            "the hash fails");
  }
}

}  // namespace benchmarks
