// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_LOADED_CODE_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_LOADED_CODE_HPP

#if defined(_WIN32)
// Brings windows.h without the older winsock.h.
#include <winsock2.h>
#else
#include <dlfcn.h>
#endif

#include <initializer_list>

/// Libraries as the system has loaded them. POSIX alone can neither find what another library has
/// brought, nor keep it: where the headers are told to declare no more than that, both are left
/// out.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Keeps the library that the function is in until the process ends.
inline void keepLoaded([[maybe_unused]] const void* function) noexcept {
#if defined(_WIN32)
  HMODULE library = nullptr;
  ::GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       static_cast<const char*>(function), &library);
#elif defined(RTLD_DEFAULT) && defined(RTLD_NOLOAD) && defined(RTLD_NODELETE) && \
    (!defined(__GLIBC__) || defined(_GNU_SOURCE))
  Dl_info library{};
  if (dladdr(function, &library) != 0)
    dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

using HasPending = int(const void* ssl);

/// `SSL_has_pending` of the OpenSSL that libcurl has brought; null where there is none. By name,
/// for a program links libssl by way of libcurl only.
inline HasPending* findHasPending() noexcept {
  constexpr const char* name = "SSL_has_pending";
#if defined(_WIN32)
  for (const char* const file : {"libssl-3-x64.dll", "libssl-3.dll", "libssl-3-arm64.dll",
                                 "libssl-1_1-x64.dll", "libssl-1_1.dll"}) {
    const HMODULE library = ::GetModuleHandleA(file);
    if (library == nullptr) continue;
    // By way of a type that compilers take for any function.
    return reinterpret_cast<HasPending*>(
        reinterpret_cast<void (*)()>(::GetProcAddress(library, name)));
  }
  return nullptr;
#elif defined(RTLD_DEFAULT)
  return reinterpret_cast<HasPending*>(dlsym(RTLD_DEFAULT, name));
#else
  return nullptr;
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_LOADED_CODE_HPP
