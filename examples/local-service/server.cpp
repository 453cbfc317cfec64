// SPDX-License-Identifier: BSL-1.0
#include "server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "received.hpp"
#include "secure_tunneling/detail/ascii.hpp"

namespace st = secure_tunneling;

namespace {

using st::detail::equalsIgnoreCase;

constexpr const char* protocolNames[] = {
    "aws.iot.securetunneling-1.0", "aws.iot.securetunneling-2.0", "aws.iot.securetunneling-3.0"};
/// The service's largest frame, and how much is kept for a local proxy that is slow to read.
constexpr std::size_t maxMessageSize = 131076;
constexpr std::size_t maxQueueSize = 4 * maxMessageSize;

bool canUse(const std::string& certificate, const std::string& key) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                             SSL_CTX_free);
  return context != nullptr &&
         SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(context.get()) == 1;
}

/// Whether `name` is in a header's list.
bool isListed(const std::string& name, const std::string& header) {
  std::string list = ",";
  std::copy_if(header.begin(), header.end(), std::back_inserter(list),
               [](char c) { return c != ' ' && c != '\t'; });
  list += ',';
  return list.find("," + name + ",") != std::string::npos;
}
/// Whether one of `offered` is a protocol of the service.
bool isOffered(const std::string& offered) {
  return std::any_of(std::begin(protocolNames), std::end(protocolNames),
                     [&](const char* name) { return isListed(name, offered); });
}

/// Whether it is 16 bytes in base64, by their characters and their number.
bool isWebSocketKey(const std::string& key) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.find_first_not_of(digits) == 22 && key.compare(22, 2, "==") == 0;
}

/// What of a handshake RFC 6455 does not allow; empty where there is nothing. libwebsockets looks
/// at some of it when the token is spent, and at some not at all.
std::string wrongInHandshake(lws* wsi) {
  const auto header = [wsi](const char* name) { return receivedHeader(wsi, name).value_or(""); };
  if (receivedVersion(wsi) != "HTTP/1.1") return "Invalid HTTP version: Expected HTTP/1.1.";
  if (!equalsIgnoreCase(header("upgrade"), "websocket")) {
    return "Invalid Upgrade: Expected websocket, or none.";
  }
  std::string connection = header("connection");
  std::transform(connection.begin(), connection.end(), connection.begin(), st::detail::toLower);
  if (!isListed("upgrade", connection)) return "Invalid Connection: Expected Upgrade.";
  if (!isWebSocketKey(header("sec-websocket-key"))) {
    return "Invalid Sec-WebSocket-Key: Expected 16 bytes in base64.";
  }
  return {};
}

/// Whether a request may be answered in HTTP/1.1 as if it had no Upgrade.
bool onlyOffersHttp2(lws* wsi) {
  return equalsIgnoreCase(receivedHeader(wsi, "upgrade").value_or(""), "h2c") &&
         !receivedHeader(wsi, "sec-websocket-key");
}

void appendVarint(std::string& message, std::size_t value) {
  for (; value >= 128; value /= 128)
    message += static_cast<char>(value % 128 + 128);
  message += static_cast<char>(value);
}

/// The service's first message in protocols 2.0 and 3.0: SERVICE_IDS, in Protocol Buffers behind
/// its length. A tunnel without services has one without a name.
std::string serviceIds(std::vector<std::string> services) {
  constexpr std::string_view type("\x08\x05", 2);  // type = SERVICE_IDS
  constexpr char availableServiceIds = '\x32';
  if (services.empty()) services.emplace_back();
  std::string message(type);
  for (const std::string& service : services) {
    if (message.size() + service.size() + 8 > 0xffff) break;
    message += availableServiceIds;
    appendVarint(message, service.size());
    message += service;
  }
  const std::string length{static_cast<char>(message.size() >> 8U),
                           static_cast<char>(message.size() & 0xffU)};
  return length + message;
}

