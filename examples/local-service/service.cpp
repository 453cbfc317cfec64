// SPDX-License-Identifier: BSL-1.0
#include "service.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace st = secure_tunneling;

namespace {

constexpr std::int64_t hourMs = std::int64_t{60} * 60 * 1000;

const char* reasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace

std::string formatAnswer(int status, std::string_view headers, std::string_view body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " + reasonPhrase(status) + "\r\n";
  text.append(headers);
  text.append("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  return text.append(body);
}

Service::Service(const Options& options)
    : fake_(clock_, options.region), faults_(options.faults.begin(), options.faults.end()) {
  std::optional<std::int64_t> expiresAtMs;
  if (options.credentialsLifetimeSeconds) {
    expiresAtMs = nowMs() + *options.credentialsLifetimeSeconds * 1000;
  }
  fake_.addCredentials(options.accessKeyId, options.secretAccessKey, options.sessionToken,
                       expiresAtMs);
  for (const std::string& id : options.tunnelIds)
    fake_.addTunnel(id, options.lifetimeSeconds * 1000);
  fake_.allowUnsigned(options.allowUnsigned);
}

WireAnswer Service::call(st::RecordedRequest& request) {
  const RequestedFault fault = nextFault();
  WireAnswer answer;
  if (fault.named != nullptr) {
    answer.fate = fault.named->fate;
    if (fault.named->fault) fake_.injectFault(*fault.named->fault);
    if (fault.named->skewed) fake_.setClockOffset(hourMs);
  }
  st::HttpResponse response;
  const bool answered = fake_.send(request.view(), response).hasValue();
  fake_.setClockOffset(0);
  if (!answered) {
    answer.fate = Fate::Dropped;
    return answer;
  }
  std::string headers;
  for (const char* const name : {"Date", "x-amzn-RequestId", "x-amzn-ErrorType", "Content-Type"}) {
    if (const auto value = response.headers.find(name)) {
      headers.append(name).append(": ").append(*value).append("\r\n");
    }
  }
  answer.text = formatAnswer(response.status, headers, response.body.expose());
  return answer;
}

bool Service::closeTunnel(const std::string& tunnelId) {
  if (fake_.sourceToken(tunnelId).empty()) return false;
  fake_.closeTunnel(tunnelId);
  return true;
}

RequestedFault Service::nextFault() {
  if (faults_.empty()) return {};
  const RequestedFault fault = faults_.front();
  if (--faults_.front().times == 0) faults_.pop_front();
  return fault;
}

bool Service::printNotifications() {
  // So much a pipe takes at once where it takes any.
  constexpr std::size_t most = _POSIX_PIPE_BUF;
  for (;;) {
    if (line_.empty()) {
      if (printed_ == fake_.notifications().size()) return true;
      const Notification& notification = fake_.notifications()[printed_++];
      line_ = "notification=" + notification.topic + " " + notification.payload + "\n";
    }
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    if (poll(&output, 1, 0) != 1) return false;
    const ssize_t written = write(STDOUT_FILENO, line_.data(), std::min(line_.size(), most));
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    // What a reader who is gone does not get is lost.
    line_.erase(0, written < 0 ? line_.npos : static_cast<std::size_t>(written));
  }
}
