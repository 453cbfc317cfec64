// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "calls.hpp"
#include "secure_tunneling/adapters/curl_driver.hpp"

namespace benchmarks {

/// Raw handles on a curl_multi handle, of which a number is kept busy.
class RawBatch {
 public:
  RawBatch(std::size_t parallel, const Target& target) : multi_(curl_multi_init()) {
    for (std::size_t i = 0; i != parallel; ++i) {
      slots_.push_back(std::make_unique<RawCall>(target));
      curl_easy_setopt(slots_.back()->handle(), CURLOPT_PRIVATE, slots_.back().get());
    }
  }
  ~RawBatch() {
    slots_.clear();
    curl_multi_cleanup(multi_);
  }
  RawBatch(const RawBatch&) = delete;
  RawBatch& operator=(const RawBatch&) = delete;

  /// Makes `calls` calls in all, at least one on each handle.
  void run(std::size_t calls) {
    toStart_ = calls;
    for (const auto& slot : slots_)
      start(*slot);
    for (std::size_t finished = 0; finished != calls;) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      const std::size_t before = finished;
      int left = 0;
      while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
        require(message->msg == CURLMSG_DONE && message->data.result == CURLE_OK,
                "a transfer in a batch fails");
        char* slot = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(multi_, message->easy_handle);
        reinterpret_cast<RawCall*>(slot)->finish();
        ++finished;
        if (toStart_ != 0) start(*reinterpret_cast<RawCall*>(slot));
      }
      if (finished == before) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  void start(RawCall& slot) {
    --toStart_;
    slot.begin();
    curl_multi_add_handle(multi_, slot.handle());
  }

  CURLM* multi_;
  std::vector<std::unique_ptr<RawCall>> slots_;
  std::size_t toStart_ = 0;
};

/// The library's calls, each over a `CurlTransport` of its own, driven by `CurlDriver`.
class LibraryBatch {
 public:
  LibraryBatch(std::size_t parallel, const Target& target)
      : multi_(curl_multi_init()), driver_(std::make_unique<CurlDriver>(multi_, clock_)) {
    for (std::size_t i = 0; i != parallel; ++i)
      slots_.push_back(std::make_unique<Slot>(*this, target));
  }
  ~LibraryBatch() {
    driver_.reset();
    slots_.clear();
    curl_multi_cleanup(multi_);
  }
  LibraryBatch(const LibraryBatch&) = delete;
  LibraryBatch& operator=(const LibraryBatch&) = delete;

  /// Makes `calls` calls in all, at least one on each transport.
  void run(std::size_t calls) {
    toStart_ = calls;
    for (const auto& slot : slots_)
      start(*slot);
    driver_->run();
  }

 private:
  using CurlDriver = secure_tunneling::CurlDriver;

  struct Slot final : CurlDriver::Task {
    Slot(LibraryBatch& batch, const Target& target)
        : owner(batch),
          transport(LibraryCall::trusting(target)),
          state(settingsFor(target.url())) {}
    void onDone() override {
      const auto response = call->takeResult();
      require(response && response->destinationAccessToken, "a call in a batch fails");
      call.reset();
      if (owner.toStart_ != 0) owner.start(*this);
    }

    LibraryBatch& owner;
    secure_tunneling::CurlTransport transport;
    State state;
    std::optional<RotateCall> call;
  };

  void start(Slot& slot) {
    --toStart_;
    slot.call.emplace(slot.state, request_, &credentials_);
    driver_->start(slot, *slot.call, slot.transport);
  }

  const secure_tunneling::RotateTunnelAccessTokenRequest request_ = exampleRequest();
  secure_tunneling::StaticCredentials credentials_{accessKeyId, secretAccessKey};
  secure_tunneling::SystemClock clock_;
  CURLM* multi_;
  std::unique_ptr<CurlDriver> driver_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t toStart_ = 0;
};

}  // namespace benchmarks
