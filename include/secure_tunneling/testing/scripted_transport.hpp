// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_SCRIPTED_TRANSPORT_HPP
#define SECURE_TUNNELING_TESTING_SCRIPTED_TRANSPORT_HPP

/// @file
/// A transport for tests that plays a script.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/testing/detail/answer_time.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A transport that plays a script: each request gets the next answer or failure that the test
/// queued, and is recorded. A request past the end of the script gets a transport error that says
/// so. One that was cancelled before is neither sent nor recorded.
///
///     ScriptedTransport transport;
///     transport.fail(Delivery::NotSent).answer(200, R"({"tunnelArn":"arn"})");
class ScriptedTransport final : public HttpTransport {
 public:
  /// A header field of an answer.
  using Header = RecordedRequest::Header;

  /// Queues an answer.
  ScriptedTransport& answer(int status, std::string body = {}, std::vector<Header> headers = {}) {
    Step step;
    step.status = status;
    step.body = std::move(body);
    step.headers = std::move(headers);
    script_.push_back(std::move(step));
    return *this;
  }
  /// Queues a failure of the transport.
  ScriptedTransport& fail(Error error) {
    Step step;
    step.failed = true;
    step.error = std::move(error);
    script_.push_back(std::move(step));
    return *this;
  }
  /// Queues a failure of kind `Transport`, after which the request has got as far as `delivery`
  /// says.
  ScriptedTransport& fail(Delivery delivery, std::string_view message = "scripted failure") {
    Error error = makeError(ErrorKind::Transport, message);
    error.delivery = delivery;
    return fail(std::move(error));
  }

  /// What was queued last takes so many milliseconds on `clock`. Where that is more than its
  /// request has left, the time passes that is left, and the request ends with `DeadlineExceeded`.
  ScriptedTransport& takes(ManualClock& clock, std::int64_t milliseconds) {
    script_.back().time = {&clock, milliseconds};
    return *this;
  }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    response.clear();
    if (request.isCancelled()) {
      return detail::fake::givenUp(ErrorKind::Cancelled, Delivery::NotSent);
    }
    requests_.emplace_back(request);
    if (played_ == script_.size()) {
      return makeError(ErrorKind::Transport, "ScriptedTransport: request " +
                                                 std::to_string(requests_.size()) +
                                                 " came, but the script has only " +
                                                 std::to_string(script_.size()) + " answers");
    }
    const Step& step = script_[played_++];
    if (!step.time.pass(request)) {
      return detail::fake::givenUp(ErrorKind::DeadlineExceeded, Delivery::Unknown);
    }
    if (step.failed) return Error(step.error);
    response.status = step.status;
    for (const Header& header : step.headers)
      response.headers.add(header.name, header.value);
    response.body.assign(step.body);
    return {};
  }

  /// Every request so far, in order.
  [[nodiscard]] const std::vector<RecordedRequest>& requests() const noexcept { return requests_; }
  /// Steps of the script that no request has come for yet.
  [[nodiscard]] std::size_t remaining() const noexcept { return script_.size() - played_; }

 private:
  struct Step {
    bool failed = false;
    Error error;
    int status = 0;
    std::string body;
    std::vector<Header> headers;
    detail::fake::AnswerTime time;
  };

  std::vector<Step> script_;
  std::size_t played_ = 0;
  std::vector<RecordedRequest> requests_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_SCRIPTED_TRANSPORT_HPP
