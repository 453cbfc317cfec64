// SPDX-License-Identifier: BSL-1.0
// What the library's calls and signatures cost over the least that they can, by pairs on one core:
// see printPairs. Prints `pinned 0` first where the core could not be kept.
#include "pairs.hpp"

#include <openssl/sha.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "batch.hpp"
#include "calls.hpp"
#include "signatures.hpp"
#include "tls_loopback_server.hpp"

namespace {

using namespace benchmarks;

template <class Call>
auto repeating(Call& call, std::size_t count) {
  return [&call, count] {
    for (std::size_t i = 0; i != count; ++i)
      call();
  };
}

void printWarm(const char* name, const Target& target) {
  constexpr std::size_t calls = 100;
  LibraryCall library(target);
  RawCall raw(target);
  printPairs(name, 201, calls, repeating(library, calls), repeating(raw, calls));
}

void printAgainstCurlSigv4(const Target& target) {
  constexpr std::size_t calls = 100;
  LibraryCall library(target);
  CurlSigv4Call signing(target);
  printPairs("warm_to_curl_sigv4", 51, calls, repeating(library, calls), repeating(signing, calls));
}

/// From nothing to an answer, and back.
void printCold(const Target& target) {
  constexpr std::size_t calls = 20;
  const auto library = [&] { LibraryCall{target.url()}(); };
  const auto raw = [&] { RawCall{target}(); };
  printPairs("cold_handle", 101, calls, repeating(library, calls), repeating(raw, calls));
}

void printBatch(const char* name, std::size_t parallel, const Target& target) {
  constexpr std::size_t calls = 640;
  LibraryBatch library(parallel, target);
  RawBatch raw(parallel, target);
  printPairs(
      name, 51, calls, [&] { library.run(calls); }, [&] { raw.run(calls); });
}

/// The hashing alone, by the functions that do nothing else: each message whole, in one piece.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void hashAll(const std::vector<std::string>& messages) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  for (const std::string& message : messages) {
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, message.data(), message.size());
    SHA256_Final(digest, &hash);
  }
}
#pragma GCC diagnostic pop

template <class Sign>
void printSignature(const char* name, Sign sign) {
  constexpr std::size_t signatures = 1'000;
  RecordingSha256 recording;
  Signer recorded(recording);
  sign(recorded);
  recording.forget();  // a key that is kept has been derived by now
  sign(recorded);
  secure_tunneling::OpensslSha256 hash;
  Signer signer(hash);
  const auto library = [&] { sign(signer); };
  const auto alone = [&] { hashAll(recording.messages()); };
  printPairs(name, 101, signatures, repeating(library, signatures), repeating(alone, signatures));
}

}  // namespace

int main() {
  // The servers too: to wake one on a core that sleeps takes more time than a call.
  std::printf("pinned %d\n", int{pin()});
  std::fflush(stdout);
  const TlsFiles files;
  const LoopbackServer server;
  const TlsLoopbackServer tlsServer(files);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Target http(server.url());
  const Target https(tlsServer.url(), files.authority.file());
  printWarm("warm_http", http);
  printWarm("warm_https", https);
  printAgainstCurlSigv4(http);
  printCold(http);
  printBatch("batch_1", 1, http);
  printBatch("batch_32", 32, http);
  printSignature("signature_derived", [](auto& signer) { signer.signDeriving(); });
  printSignature("signature_cached", [](auto& signer) { signer.signCached(); });
}
