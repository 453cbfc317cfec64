// SPDX-License-Identifier: BSL-1.0
// Unloads a plug-in whose call has ended while the look-up of its host's name goes on in a thread.
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>

#include <cstdio>

namespace {

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
bool isUnloaded = false;

void waitUntilUnloaded() {
  pthread_mutex_lock(&mutex);
  while (!isUnloaded)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}
void tellUnloaded() {
  pthread_mutex_lock(&mutex);
  isUnloaded = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

int countThreads() {
  DIR* const threads = opendir("/proc/self/task");
  int count = 0;
  while (const dirent* const entry = readdir(threads))
    count += entry->d_name[0] != '.';
  closedir(threads);
  return count;
}

int fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  return 1;
}

}  // namespace

/// In the place of the system's: a name server that answers when the plug-in is gone.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  waitUntilUnloaded();
  return EAI_AGAIN;
}

int main(int, char** arguments) {
  void* const plugIn = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (plugIn == nullptr) return fail(dlerror());
  const auto call = reinterpret_cast<bool (*)()>(dlsym(plugIn, "callSlowHost"));
  if (call == nullptr || !call()) return fail("the call did not end at its time limit");
  dlclose(plugIn);
  if (dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD) != nullptr) return fail("it was not unloaded");
  tellUnloaded();
  // The end of the thread is in code of libcurl's.
  while (countThreads() != 1)
    poll(nullptr, 0, 1);
  return 0;
}
