// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "support/temporary_folder.hpp"

/// Paths of a certificate and its private key, both PEM.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

struct CertificateContent {
  std::string commonName = "loopback";
  /// In OpenSSL's notation.
  std::string alternativeNames = "DNS:localhost,IP:127.0.0.1";
  /// Relative to now.
  long validFromSeconds = -24 * 3600;
  long validUntilSeconds = 24 * 3600;
};

/// A certificate authority that lives as long as a test.
class CertificateAuthority {
 public:
  CertificateAuthority(const TemporaryFolder& folder, const std::string& name)
      : folder_(folder), name_(name), key_(makeKey()) {
    certificate_ = makeCertificate({name, "", -24 * 3600, 24 * 3600}, *key_, nullptr, *key_);
    file_ = write(name + ".pem", *certificate_);
  }

  /// The authority's own certificate.
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

  /// A folder with the authority's certificate, named as OpenSSL looks it up.
  [[nodiscard]] std::string hashedFolder() const {
    const std::string path = folder_.path(name_ + ".hashed");
    std::filesystem::create_directory(path);
    std::array<char, 16> hash{};
    std::snprintf(hash.data(), hash.size(), "%08lx.0", X509_subject_name_hash(certificate_.get()));
    std::filesystem::copy_file(file_, path + "/" + hash.data());
    return path;
  }

  [[nodiscard]] CertificateFiles issue(const std::string& name,
                                       const CertificateContent& content = {}) const {
    const Key key = makeKey();
    return write(name, *makeCertificate(content, *key, certificate_.get(), *key_), *key);
  }
  /// With a key that cannot be read without `passphrase`.
  [[nodiscard]] CertificateFiles issueLocked(const std::string& name,
                                             std::string passphrase) const {
    const Key key = makeKey();
    return write(name, *makeCertificate({}, *key, certificate_.get(), *key_), *key, &passphrase);
  }
  /// A certificate that nobody but its own key vouches for.
  [[nodiscard]] CertificateFiles selfSigned(const std::string& name) const {
    const Key key = makeKey();
    return write(name, *makeCertificate({}, *key, nullptr, *key), *key);
  }

 private:
  template <auto free>
  struct Free {
    template <class T>
    void operator()(T* object) const {
      free(object);
    }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Free<X509_free>>;

  static void require(bool condition) {
    if (!condition) throw std::runtime_error("OpenSSL cannot make a certificate");
  }

  static Key makeKey() {
    const std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr));
    EVP_PKEY* key = nullptr;
    require(EVP_PKEY_keygen_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1 &&
            EVP_PKEY_keygen(context.get(), &key) == 1);
    return Key(key);
  }

  /// Without an issuer the certificate is its own; without alternative names it is a CA's.
  static Certificate makeCertificate(const CertificateContent& content, EVP_PKEY& key, X509* issuer,
                                     EVP_PKEY& issuerKey) {
    static long serial = 1;
    Certificate made(X509_new());
    X509* const certificate = made.get();
    require(X509_set_version(certificate, 2) == 1 &&
            ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) == 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), content.validFromSeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), content.validUntilSeconds);
    require(X509_set_pubkey(certificate, &key) == 1);
    const std::unique_ptr<X509_NAME, Free<X509_NAME_free>> subject(X509_NAME_new());
    require(X509_NAME_add_entry_by_txt(
                subject.get(), "CN", MBSTRING_UTF8,
                reinterpret_cast<const unsigned char*>(content.commonName.c_str()), -1, -1,
                0) == 1 &&
            X509_set_subject_name(certificate, subject.get()) == 1 &&
            X509_set_issuer_name(
                certificate, X509_get_subject_name(issuer == nullptr ? certificate : issuer)) == 1);
    if (content.alternativeNames.empty()) {
      addExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
      addExtension(certificate, NID_key_usage, "critical,keyCertSign");
    } else {
      addExtension(certificate, NID_subject_alt_name, content.alternativeNames);
    }
    require(X509_sign(certificate, &issuerKey, EVP_sha256()) > 0);
    return made;
  }

  static void addExtension(X509* certificate, int nid, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
  }

  using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

  [[nodiscard]] std::string write(const std::string& name, X509& certificate) const {
    const File file(std::fopen(folder_.path(name).c_str(), "wb"));
    require(file != nullptr && PEM_write_X509(file.get(), &certificate) == 1);
    return folder_.path(name);
  }
  [[nodiscard]] CertificateFiles write(const std::string& name, X509& certificate, EVP_PKEY& key,
                                       std::string* passphrase = nullptr) const {
    CertificateFiles files{write(name + ".pem", certificate), folder_.path(name + ".key")};
    const File file(std::fopen(files.key.c_str(), "wb"));
    require(file != nullptr &&
            PEM_write_PrivateKey(
                file.get(), &key, passphrase != nullptr ? EVP_aes_256_cbc() : nullptr, nullptr, 0,
                nullptr, passphrase != nullptr ? passphrase->data() : nullptr) == 1);
    return files;
  }

  const TemporaryFolder& folder_;
  std::string name_;
  Key key_;
  Certificate certificate_;
  std::string file_;
};
