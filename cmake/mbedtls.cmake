# SPDX-License-Identifier: BSL-1.0
# What parts of this project need Mbed TLS for, beside libcurl and OpenSSL: tests of the hash policies over it,
# and the examples that get by without libcurl and OpenSSL. Without it the rest is built. By file: Debian
# has no CMake package of Mbed TLS 2.28.
find_path(MbedTLS_INCLUDE_DIR mbedtls/ssl.h)
find_library(MbedTLS_TLS_LIBRARY mbedtls)
find_library(MbedTLS_X509_LIBRARY mbedx509)
find_library(MbedTLS_CRYPTO_LIBRARY NAMES mbedcrypto tfpsacrypto)
find_path(HttpParser_INCLUDE_DIR http_parser.h)
find_library(HttpParser_LIBRARY http_parser)
find_path(Cares_INCLUDE_DIR ares.h)
find_library(Cares_LIBRARY cares)
mark_as_advanced(MbedTLS_INCLUDE_DIR MbedTLS_TLS_LIBRARY MbedTLS_X509_LIBRARY MbedTLS_CRYPTO_LIBRARY
  HttpParser_INCLUDE_DIR HttpParser_LIBRARY Cares_INCLUDE_DIR Cares_LIBRARY)

# leave_out_without_mbedtls(LIST): takes the files off a list that need what Mbed TLS does not have here.
function(leave_out_without_mbedtls list)
  if(NOT TARGET secure_tunneling_mbedcrypto)
    list(FILTER ${list} EXCLUDE REGEX "/(psa|mbedtls)_")
  elseif(NOT EXISTS "${MbedTLS_INCLUDE_DIR}/mbedtls/sha256.h")
    # Mbed TLS 4: PSA alone.
    list(FILTER ${list} EXCLUDE REGEX "/mbedtls_")
  endif()
  set(${list} "${${list}}" PARENT_SCOPE)
endfunction()

if(MbedTLS_INCLUDE_DIR AND MbedTLS_CRYPTO_LIBRARY)
  add_library(secure_tunneling_mbedcrypto INTERFACE)
  target_include_directories(secure_tunneling_mbedcrypto SYSTEM INTERFACE "${MbedTLS_INCLUDE_DIR}")
  target_link_libraries(secure_tunneling_mbedcrypto INTERFACE "${MbedTLS_CRYPTO_LIBRARY}")
else()
  message(STATUS "Without Mbed TLS (libmbedtls-dev): no test of the hash policies over it, and no examples/own-transport "
    "and examples/firmware")
  return()
endif()

# TLS by Mbed TLS, HTTP by http_parser, names by c-ares: all of them without a wait of their own.
if(MbedTLS_TLS_LIBRARY AND MbedTLS_X509_LIBRARY AND HttpParser_INCLUDE_DIR AND HttpParser_LIBRARY
   AND Cares_INCLUDE_DIR AND Cares_LIBRARY)
  add_library(secure_tunneling_small_stack INTERFACE)
  target_include_directories(secure_tunneling_small_stack SYSTEM INTERFACE
    "${HttpParser_INCLUDE_DIR}" "${Cares_INCLUDE_DIR}")
  target_link_libraries(secure_tunneling_small_stack INTERFACE
    "${MbedTLS_TLS_LIBRARY}" "${MbedTLS_X509_LIBRARY}" secure_tunneling_mbedcrypto
    "${HttpParser_LIBRARY}" "${Cares_LIBRARY}")
else()
  message(STATUS "Without http_parser (libhttp-parser-dev) or c-ares (libc-ares-dev): no examples/own-transport "
    "and examples/firmware")
endif()
