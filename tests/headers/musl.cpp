// SPDX-License-Identifier: BSL-1.0
// What Debian's libstdc++.a and libgcc_eh.a want of glibc, in a program that is linked with musl.
extern "C" {
extern char __libc_single_threaded;
char __libc_single_threaded = 0;
// As if nothing was found: the search goes on by dl_iterate_phdr, which musl has.
int _dl_find_object(void*, void*);
int _dl_find_object(void*, void*) {
  return -1;
}
}
