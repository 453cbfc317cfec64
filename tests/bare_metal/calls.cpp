// SPDX-License-Identifier: BSL-1.0
// Whole calls on the board, over a transport that holds its answers, and what they cost there. The
// expected Authorization is botocore's.
#include <cstdio>
#include <string>
#include <utility>

#include "bare_metal/board.hpp"
#include "bare_metal/call.hpp"

using namespace secure_tunneling;

namespace {

int calls;
int failures;

/// newlib need not be built with %zu.
unsigned long printable(std::size_t size) {
  return size;
}

void check(bool ok, const char* what) {
  if (ok) return;
  ++failures;
  std::printf("FAILED: %s\n", what);
}

struct Answer {
  int status;
  const char* body;
};

/// Gives one answer after the other, and keeps what the last request was.
class PreparedTransport final : public HttpTransport {
 public:
  template <std::size_t count>
  explicit PreparedTransport(const Answer (&answers)[count])
      : next_(answers), end_(answers + count) {}

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    ++sent;
    url = request.url;
    body = request.body;
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      if (request.headers[i].name == "authorization") authorization = request.headers[i].value;
    }
    if (next_ == end_) return makeError(ErrorKind::Transport, "the link is down");
    response.status = next_->status;
    response.headers.add("Date", "Thu, 15 Jan 2026 12:30:00 GMT");
    response.body.assign(next_->body);
    ++next_;
    return {};
  }

  int sent = 0;
  std::string url;
  std::string body;
  std::string authorization;

 private:
  const Answer* next_;
  const Answer* end_;
};

class BoardClock final : public Clock {
 public:
  Moment now() override { return {unixMs, 0xffffffffU}; }
  void wait(std::int64_t milliseconds) override { unixMs += milliseconds; }

  static constexpr std::int64_t start = 1768480200000;  // 2026-01-15T12:30:00Z
  std::int64_t unixMs = start;
};

/// A client with all its parts, for one call or more.
struct Device {
  template <std::size_t count>
  explicit Device(const Answer (&answers)[count]) : transport(answers) {}

  static Settings settings() {
    Settings settings;
    settings.region = "eu-west-1";
    return settings;
  }

  Rotated rotate(const RotateTunnelAccessTokenRequest& request) {
    ++calls;
    return ::rotate(request, client);
  }

  PreparedTransport transport;
  BoardClock clock;
  StaticCredentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                "session-token"};
  BasicClient<PortableSha256> client{settings(), transport, credentials, clock};
};

RotateTunnelAccessTokenRequest request() {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = ClientMode::DESTINATION;
  request.destinationConfig = DestinationConfig{"m\xc3\xbcller", {"SSH", "a\"b"}};
  return request;
}

void tokensAreRotated() {
  static constexpr Answer answers[] = {
      {200, R"({"tunnelArn":"arn:aws:iot:1","destinationAccessToken":"n\u00e9w"})"}};
  Device device(answers);
  const RotateTunnelAccessTokenRequest input = request();
  const Rotated response = device.rotate(input);
  check(device.transport.url == "https://api.tunneling.iot.eu-west-1.amazonaws.com/", "the URL");
  check(device.transport.body ==
            "{\"tunnelId\":\"tunnel-1\",\"clientMode\":\"DESTINATION\",\"destinationConfig\":"
            "{\"thingName\":\"m\xc3\xbcller\",\"services\":[\"SSH\",\"a\\\"b\"]}}",
        "the body");
  check(device.transport.authorization ==
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/eu-west-1/IoTSecuredTunneling/"
            "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
            "x-amz-target, Signature="
            "cd14c9e6b28c4e0c7773a6a5481c5e3d57c55fc369fd8a48e36101cac612aa36",
        "the signature");
  check(response.hasValue(), "a response");
  if (!response) return;
  check(response->tunnelArn == "arn:aws:iot:1", "the tunnel's ARN");
  check(!response->sourceAccessToken, "no source token");
  check(response->destinationAccessToken &&
            response->destinationAccessToken->expose() == "n\xc3\xa9w",
        "the destination token");
}

void throttlingIsWaitedOut() {
  static constexpr Answer answers[] = {{400, R"({"__type":"ThrottlingException"})"},
                                       {503, ""},
                                       {200, R"({"destinationAccessToken":"new"})"}};
  Device device(answers);
  const Rotated response = device.rotate(request());
  check(response && response->attempts == 3, "three attempts");
  check(device.clock.unixMs > BoardClock::start, "waits between attempts");
}

void errorsAreTold() {
  const struct {
    const char* what;
    Answer answers[1];
    ErrorKind kind;
    int sent;
  } cases[] = {
      {"a closed tunnel",
       {{400, R"({"__type":"a.b#ResourceNotFoundException"})"}},
       ErrorKind::Service,
       1},
      {"half an answer",
       {{200, R"({"destinationAccessToken":"ne)"}},
       ErrorKind::InvalidResponse,
       1},
      {"bytes that are not UTF-8",
       {{200, "{\"destinationAccessToken\":\"\xff\"}"}},
       ErrorKind::InvalidResponse,
       1},
      {"a link that goes down", {{500, ""}}, ErrorKind::Transport, 3},
  };
  for (const auto& row : cases) {
    Device device(row.answers);
    const Rotated response = device.rotate(request());
    check(!response && response.error().kind == row.kind, row.what);
    check(device.transport.sent == row.sent, row.what);
  }
  static constexpr Answer unused[] = {{200, "{}"}};
  Device device(unused);
  const Rotated response = device.rotate({});
  check(!response && response.error().kind == ErrorKind::InvalidArgument, "an empty request");
  check(device.transport.sent == 0, "nothing is sent of an empty request");
}

/// Prints what one call takes, all its parts included but the hash's and the transport's own state.
void printPeaks(const char* what, Device& device) {
  const RotateTunnelAccessTokenRequest input = request();
  board::beginMeasuring();
  const Rotated response = device.rotate(input);
  const board::Peaks peaks = board::peaks();
  check(response.hasValue(), what);
  std::printf("%s: peak heap %lu, peak stack %lu bytes\n", what, printable(peaks.heap),
              printable(peaks.stack));
  check(peaks.heap > 0 && peaks.heap < 8192, "the heap that a call takes");
  check(peaks.stack > 0 && peaks.stack < 4096, "the stack that a call takes");
}

}  // namespace

int board::run() {
  tokensAreRotated();
  throttlingIsWaitedOut();
  errorsAreTold();

  const board::Image image = board::image();
  std::printf("image: text %lu (the library's %lu), data %lu, bss %lu bytes\n",
              printable(image.text), printable(image.library), printable(image.data),
              printable(image.bss));
  static constexpr Answer answers[] = {{200, R"({"destinationAccessToken":"new"})"},
                                       {200, R"({"destinationAccessToken":"newer"})"}};
  Device device(answers);
  printPeaks("first call", device);
  printPeaks("second call", device);
  std::printf("whole calls: %d, with %d mistakes\n", calls, failures);
  return failures == 0 ? 0 : 1;
}
