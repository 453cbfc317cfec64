// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "secure_tunneling/sigv4/signer.hpp"
#include "support/sha256.hpp"
#include "vectors.hpp"

/// What a signature is made with, beside the request.
struct Signer {
  std::string_view accessKeyId;
  std::string_view secretAccessKey;
  std::string_view region;
  std::string_view service;
};

/// SHA-256 in hex; empty when the engine fails.
inline std::string hashed(TestSha256& hash, std::string_view data) {
  using namespace secure_tunneling;
  sigv4::Signature hex;
  return sigv4::hashToHex(hash, data, hex) == sigv4::Status::Ok ? std::string(hex.text()) : "";
}

/// Checks whatever of canonical request, string to sign, signature and Authorization is expected.
inline void checkSigned(Case& test, TestSha256& hash,
                        const secure_tunneling::sigv4::Request& request, const Signer& signer,
                        const Json& expected) {
  using namespace secure_tunneling;
  const sigv4::CanonicalRequest canonical(request);
  test.check("status", canonical.status() == sigv4::Status::Ok);
  std::string canonicalText;
  canonical.write(canonicalText);
  test.equal("canonical request", canonicalText, expected["canonical_request"].text());
  if (!expected.has("signature")) return;

  const sigv4::Scope scope{request.amzDate.substr(0, 8), signer.region, signer.service};
  std::string stringToSign;
  sigv4::writeStringToSign(request.amzDate, scope, hashed(hash, canonicalText), stringToSign);
  test.equal("string to sign", stringToSign, expected["string_to_sign"].text());

  sigv4::SigningKey key;
  sigv4::Signature signature;
  const bool isSigned =
      sigv4::deriveSigningKey(hash, signer.secretAccessKey, scope, key) == sigv4::Status::Ok &&
      sigv4::sign(hash, key, scope, canonical, request.amzDate, signature) == sigv4::Status::Ok;
  test.check("is signed", isSigned);
  if (!isSigned) return;
  test.equal("signature", signature.text(), expected["signature"].text());
  if (!expected.has("authorization")) return;
  std::string authorization;
  sigv4::writeAuthorization(signer.accessKeyId, scope, canonical, signature, authorization);
  test.equal("authorization", authorization, expected["authorization"].text());
}
