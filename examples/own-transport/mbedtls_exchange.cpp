// SPDX-License-Identifier: BSL-1.0
#include "mbedtls_exchange.hpp"

#include <fcntl.h>
#include <mbedtls/error.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <psa/crypto.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace st = secure_tunneling;

namespace {

std::string textOf(int code) {
  std::array<char, 128> text{};
  mbedtls_strerror(code, text.data(), text.size());
  return text.data();
}

st::Error setUpError(int code) {
  st::Error error =
      st::makeError(st::ErrorKind::Configuration, "Mbed TLS cannot be set up: " + textOf(code));
  error.transportCode = code;
  return error;
}

void requireTls12(mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

void takeRandomNumbersFromPsa([[maybe_unused]] mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  // Mbed TLS 4 takes them there by itself.
  constexpr auto generate = [](void*, unsigned char* bytes, std::size_t size) -> int {
    return psa_generate_random(bytes, size);
  };
  mbedtls_ssl_conf_rng(&config, generate, nullptr);
#endif
}

/// A socket that never waits, raises no SIGPIPE, and is closed in programs that this one starts;
/// -1, with errno set, where there is none to be had.
int openSocket(int family) {
  const int opened = socket(family, SOCK_STREAM, 0);
  if (opened == -1) return -1;
  fcntl(opened, F_SETFD, FD_CLOEXEC);
  fcntl(opened, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
  constexpr int on = 1;
  setsockopt(opened, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return opened;
}

bool isHandshakeOver(mbedtls_ssl_context& tls) {
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  return mbedtls_ssl_is_handshake_over(&tls) != 0;
#else
  return tls.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

}  // namespace

MbedtlsSettings::MbedtlsSettings() {
  mbedtls_x509_crt_init(&authorities_);
  mbedtls_ssl_config_init(&config_);
}

MbedtlsSettings::~MbedtlsSettings() {
  mbedtls_ssl_config_free(&config_);
  mbedtls_x509_crt_free(&authorities_);
}

st::Result<void> MbedtlsSettings::load(const std::string& caFile) {
  int code = psa_crypto_init();
  if (code != 0) return setUpError(code);
  const int parsed = mbedtls_x509_crt_parse_file(&authorities_, caFile.c_str());
  if (parsed != 0) {
    // More than 0 is the number of certificates that it could not read.
    st::Error error = st::makeError(
        st::ErrorKind::Configuration,
        "CA file " + caFile + ": " + (parsed < 0 ? textOf(parsed) : "not all can be read"));
    error.transportCode = parsed;
    return error;
  }
  code = mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT);
  if (code != 0) return setUpError(code);
  requireTls12(config_);
  mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&config_, &authorities_, nullptr);
  takeRandomNumbersFromPsa(config_);
  return {};
}

std::uint32_t MbedtlsSettings::random() {
  std::array<unsigned char, 4> bytes{};
  std::uint32_t number = 0;
  // Without one all devices wait alike, which is no reason to fail.
  (void)psa_generate_random(bytes.data(), bytes.size());
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

MbedtlsExchange::MbedtlsExchange(const MbedtlsSettings& settings, const ExchangeLimits& limits)
    : settings_(settings), limits_(limits) {
  mbedtls_net_init(&socket_);
  mbedtls_ssl_init(&tls_);
}

MbedtlsExchange::~MbedtlsExchange() {
  close();
}

void MbedtlsExchange::close() {
  // Closing in good order is polite, and not worth a wait.
  if (socket_.fd != -1 && https_ && isHandshakeOver(tls_)) mbedtls_ssl_close_notify(&tls_);
  mbedtls_ssl_free(&tls_);
  mbedtls_ssl_init(&tls_);
  mbedtls_net_free(&socket_);
  resolver_.stop();
  outgoing_.clear();
  stage_ = Stage::Over;
}

void MbedtlsExchange::begin(const st::HttpRequest& request, st::HttpResponse& response,
                            std::int64_t nowMs) {
  if (stage_ != Stage::Over) close();
  request_ = &request;
  response_ = &response;
  https_ = request.https;
  beganMs_ = nowMs;
  connectError_ = 0;
  written_ = 0;
  mayHaveArrived_ = false;
  result_ = {};
  composeRequest();
  parser_.begin(response, limits_.maxHeaderBytes, limits_.maxResponseBytes);
  resolver_.start(std::string(request.host), request.port);
  stage_ = Stage::Resolve;
}

void MbedtlsExchange::composeRequest() {
  outgoing_.clear();
  for (const std::string_view part :
       {request_->method, std::string_view(" "), request_->target,
        std::string_view(" HTTP/1.1\r\nHost: "), request_->authority,
        std::string_view("\r\nConnection: close\r\nContent-Length: ")}) {
    outgoing_.append(part);
  }
  outgoing_.append(std::to_string(request_->body.size()));
  for (std::size_t i = 0; i != request_->headerCount; ++i) {
    outgoing_.append("\r\n");
    outgoing_.append(request_->headers[i].line);
  }
  outgoing_.append("\r\n\r\n");
  outgoing_.append(request_->body);
}

std::int64_t MbedtlsExchange::timeLeftMs(std::int64_t nowMs) const noexcept {
  std::int64_t mostMs = limits_.totalTimeoutMs;
  if (stage_ < Stage::Write) mostMs = std::min(mostMs, limits_.connectTimeoutMs);
  if (request_->timeoutMs > 0) mostMs = std::min(mostMs, request_->timeoutMs);
  return mostMs - (nowMs - beganMs_);
}

MbedtlsExchange::Progress MbedtlsExchange::advance(std::int64_t nowMs) {
  if (stage_ == Stage::Over) return Progress::Over;
  if (timeLeftMs(nowMs) <= 0) {
    return fail(
        st::ErrorKind::Transport, ETIMEDOUT,
        stage_ < Stage::Write ? "no connection within the time limit" : "no answer in time");
  }
  // What is there of the answer is taken, and nothing else is done.
  const bool isCancelled = request_->isCancelled();
  const Progress progress = isCancelled && stage_ != Stage::Read ? Progress::Wait : goOn();
  if (isCancelled && progress == Progress::Wait) cancel();
  return stage_ == Stage::Over ? Progress::Over : progress;
}

MbedtlsExchange::Progress MbedtlsExchange::goOn() {
  switch (stage_) {
    case Stage::Resolve:
      return resolve();
    case Stage::Connect:
      return finishConnecting();
    case Stage::Handshake:
      return handshake();
    case Stage::Write:
      return write();
    case Stage::Read:
      return read();
    case Stage::Over:
      break;
  }
  return Progress::Over;
}

void MbedtlsExchange::wait(std::int64_t nowMs) {
  const std::int64_t mostMs = request_->cancelled != nullptr ? 50 : 1'000'000;
  const auto milliseconds =
      static_cast<int>(std::clamp<std::int64_t>(timeLeftMs(nowMs), 0, mostMs));
  if (stage_ == Stage::Resolve) return resolver_.wait(milliseconds);
  pollfd watched{socket_.fd, awaited_, 0};
  poll(&watched, 1, milliseconds);
}

void MbedtlsExchange::cancel() {
  if (stage_ != Stage::Over) fail(st::ErrorKind::Cancelled, ECANCELED, "the call was cancelled");
}

st::Result<void> MbedtlsExchange::takeResult() {
  return std::exchange(result_, {});
}

MbedtlsExchange::Progress MbedtlsExchange::resolve() {
  if (!resolver_.advance()) return Progress::Wait;
  nextAddress_ = resolver_.addresses();
  if (nextAddress_ == nullptr) return fail(st::ErrorKind::Transport, 0, resolver_.problem());
  return connectToNext();
}

MbedtlsExchange::Progress MbedtlsExchange::connectToNext() {
  while (nextAddress_ != nullptr) {
    const ares_addrinfo_node& address = *std::exchange(nextAddress_, nextAddress_->ai_next);
    // Not mbedtls_net_connect(), which waits for as long as the system likes.
    socket_.fd = openSocket(address.ai_family);
    if (socket_.fd != -1 && connect(socket_.fd, address.ai_addr, address.ai_addrlen) == 0) {
      return beginHandshake();
    }
    if (socket_.fd != -1 && errno == EINPROGRESS) {
      stage_ = Stage::Connect;
      return waitFor(POLLOUT);
    }
    connectError_ = errno;
    mbedtls_net_free(&socket_);
  }
  return fail(st::ErrorKind::Transport, connectError_, std::strerror(connectError_));
}

MbedtlsExchange::Progress MbedtlsExchange::finishConnecting() {
  pollfd watched{socket_.fd, POLLOUT, 0};
  if (poll(&watched, 1, 0) != 1) return waitFor(POLLOUT);
  socklen_t size = sizeof connectError_;
  getsockopt(socket_.fd, SOL_SOCKET, SO_ERROR, &connectError_, &size);
  if (connectError_ == 0) return beginHandshake();
  mbedtls_net_free(&socket_);
  return connectToNext();
}

MbedtlsExchange::Progress MbedtlsExchange::beginHandshake() {
  const int yes = 1;
  setsockopt(socket_.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (!https_) {
    stage_ = Stage::Write;
    return Progress::Again;
  }
  int code = mbedtls_ssl_setup(&tls_, &settings_.tls());
  if (code == 0) code = mbedtls_ssl_set_hostname(&tls_, std::string(request_->host).c_str());
  if (code != 0) return stopFor(code);
  mbedtls_ssl_set_bio(&tls_, &socket_, &sendBytes, mbedtls_net_recv, nullptr);
  stage_ = Stage::Handshake;
  return Progress::Again;
}

MbedtlsExchange::Progress MbedtlsExchange::handshake() {
  // A step at a time: each may cost a public-key operation.
  const int code = mbedtls_ssl_handshake_step(&tls_);
  if (code != 0) return stopFor(code);
  if (isHandshakeOver(tls_)) stage_ = Stage::Write;
  return Progress::Again;
}

MbedtlsExchange::Progress MbedtlsExchange::write() {
  const std::string_view rest = outgoing_.expose().substr(written_);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(rest.data());
  mayHaveArrived_ = true;
  const int count = https_ ? mbedtls_ssl_write(&tls_, bytes, rest.size())
                           : sendBytes(&socket_, bytes, rest.size());
  if (count < 0) return stopFor(count);
  written_ += static_cast<std::size_t>(count);
  if (written_ == outgoing_.size()) {
    outgoing_.clear();
    stage_ = Stage::Read;
  }
  return Progress::Again;
}

MbedtlsExchange::Progress MbedtlsExchange::read() {
  std::array<unsigned char, 2048> buffer;  // NOLINT(*-member-init): filled below
  const int count = https_ ? mbedtls_ssl_read(&tls_, buffer.data(), buffer.size())
                           : mbedtls_net_recv(&socket_, buffer.data(), buffer.size());
  if (count > 0) {
    const bool isHttp = parser_.feed(buffer.data(), static_cast<std::size_t>(count));
    mbedtls_platform_zeroize(buffer.data(), static_cast<std::size_t>(count));
    if (parser_.isTooLong()) return failTooLong();
    if (!isHttp) return fail(st::ErrorKind::Transport, 0, parser_.problem());
    if (!parser_.isComplete()) return Progress::Again;
    close();
    return Progress::Over;
  }
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
  if (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) return Progress::Again;
#endif
  // Over TLS an end counts only where the server has signed it.
  const bool ended = https_ ? count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY : count == 0;
  if (ended && parser_.end()) {
    close();
    return Progress::Over;
  }
  if (ended || count == 0) {
    return fail(st::ErrorKind::Transport, count, "the connection ended before the answer did");
  }
  return stopFor(count);
}

int MbedtlsExchange::sendBytes(void* user, const unsigned char* bytes, std::size_t size) {
  // As mbedtls_net_send(), without the SIGPIPE.
#ifdef MSG_NOSIGNAL
  constexpr int flags = MSG_NOSIGNAL;
#else
  constexpr int flags = 0;
#endif
  const auto count = send(static_cast<mbedtls_net_context*>(user)->fd, bytes, size, flags);
  if (count >= 0) return static_cast<int>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_WRITE;
  return errno == EPIPE || errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET
                                               : MBEDTLS_ERR_NET_SEND_FAILED;
}

MbedtlsExchange::Progress MbedtlsExchange::waitFor(short events) {
  awaited_ = events;
  return Progress::Wait;
}

MbedtlsExchange::Progress MbedtlsExchange::stopFor(int code) {
  if (code == MBEDTLS_ERR_SSL_WANT_READ) return waitFor(POLLIN);
  if (code == MBEDTLS_ERR_SSL_WANT_WRITE) return waitFor(POLLOUT);
  if (code != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    return fail(st::ErrorKind::Transport, code, textOf(code));
  }
  std::array<char, 512> reasons{};
  mbedtls_x509_crt_verify_info(reasons.data(), reasons.size(), "",
                               mbedtls_ssl_get_verify_result(&tls_));
  const std::string_view all(reasons.data());
  return fail(st::ErrorKind::Untrusted, code, all.substr(0, all.find('\n')));
}

MbedtlsExchange::Progress MbedtlsExchange::fail(st::ErrorKind kind, int code,
                                                std::string_view reason) {
  std::string message(reason);
  message.append(https_ ? " (https://" : " (http://").append(request_->authority) += ")";
  st::Error error = st::makeError(kind, message);
  error.transportCode = code;
  error.delivery = mayHaveArrived_ ? st::Delivery::Unknown : st::Delivery::NotSent;
  response_->clear();
  result_ = std::move(error);
  close();
  return Progress::Over;
}

MbedtlsExchange::Progress MbedtlsExchange::failTooLong() {
  fail(st::ErrorKind::InvalidResponse, 0,
       "the service's answer is longer than " + std::to_string(limits_.maxResponseBytes) +
           " bytes (headers " + std::to_string(limits_.maxHeaderBytes) + ")");
  result_.error().delivery = st::Delivery::Answered;
  return Progress::Over;
}
