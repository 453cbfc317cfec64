// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_LIBRARY_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_LIBRARY_HPP

#include <curl/curl.h>

#include <atomic>
#include <cstring>

#include "secure_tunneling/adapters/detail/constant_lock.hpp"
#include "secure_tunneling/adapters/detail/loaded_code.hpp"
#include "secure_tunneling/detail/compiler.hpp"

#if !defined(_WIN32)
#include <dirent.h>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// `curl_global_init`, once in the process; the call after one without memory tries again.
inline CURLcode initializeCurlOnce() {
  static ConstantLock mutex;
  static bool isDone = false;
  mutex.lock();
  const CURLcode code = isDone ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
  isDone = code == CURLE_OK;
  mutex.unlock();
  return code;
}

/// Whether libcurl may write with SIGPIPE: not to a socket itself, and from 7.88 on it writes for
/// OpenSSL too. The three system calls of a guard are a tenth of a warm call.
inline bool raisesSigpipe(const curl_version_info_data& libcurl) noexcept {
  return libcurl.version_num < 0x075800 || libcurl.ssl_version == nullptr ||
         std::strncmp(libcurl.ssl_version, "OpenSSL/", 8) != 0;
}

/// Whether a TLS connection that ends without saying so is an error: not with an older OpenSSL,
/// which libcurl from 7.87 to 8.14 keeps from seeing it, and not with other libraries for
/// certain.
inline bool tellsTlsEnd(const curl_version_info_data& libcurl) noexcept {
  return libcurl.ssl_version != nullptr && std::strncmp(libcurl.ssl_version, "OpenSSL/", 8) == 0 &&
         std::strcmp(libcurl.ssl_version + 8, "3.2") >= 0;
}

/// Whether TLS sessions are kept, which save a later connection a quarter of its CPU time. Where
/// memory runs out a libcurl before 8.12 may free parts of one twice; but 7.87.0 crashes without
/// them (its issue 10380).
inline bool keepsTlsSessions(const curl_version_info_data& libcurl) noexcept {
  return libcurl.version_num >= 0x080c00 || libcurl.version_num == 0x075700;
}

inline bool isNamedByHash(const char* name) noexcept {
  return std::strspn(name, "0123456789abcdef") == 8 && std::strcmp(name + 8, ".0") == 0;
}

/// Whether libcurl's own CA directory has entries named by hash (`01234567.0`). It is read once in
/// the process: that takes 32 kB of heap, and more time than all else of a handle. Inline, for
/// size: it has one caller.
SECURE_TUNNELING_ALWAYS_INLINE bool hasHashedCas() {
#if LIBCURL_VERSION_NUM >= 0x074600 && !defined(_WIN32)
  enum : signed char { Unknown, No, Yes };
  static std::atomic<signed char> known{Unknown};
  signed char answer = known.load(std::memory_order_relaxed);
  if (answer == Unknown) {
    const curl_version_info_data& libcurl = *curl_version_info(CURLVERSION_NOW);
    if (libcurl.age < CURLVERSION_SEVENTH || libcurl.capath == nullptr) return false;
    // One that cannot be opened may be another time: descriptors or memory may have run out.
    DIR* const directory = opendir(libcurl.capath);
    if (directory == nullptr) return false;
    answer = No;
    while (answer == No) {
      const dirent* const entry = readdir(directory);
      if (entry == nullptr) break;
      if (isNamedByHash(entry->d_name)) answer = Yes;
    }
    closedir(directory);
    known.store(answer, std::memory_order_relaxed);
  }
  return answer == Yes;
#else
  return false;
#endif
}

/// A look-up that is given up goes on in a thread of libcurl's, which must not lose its code
/// where a program unloads the plug-in that brought libcurl.
inline void keepLibcurlLoaded() noexcept {
#if LIBCURL_VERSION_NUM >= 0x075700 && \
    (!defined(__GLIBC__) || __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
  keepLoaded(reinterpret_cast<const void*>(&curl_easy_perform));
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_LIBRARY_HPP
