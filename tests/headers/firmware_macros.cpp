// SPDX-License-Identifier: BSL-1.0
// What lwIP's sockets and Arduino's <Arduino.h> define, before the core's headers. Those of C++
// come first, which some of these break by themselves.
#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

// lwIP with LWIP_COMPAT_SOCKETS and LWIP_POSIX_SOCKETS_IO_NAMES, as they are if nobody sets them.
#define accept(s, addr, addrlen) lwip_accept(s, addr, addrlen)
#define bind(s, name, namelen) lwip_bind(s, name, namelen)
#define close(s) lwip_close(s)
#define connect(s, name, namelen) lwip_connect(s, name, namelen)
#define fcntl(s, cmd, val) lwip_fcntl(s, cmd, val)
#define ioctl(s, cmd, argp) lwip_ioctl(s, cmd, argp)
#define listen(s, backlog) lwip_listen(s, backlog)
#define poll(fds, nfds, timeout) lwip_poll(fds, nfds, timeout)
#define read(s, mem, len) lwip_read(s, mem, len)
#define recv(s, mem, len, flags) lwip_recv(s, mem, len, flags)
#define select(maxfdp1, readset, writeset, exceptset, timeout) \
  lwip_select(maxfdp1, readset, writeset, exceptset, timeout)
#define send(s, dataptr, size, flags) lwip_send(s, dataptr, size, flags)
#define shutdown(s, how) lwip_shutdown(s, how)
#define socket(domain, type, protocol) lwip_socket(domain, type, protocol)
#define write(s, dataptr, len) lwip_write(s, dataptr, len)

// Arduino, of the cores for several chips.
#define B0 0
#define B1 1
#define BIN 2
#define CHANGE 1
#define DEC 10
#define DEFAULT 1
#define DISABLED 0
#define EULER 2.718281828459045235360287471352
#define EXTERNAL 0
#define F(text) (reinterpret_cast<const __FlashStringHelper*>(PSTR(text)))
#define FALLING 2
#define HEX 16
#define HIGH 0x1
#define INPUT 0x0
#define INTERNAL 3
#define LOW 0x0
#define OCT 8
#define OUTPUT 0x1
#define PI 3.1415926535897932384626433832795
#define PROGMEM
#define PSTR(text) (text)
#define RISING 3
#define _BV(bit) (1 << (bit))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define bit(b) (1UL << (b))
#define bitClear(value, bit) ((value) &= ~(1UL << (bit)))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bitWrite(value, bit, bitvalue) ((bitvalue) ? bitSet(value, bit) : bitClear(value, bit))
#define cbi(sfr, bit) (_SFR_BYTE(sfr) &= ~_BV(bit))
#define constrain(amount, low, high) \
  ((amount) < (low) ? (low) : ((amount) > (high) ? (high) : (amount)))
#define degrees(rad) ((rad)*57.295779513082320876798154814105)
#define highByte(w) (static_cast<unsigned char>((w) >> 8))
#define interrupts() sei()
#define lowByte(w) (static_cast<unsigned char>((w)&0xff))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define noInterrupts() cli()
#define radians(deg) ((deg)*0.017453292519943295769236907684886)
#define round(x) ((x) >= 0 ? static_cast<long>((x) + 0.5) : static_cast<long>((x)-0.5))
#define sbi(sfr, bit) (_SFR_BYTE(sfr) |= _BV(bit))
#define sq(x) ((x) * (x))
#define word(...) makeWord(__VA_ARGS__)

#include "secure_tunneling/call/rotate_call.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"

#if !defined(send) || !defined(write) || !defined(round)
#error a header has undefined what is not its own
#endif

// What a port has of its own keeps lwIP's macro away in the same way.
class OwnTransport final : public secure_tunneling::HttpTransport {
 public:
  secure_tunneling::Result<void>(send)(const secure_tunneling::HttpRequest&,
                                       secure_tunneling::HttpResponse&) override {
    return {};
  }
};
