// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "../support/certificates.hpp"
#include "loopback_server.hpp"

namespace benchmarks {

class TlsChannel final : public Channel {
 public:
  TlsChannel(SSL_CTX* context, int socket) : Channel(socket), tls_(SSL_new(context)) {
    require(SSL_set_fd(tls_, socket) == 1 && SSL_accept(tls_) == 1, "the server has no TLS");
  }
  ~TlsChannel() override { SSL_free(tls_); }

  ssize_t read(char* data, std::size_t size) override {
    return SSL_read(tls_, data, static_cast<int>(size));
  }
  ssize_t write(const std::string& data) override {
    return SSL_write(tls_, data.data(), static_cast<int>(data.size()));
  }

 private:
  SSL* tls_;
};

/// An authority, and a certificate of its for 127.0.0.1.
struct TlsFiles {
  TemporaryFolder folder;
  CertificateAuthority authority{folder, "ca"};
  CertificateFiles server = authority.issue("server");
};

/// The same over TLS 1.3.
class TlsLoopbackServer final : public LoopbackServer {
 public:
  explicit TlsLoopbackServer(const TlsFiles& files)
      : LoopbackServer("https", Answer::Tokens, [context = contextOf(files.server)](int socket) {
          return std::make_unique<TlsChannel>(context, socket);
        }) {}

 private:
  /// Lives as long as the program.
  static SSL_CTX* contextOf(const CertificateFiles& files) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    require(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) == 1 &&
                SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1,
            "the server cannot use its certificate");
    return context;
  }
};

}  // namespace benchmarks