bool writeAll(lws* wsi, const std::string& text, lws_write_protocol as) {
  std::vector<unsigned char> buffer(LWS_PRE);
  buffer.insert(buffer.end(), text.begin(), text.end());
  return lws_write(wsi, buffer.data() + LWS_PRE, text.size(), as) >= 0;
}

/// -1 where it is no number.
std::int64_t toNumber(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number >= 0 ? number : -1;
}

}  // namespace

std::string Server::listen(int port, const std::string& tlsCertificate, const std::string& tlsKey) {
  if (!tlsCertificate.empty() && !canUse(tlsCertificate, tlsKey)) {
    return "cannot use " + tlsCertificate + " with " + tlsKey;
  }
  lws_set_log_level(0, nullptr);
  for (const char* const name : {"http", protocolNames[0], protocolNames[1], protocolNames[2]}) {
    lws_protocols protocol{};
    protocol.name = name;
    protocol.callback = onEvent;
    protocol.rx_buffer_size = maxMessageSize;
    protocols_.push_back(protocol);
  }
  protocols_.emplace_back();

  lws_context_creation_info info{};
  info.port = port;
  info.iface = loopback;
  info.protocols = protocols_.data();
  info.user = this;
  info.max_http_header_data2 = 16384;
  info.keepalive_timeout = 60;
  info.alpn = "http/1.1";
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6 |
                 LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  if (!tlsCertificate.empty()) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = tlsCertificate.c_str();
    info.ssl_private_key_filepath = tlsKey.c_str();
  }
  context_ = lws_create_context(&info);
  if (context_ != nullptr) vhost_ = lws_create_vhost(context_, &info);
  if (vhost_ != nullptr) return {};
  return "cannot listen on port " + std::to_string(port) + ": it is in use or not allowed";
}

bool Server::run() {
  while (stopped_ == 0) {
    if (lws_service(context_, 0) < 0) break;
  }
  return stopped_ != 0;
}

int Server::onEvent(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
  auto* const server = static_cast<Server*>(lws_context_user(lws_get_context(wsi)));
  return server == nullptr ? 0 : server->handle(wsi, reason, in, size);
}

int Server::handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size) {
  const auto piece = [in, size] { return std::string_view(static_cast<const char*>(in), size); };
  LocalProxy* const proxy = find(wsi);
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      return receiveHead(wsi);
    case LWS_CALLBACK_HTTP_BODY:
      return receiveBody(wsi, piece());
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return endBody(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return writeAnswer(wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      return confirmUpgrade(wsi, static_cast<char*>(in));
    case LWS_CALLBACK_ADD_HEADERS:
      return addHeaders(wsi, *static_cast<lws_process_html_args*>(in));
    case LWS_CALLBACK_RAW_ADOPT:
      return refuseConnect(wsi);
    case LWS_CALLBACK_WSI_DESTROY:
      requests_.erase(wsi);
      answers_.erase(wsi);
      overrun_.erase(wsi);
      if (proxy != nullptr) forget(*proxy);
      return 0;
    default:
      break;
  }
  if (proxy == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      established(*proxy);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      return received(*proxy, piece());
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return writeable(*proxy);
    case LWS_CALLBACK_TIMER:
      throwOut();
      // Where the two clocks do not agree, it came too early.
      if (!proxy->ended) lws_set_timer_usecs(wsi, 100 * LWS_US_PER_MS);
      return 0;
    default:
      return 0;
  }
}

int Server::receiveHead(lws* wsi) {
  st::RecordedRequest request = receivedRequest(wsi);
  const std::string path = request.target.substr(0, request.target.find('?'));
  const bool hasBody =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!hasBody) return answerRequest(wsi, request);
  const std::int64_t size = toNumber(request.header("content-length").value_or(""));
  if (size < 0 || request.header("transfer-encoding")) {
    return write(wsi, formatAnswer(411, "Connection: close\r\n", "Content-Length is missing\n"),
                 true);
  }
  if (path == "/local-proxy/connect") return answerConnect(wsi);
  if (path == "/local-service/close-tunnel") return answerClose(wsi);
  if (size == 0) return answerRequest(wsi, request);
  if (equalsIgnoreCase(request.header("expect").value_or(""), "100-continue") &&
      !writeAll(wsi, "HTTP/1.1 100 Continue\r\n\r\n", LWS_WRITE_HTTP_HEADERS)) {
    return -1;
  }
  requests_.insert_or_assign(wsi, std::move(request));
  return 0;
}

