// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_IP_ADDRESS_HPP
#define SECURE_TUNNELING_DETAIL_IP_ADDRESS_HPP

// inet_pton and inet_ntop, and the structures of addresses. Of Windows, winsock2.h brings windows.h
// without the older winsock.h, which it cannot stand beside.
#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#endif  // SECURE_TUNNELING_DETAIL_IP_ADDRESS_HPP
