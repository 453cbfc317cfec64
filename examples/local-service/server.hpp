// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/testing/recorded_request.hpp"
#include "service.hpp"

/// HTTP and WebSocket on one loopback port: the service's API, and the tunnels that local proxies
/// connect to. One thread.
class Server {
 public:
  static constexpr const char* loopback = "127.0.0.1";

  explicit Server(Service& service) : service_(service) {}
  ~Server() { lws_context_destroy(context_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to listen on `port`, where 0 is any free one; why it cannot, or nothing.
  std::string listen(int port, const std::string& tlsCertificate, const std::string& tlsKey);
  [[nodiscard]] int port() const { return lws_get_vhost_listen_port(vhost_); }
  /// Serves until it is stopped; false when it ended by itself.
  bool run();
  /// Can be called by a signal handler.
  void stop() noexcept {
    stopped_ = 1;
    lws_cancel_service(context_);
  }

 private:
  /// A local proxy, from its handshake on.
  struct LocalProxy {
    lws* wsi = nullptr;
    std::string token;
    secure_tunneling::ClientMode side;
    Service::Connection tunnel;
    std::string channelId;
    bool established = false;
    bool ended = false;
    std::string incoming;              ///< a message of which more is to come
    std::deque<std::string> outgoing;  ///< whole messages
    std::size_t outgoingSize = 0;
  };

  struct Answer {
    std::string text;
    bool ends = false;  ///< the connection, too
  };

  /// The timer comes first: its address is that of all.
  struct Printing {
    lws_sorted_usec_list_t timer{};
    Server* server = nullptr;
  };

  static int onEvent(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);
  int handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size);

  // HTTP. What these return is for libwebsockets: negative ends the connection.
  int receiveHead(lws* wsi);
  int receiveBody(lws* wsi, std::string_view piece);
  int endBody(lws* wsi);
  int answerRequest(lws* wsi, secure_tunneling::RecordedRequest& request);
  /// Now, or as soon as somebody reads: a script that does not is answered all the same.
  void printNotifications();
  int answerConnect(lws* wsi);
  int answerClose(lws* wsi);
  static int refuseConnect(lws* wsi);
  /// Puts an answer down to be written once all is read that came with its request.
  int write(lws* wsi, std::string text, bool ends = false);
  /// Ends the connection where the client has not waited for the answer: libwebsockets cannot read
  /// the body of a request that it has put aside, and never comes out of trying to.
  int writeAnswer(lws* wsi);
  /// Whether there is input put aside, of this connection or another.
  bool hasMoreInput();

  // WebSocket.
  int confirmUpgrade(lws* wsi, char* protocol);
  int refuseUpgrade(lws* wsi, const std::string& reason, int status = 400);
  int addHeaders(lws* wsi, lws_process_html_args& headers);
  void established(LocalProxy& proxy);
  int received(LocalProxy& proxy, std::string_view piece);
  int writeable(LocalProxy& proxy);
  void send(LocalProxy& proxy, std::string message);
  LocalProxy* peerOf(const LocalProxy& proxy);
  LocalProxy* find(lws* wsi);
  void forget(const LocalProxy& proxy);
  /// Throws out whose token was rotated or whose tunnel is closed.
  void throwOut();
  static void end(LocalProxy& proxy);
  std::string newChannelId();

  Service& service_;
  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
  std::vector<lws_protocols> protocols_;
  volatile int stopped_ = 0;
  Printing printing_;
  std::map<lws*, secure_tunneling::RecordedRequest> requests_;
  std::map<lws*, Answer> answers_;
  /// Connections that have sent more than one request at once.
  std::set<lws*> overrun_;
  std::map<lws*, LocalProxy> proxies_;
};
