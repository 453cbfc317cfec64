// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "calls.hpp"

namespace benchmarks {

/// A `RotateCall` on an easy handle of an event loop's own, call after call.
class LibrarySlot {
 public:
  explicit LibrarySlot(const std::string& url)
      : state_(settingsFor(url)), request_(exampleRequest()), handle_(curl_easy_init()) {
    auto& response = secure_tunneling::detail::sharedBy(state_).exchange.response;
    response.headers.reserve(4096);
    response.body.reserve(4096);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &LibrarySlot::onHeader);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &LibrarySlot::onBody);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  }
  ~LibrarySlot() { curl_easy_cleanup(handle_); }
  LibrarySlot(const LibrarySlot&) = delete;
  LibrarySlot& operator=(const LibrarySlot&) = delete;

  CURL* handle() noexcept { return handle_; }
  void begin() {
    call_.emplace(state_, request_);
    const secure_tunneling::HttpRequest& request = prepare(*call_);
    headers_.set(request);
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_.first());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  }
  void finish() {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    call_->response().status = static_cast<int>(status);
    secure_tunneling::SystemClock clock;
    call_->onSent({}, clock.now());
    require(call_->next(clock.now()) == RotateCall::Step::Done, "a call in a batch goes on");
    const auto response = call_->takeResult();
    require(response && response->destinationAccessToken, "a call in a batch fails");
    call_.reset();
  }

 private:
  static std::size_t onHeader(char* data, std::size_t, std::size_t size, void* user) {
    auto& slot = *static_cast<LibrarySlot*>(user);
    slot.call_->response().headers.addLine({data, size});
    return size;
  }
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& slot = *static_cast<LibrarySlot*>(user);
    slot.call_->response().body.append({data, size});
    return size;
  }

  State state_;
  secure_tunneling::RotateTunnelAccessTokenRequest request_;
  std::optional<RotateCall> call_;
  CURL* handle_;
  HeaderList headers_;
};

/// An event loop of curl_multi that keeps a number of connections busy.
template <class Slot>
class Batch {
 public:
  Batch(std::size_t connections, const std::string& url) : multi_(curl_multi_init()) {
    for (std::size_t i = 0; i != connections; ++i) {
      slots_.push_back(std::make_unique<Slot>(url));
      curl_easy_setopt(slots_.back()->handle(), CURLOPT_PRIVATE, slots_.back().get());
    }
  }
  ~Batch() {
    slots_.clear();
    curl_multi_cleanup(multi_);
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// Makes `calls` calls in all, at least one on each connection.
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
        reinterpret_cast<Slot*>(slot)->finish();
        ++finished;
        if (toStart_ != 0) start(*reinterpret_cast<Slot*>(slot));
      }
      if (finished == before) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  void start(Slot& slot) {
    --toStart_;
    slot.begin();
    curl_multi_add_handle(multi_, slot.handle());
  }

  CURLM* multi_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t toStart_ = 0;
};

}  // namespace benchmarks