int Server::receiveBody(lws* wsi, std::string_view piece) {
  const auto request = requests_.find(wsi);
  if (request == requests_.end()) return 0;
  // A byte more than is taken is enough for the service to refuse it.
  std::string& body = request->second.body;
  body += piece.substr(0, Service::maxBodySize + 1 - body.size());
  const auto size =
      static_cast<std::size_t>(toNumber(request->second.header("content-length").value_or("")));
  if (body.size() <= size) return 0;
  // libwebsockets 4.3 takes the next request for a part of the body, and never ends it.
  body.resize(size);
  overrun_.insert(wsi);
  return endBody(wsi);
}

int Server::endBody(lws* wsi) {
  const auto request = requests_.extract(wsi);
  return request.empty() ? 0 : answerRequest(wsi, request.mapped());
}

int Server::answerRequest(lws* wsi, st::RecordedRequest& request) {
  WireAnswer answer = service_.call(request);
  printNotifications();
  throwOut();
  if (request.method == "HEAD") answer.text.resize(answer.text.find("\r\n\r\n") + 4);
  switch (answer.fate) {
    case Fate::Whole:
      return write(wsi, answer.text);
    case Fate::Cut:
      return write(wsi, answer.text.substr(0, answer.text.size() - answer.text.size() / 4), true);
    case Fate::Dropped:
      return -1;
    case Fate::Stalled:
      break;
  }
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  // What else the client sends is not looked at again and again.
  lws_rx_flow_control(wsi, 0);
  return 0;
}

void Server::printNotifications() {
  if (service_.printNotifications()) return;
  printing_.server = this;
  const auto again = [](lws_sorted_usec_list_t* timer) {
    reinterpret_cast<Printing*>(timer)->server->printNotifications();
  };
  lws_sul_schedule(context_, 0, &printing_.timer, again, 50 * LWS_US_PER_MS);
}

/// What a local proxy does with a token, for scripts: the first one to come with it spends it.
int Server::answerConnect(lws* wsi) {
  const std::string token = receivedHeader(wsi, "access-token").value_or("");
  const bool accepted = service_.connect(token, st::ClientMode::SOURCE, "").hasValue() ||
                        service_.connect(token, st::ClientMode::DESTINATION, "").hasValue();
  return write(wsi,
               accepted ? formatAnswer(200, "", "accepted\n") : formatAnswer(400, "", "refused\n"));
}

int Server::answerClose(lws* wsi) {
  const std::string tunnelId = receivedParameter(wsi, "tunnel-id");
  const bool closed = service_.closeTunnel(tunnelId);
  throwOut();
  return write(wsi, closed ? formatAnswer(200, "", "closed\n")
                           : formatAnswer(404, "", "There is no such open tunnel\n"));
}

int Server::write(lws* wsi, std::string text, bool ends) {
  answers_.insert_or_assign(wsi, Answer{std::move(text), ends});
  lws_callback_on_writable(wsi);
  return 0;
}

