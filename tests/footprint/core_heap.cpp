// SPDX-License-Identifier: BSL-1.0
// Prints `NAME BYTES`: the most heap that one signature and one call take, buffers that the next
// one uses again included. The answer has two tokens of 400 characters.
#include <cstdlib>
#include <new>
#include <string>

#include "../support/replaced_new.hpp"
#include "heap.hpp"
#include "secure_tunneling/core.hpp"

using namespace secure_tunneling;

namespace {

footprint::Heap heap;
constexpr std::size_t sizeRoom = alignof(std::max_align_t);

/// A hash without memory. Its digests mean nothing.
struct EmptyHash {
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  static bool init() noexcept { return true; }
  static bool update(const void*, std::size_t) noexcept { return true; }
  static bool final(unsigned char* digest) noexcept {
    for (std::size_t i = 0; i != digestSize; ++i)
      digest[i] = 0;
    return true;
  }
};

class Transport final : public HttpTransport {
 public:
  Result<void> send(const HttpRequest&, HttpResponse& response) override {
    response.status = 200;
    response.body.append(R"({"sourceAccessToken":")");
    appendToken(response.body);
    response.body.append(R"(","destinationAccessToken":")");
    appendToken(response.body);
    response.body.append("\"}");
    return {};
  }

 private:
  static void appendToken(Secret& body) {
    for (int i = 0; i != 400; ++i)
      body.append("A");
  }
};

class NoClock final : public Clock {
 public:
  Moment now() override { return {}; }
  void wait(std::int64_t) override {}
};

bool sign() {
  EmptyHash hash;
  sigv4::SigningKeyCache cache;
  const Secret secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  const sigv4::Scope scope{"20240101", "us-east-1", signingService};
  const sigv4::SigningKey* key = nullptr;
  sigv4::Signature signature;
  sigv4::Request request;
  request.amzDate = "20240101T000000Z";
  const sigv4::CanonicalRequest canonical(request);
  Secret authorization;
  if (cache.get(hash, secret, scope, key) != sigv4::Status::Ok ||
      sigv4::sign(hash, *key, scope, canonical, request.amzDate, signature) != sigv4::Status::Ok) {
    return false;
  }
  sigv4::writeAuthorization("AKIAIOSFODNN7EXAMPLE", scope, canonical, signature, authorization);
  return true;
}

bool call() {
  Settings settings;
  settings.region = "us-east-1";
  Transport transport;
  StaticCredentials credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  NoClock clock;
  BasicClient<EmptyHash> client(std::move(settings), transport, credentials, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "01234567-89ab-cdef-0123-456789abcdef";
  request.clientMode = ClientMode::ALL;
  return rotateTunnelAccessToken(request, client).hasValue();
}

}  // namespace

// The size stands in front of each block.
void* replaced_new::allocate(std::size_t size) noexcept {
  auto* const block = static_cast<char*>(std::malloc(sizeRoom + size));
  if (block == nullptr) return nullptr;
  ::new (block) std::size_t(size);
  heap.add(size);
  return block + sizeRoom;
}
void replaced_new::release(void* memory) noexcept {
  char* const block = static_cast<char*>(memory) - sizeRoom;
  heap.now -= *reinterpret_cast<std::size_t*>(block);
  std::free(block);
}

int main() {
  bool done = true;
  footprint::printPeak("signer", heap, [&] { done = sign() && done; });
  footprint::printPeak("core", heap, [&] { done = call() && done; });
  return done ? 0 : 1;
}
