# SPDX-License-Identifier: BSL-1.0
# What examples/asio-coroutine needs: Asio, as it is without Boost, and coroutines of C++20. Without them the rest is
# built.
if(CMAKE_CROSSCOMPILING)
  # What would be found lies among this machine's headers.
  return()
endif()
find_path(Asio_INCLUDE_DIR asio.hpp)
mark_as_advanced(Asio_INCLUDE_DIR)
if(NOT Asio_INCLUDE_DIR)
  message(STATUS "Without Asio (libasio-dev): no examples/asio-coroutine")
  return()
endif()

include(CheckCXXSourceCompiles)
# clang before 17 has coroutines and does not say so, which the headers of g++'s library and Asio's ask for.
set(old_clang -D__cpp_impl_coroutine=201902L -DASIO_HAS_CO_AWAIT)

# check_coroutines(RESULT DEFINITION...)
function(check_coroutines result)
  set(CMAKE_CXX_STANDARD 20)
  set(CMAKE_REQUIRED_INCLUDES "${Asio_INCLUDE_DIR}")
  set(CMAKE_REQUIRED_DEFINITIONS ${ARGN})
  check_cxx_source_compiles("
    #include <asio/awaitable.hpp>
    #include <asio/bind_cancellation_slot.hpp>
    #include <asio/co_spawn.hpp>
    asio::awaitable<int> one() { co_return 1; }
    int main() {}" ${result})
endfunction()
check_coroutines(SECURE_TUNNELING_COMPILES_ASIO)
if(NOT SECURE_TUNNELING_COMPILES_ASIO)
  check_coroutines(SECURE_TUNNELING_COMPILES_ASIO_WITH_OLD_CLANG ${old_clang})
  if(NOT SECURE_TUNNELING_COMPILES_ASIO_WITH_OLD_CLANG)
    message(STATUS "Without coroutines in this compiler, or with an Asio before 1.19: no examples/asio-coroutine")
    return()
  endif()
endif()

find_package(Threads REQUIRED)
add_library(secure_tunneling_asio INTERFACE)
target_compile_features(secure_tunneling_asio INTERFACE cxx_std_20)
target_include_directories(secure_tunneling_asio SYSTEM INTERFACE "${Asio_INCLUDE_DIR}")
target_link_libraries(secure_tunneling_asio INTERFACE Threads::Threads)
if(SECURE_TUNNELING_COMPILES_ASIO_WITH_OLD_CLANG)
  # Nor can its sanitizer tell the types of coroutines.
  target_compile_options(secure_tunneling_asio INTERFACE ${old_clang} -fno-sanitize=function)
endif()