int Server::writeAnswer(lws* wsi) {
  const auto found = answers_.extract(wsi);
  if (found.empty()) return 0;
  Answer& answer = found.mapped();
  if (!answer.ends && (hasMoreInput() || overrun_.count(wsi) != 0)) {
    answer.text.insert(answer.text.find('\n') + 1, "Connection: close\r\n");
    answer.ends = true;
  }
  if (!writeAll(wsi, answer.text, LWS_WRITE_HTTP_HEADERS)) return -1;
  return answer.ends || lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

bool Server::hasMoreInput() {
  // It would not wait then.
  return lws_service_adjust_timeout(context_, 1, 0) == 0;
}

/// After CONNECT libwebsockets takes what comes for bytes of a tunnel of its own kind.
int Server::refuseConnect(lws* wsi) {
  static_cast<void>(writeAll(wsi, formatAnswer(405, "Connection: close\r\n", "This is no proxy\n"),
                             LWS_WRITE_RAW));
  return -1;
}

int Server::confirmUpgrade(lws* wsi, char* protocol) {
  if (onlyOffersHttp2(wsi)) {
    // libwebsockets changes to HTTP/2 unless there is no protocol when it looks again.
    *protocol = '\0';
    return 0;
  }
  const std::string wrong = wrongInHandshake(wsi);
  if (!wrong.empty()) return refuseUpgrade(wsi, wrong);
  if (receivedHeader(wsi, "sec-websocket-version").value_or("") != "13") {
    return refuseUpgrade(wsi, "Invalid Sec-WebSocket-Version: Expected 13.", 426);
  }
  char* uri = nullptr;
  int size = 0;
  if (lws_http_get_uri_and_method(wsi, &uri, &size) != LWSHUMETH_GET ||
      std::string_view(uri, static_cast<std::size_t>(size)) != "/tunnel") {
    return refuseUpgrade(wsi, "Invalid path: A local proxy connects with GET /tunnel.");
  }
  const std::string mode = receivedParameter(wsi, "local-proxy-mode");
  if (mode != "source" && mode != "destination") {
    return refuseUpgrade(wsi, "Invalid local-proxy-mode: Expected source or destination.");
  }
  if (!isOffered(receivedHeader(wsi, "sec-websocket-protocol").value_or(""))) {
    return refuseUpgrade(
        wsi, "Invalid Sec-WebSocket-Protocol: Expected " + std::string(protocolNames[2]) + ".");
  }
  LocalProxy proxy;
  proxy.wsi = wsi;
  proxy.token = receivedHeader(wsi, "access-token").value_or("");
  proxy.side = mode == "source" ? st::ClientMode::SOURCE : st::ClientMode::DESTINATION;
  const std::string clientToken = receivedHeader(wsi, "client-token").value_or("");
  const auto connection = service_.connect(proxy.token, proxy.side, clientToken);
  if (!connection) return refuseUpgrade(wsi, connection.error().message);
  for (auto& [other, before] : proxies_) {
    if (before.token == proxy.token) end(before);
  }
  proxy.tunnel = *connection;
  proxy.channelId = newChannelId();
  proxies_.insert_or_assign(wsi, std::move(proxy));
  return 0;
}

int Server::refuseUpgrade(lws* wsi, const std::string& reason, int status) {
  std::string headers = "channel-id: " + newChannelId() + "\r\nConnection: close\r\n";
  if (status == 426) headers += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  return writeAll(wsi, formatAnswer(status, headers, reason), LWS_WRITE_HTTP_HEADERS) ? 1 : -1;
}

int Server::addHeaders(lws* wsi, lws_process_html_args& headers) {
  const LocalProxy* const proxy = find(wsi);
  if (proxy == nullptr) return 0;
  auto* at = reinterpret_cast<unsigned char*>(headers.p);
  if (lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>("channel-id:"),
                                  reinterpret_cast<const unsigned char*>(proxy->channelId.data()),
                                  static_cast<int>(proxy->channelId.size()), &at,
                                  at + headers.max_len) != 0) {
    return 1;
  }
  headers.p = reinterpret_cast<char*>(at);
  return 0;
}

