// SPDX-License-Identifier: BSL-1.0
// The fake service answers any request, by HTTP and JSON alone; tokens change with a 200 and by
// nothing else; and what was rotated away is refused.
//
// | line             | what it does                                                   |
// |------------------|----------------------------------------------------------------|
// | `m POST`         | the method                                                     |
// | `t /path?query`  | the target                                                     |
// | `h name: value`  | a header                                                       |
// | `b text`, `n`    | to the body a text, a line feed                                |
// | `o Close`        | the headers of an operation                                    |
// | `s`              | the request is sent, and a new one begins                      |
// | `f 3`            | the next request meets that fault                              |
// | `c 1 text`       | a local proxy connects with the current token of a side        |
// | `w 500`          | time goes on                                                   |
#include <rapidjson/document.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* tunnel = "tunnel";

class Session {
 public:
  Session() {
    service_.addCredentials("AKID", "secret");
    service_.allowUnsigned();
    DestinationConfig destination;
    destination.thingName = "thing";
    destination.services = {"ssh"};
    service_.addTunnel(tunnel, FakeSecureTunnelingService::twelveHoursMs, destination);
  }

  void run(Script& script) {
    while (script.next()) {
      switch (script.letter()) {
        case 'm':
          request_.method = script.text();
          break;
        case 't':
          request_.target = script.text();
          break;
        case 'h': {
          std::string_view value = script.text();
          const std::string_view name = detail::takePart(value, ':');
          request_.headers.push_back({std::string(name), std::string(value)});
          break;
        }
        case 'b':
          request_.body += script.text();
          break;
        case 'n':
          request_.body += '\n';
          break;
        case 'o':
          request_.headers.push_back({"Content-Type", "application/x-amz-json-1.1"});
          request_.headers.push_back(
              {"X-Amz-Target",
               std::string("IoTSecuredTunneling.") +
                   (script.text().empty() ? "RotateTunnelAccessToken" : "CloseTunnel")});
          break;
        case 's':
          send();
          break;
        case 'f':
          service_.injectFault(static_cast<Fault>(script.below(13)));
          ++faults_;
          break;
        case 'c':
          connect(script.below(2) != 0, script);
          break;
        case 'w':
          clock_.advance(static_cast<std::int64_t>(script.below(1U << 30U)));
          break;
        default:
          break;
      }
    }
    send();
  }

 private:
  void send() {
    const std::string source = service_.sourceToken(tunnel);
    const std::string destination = service_.destinationToken(tunnel);
    const int rotations = service_.rotations();
    HttpResponse response;
    const Result<void> sent = service_.send(request_.view(), response);
    request_ = {};
    const bool mayDiffer = faults_ != 0;
    if (mayDiffer) --faults_;
    const bool isRotated = service_.rotations() != rotations;
    const bool isSame =
        service_.sourceToken(tunnel) == source && service_.destinationToken(tunnel) == destination;
    if (!source.empty() && !service_.sourceToken(tunnel).empty())
      require(isSame != isRotated, "tokens change by a rotation alone");
    for (const std::string& old : {source, destination}) {
      const bool isNow =
          old == service_.sourceToken(tunnel) || old == service_.destinationToken(tunnel);
      require(isNow || !service_.isCurrent(old), "what was rotated away is refused");
    }
    if (mayDiffer) return;
    require(sent.hasValue(), "a request is answered");
    require(response.status == 200 || (response.status >= 400 && response.status < 600),
            "a status is one of HTTP");
    require(!isRotated || response.status == 200, "a rotation is a 200");
    rapidjson::Document body;
    const std::string text(response.body.expose());
    body.Parse(text.c_str());
    require(!body.HasParseError() && body.IsObject(), "an answer is JSON", text);
    require((response.status == 200) != body.HasMember("__type"), "an error has a code", text);
    require(response.headers.find("x-amzn-RequestId").has_value(), "an answer has a request id");
  }
  void connect(bool isSource, Script& script) {
    const std::string token =
        isSource ? service_.sourceToken(tunnel) : service_.destinationToken(tunnel);
    const ClientMode side = script.below(2) != 0 ? ClientMode::SOURCE : ClientMode::DESTINATION;
    const std::string clientToken(script.text());
    const bool wasAccepted = service_.accepts(token);
    const Result<FakeSecureTunnelingService::Connection> connected =
        service_.connect(token, side, clientToken);
    if (!connected) {
      require(connected.error().httpStatus == 400, "a refusal is a 400");
      return;
    }
    require(isSource == (side == ClientMode::SOURCE), "a token is for its side");
    require(wasAccepted || !clientToken.empty(), "a token is good for once");
    require(!service_.accepts(token) && service_.isCurrent(token), "a token is spent");
  }

  ManualClock clock_;
  FakeSecureTunnelingService service_{clock_};
  RecordedRequest request_;
  int faults_ = 0;
};

}  // namespace

void fuzz(std::string_view input) {
  Script script(input);
  Session().run(script);
}
