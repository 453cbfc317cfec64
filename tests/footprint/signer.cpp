// SPDX-License-Identifier: BSL-1.0
// All code of the signer that one use of it brings along; the hash is somebody else's.
#include <cstddef>
#include <string>

#include "secure_tunneling/sigv4/signer.hpp"

struct ExternalSha256 {
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  bool init() noexcept;
  bool update(const void* data, std::size_t size) noexcept;
  bool final(unsigned char* digest) noexcept;
};

namespace sigv4 = secure_tunneling::sigv4;

sigv4::Status signRequest(ExternalSha256& hash, sigv4::SigningKeyCache& cache,
                          const secure_tunneling::Secret& secretAccessKey,
                          std::string_view accessKeyId, const sigv4::Scope& scope,
                          sigv4::Request& request, std::string_view body,
                          secure_tunneling::Secret& authorization);

sigv4::Status signRequest(ExternalSha256& hash, sigv4::SigningKeyCache& cache,
                          const secure_tunneling::Secret& secretAccessKey,
                          std::string_view accessKeyId, const sigv4::Scope& scope,
                          sigv4::Request& request, std::string_view body,
                          secure_tunneling::Secret& authorization) {
  sigv4::Signature payloadHash;
  sigv4::Status status = sigv4::hashToHex(hash, body, payloadHash);
  if (status != sigv4::Status::Ok) return status;
  request.payloadHash = payloadHash.text();
  const sigv4::SigningKey* key = nullptr;
  status = cache.get(hash, secretAccessKey, scope, key);
  if (status != sigv4::Status::Ok) return status;
  const sigv4::CanonicalRequest canonical(request);
  sigv4::Signature signature;
  status = sigv4::sign(hash, *key, scope, canonical, request.amzDate, signature);
  if (status != sigv4::Status::Ok) return status;
  sigv4::writeAuthorization(accessKeyId, scope, canonical, signature, authorization);
  return sigv4::Status::Ok;
}