void Server::established(LocalProxy& proxy) {
  proxy.established = true;
  const std::int64_t leftMs = std::max<std::int64_t>(proxy.tunnel.endsAtMs - service_.nowMs(), 0);
  lws_set_timer_usecs(proxy.wsi, (leftMs + 1) * LWS_US_PER_MS);
  if (std::string_view(lws_get_protocol(proxy.wsi)->name) != protocolNames[0]) {
    send(proxy, serviceIds(proxy.tunnel.services));
  }
  // It may have been thrown out during its handshake.
  if (proxy.ended) lws_callback_on_writable(proxy.wsi);
}

int Server::received(LocalProxy& proxy, std::string_view piece) {
  if (lws_frame_is_binary(proxy.wsi) == 0) {
    lws_close_reason(proxy.wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, nullptr, 0);
    return -1;
  }
  if (proxy.incoming.size() + piece.size() > maxMessageSize) {
    lws_close_reason(proxy.wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, nullptr, 0);
    return -1;
  }
  proxy.incoming += piece;
  if (lws_is_final_fragment(proxy.wsi) == 0 || lws_remaining_packet_payload(proxy.wsi) != 0) {
    return 0;
  }
  std::string message;
  message.swap(proxy.incoming);
  // What is said into a tunnel with nobody at its other end is lost.
  if (LocalProxy* const peer = peerOf(proxy)) {
    send(*peer, std::move(message));
    if (peer->outgoingSize > maxQueueSize) lws_rx_flow_control(proxy.wsi, 0);
  }
  return 0;
}

int Server::writeable(LocalProxy& proxy) {
  if (proxy.ended) {
    lws_close_reason(proxy.wsi, LWS_CLOSE_STATUS_NORMAL, nullptr, 0);
    return -1;
  }
  if (proxy.outgoing.empty()) return 0;
  const std::string message = std::move(proxy.outgoing.front());
  proxy.outgoing.pop_front();
  proxy.outgoingSize -= message.size();
  if (!writeAll(proxy.wsi, message, LWS_WRITE_BINARY)) return -1;
  if (!proxy.outgoing.empty()) lws_callback_on_writable(proxy.wsi);
  if (proxy.outgoingSize <= maxQueueSize) {
    if (LocalProxy* const peer = peerOf(proxy)) lws_rx_flow_control(peer->wsi, 1);
  }
  return 0;
}

void Server::send(LocalProxy& proxy, std::string message) {
  proxy.outgoingSize += message.size();
  proxy.outgoing.push_back(std::move(message));
  lws_callback_on_writable(proxy.wsi);
}

Server::LocalProxy* Server::peerOf(const LocalProxy& proxy) {
  for (auto& [wsi, other] : proxies_) {
    if (other.established && !other.ended && other.tunnel.tunnelId == proxy.tunnel.tunnelId &&
        other.side != proxy.side) {
      return &other;
    }
  }
  return nullptr;
}

Server::LocalProxy* Server::find(lws* wsi) {
  const auto found = proxies_.find(wsi);
  return found == proxies_.end() ? nullptr : &found->second;
}

void Server::forget(const LocalProxy& proxy) {
  // It may have been held back until this one had read more.
  if (LocalProxy* const peer = peerOf(proxy)) lws_rx_flow_control(peer->wsi, 1);
  proxies_.erase(proxy.wsi);
}

void Server::throwOut() {
  for (auto& [wsi, proxy] : proxies_) {
    if (!service_.isCurrent(proxy.token)) end(proxy);
  }
}

void Server::end(LocalProxy& proxy) {
  proxy.ended = true;
  if (proxy.established) lws_callback_on_writable(proxy.wsi);
}

std::string Server::newChannelId() {
  unsigned char random[28];
  lws_get_random(context_, random, sizeof random);
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i != sizeof random; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 24) id += '-';
    id += digits[random[i] >> 4U];
    id += digits[random[i] & 15U];
  }
  return id;
}
