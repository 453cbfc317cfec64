/* SPDX-License-Identifier: BSL-1.0 */
/* A process that makes one call with libcurl and its signer alone. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

static char body[4096];
static size_t bodySize;

static size_t onBody(char* data, size_t one, size_t size, void* user) {
  (void)one;
  (void)user;
  if (size > sizeof body - bodySize) return 0;
  memcpy(body + bodySize, data, size);
  bodySize += size;
  return size;
}

int main(void) {
  struct curl_slist* headers = NULL;
  CURL* handle;
  CURLcode code;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  handle = curl_easy_init();
  headers = curl_slist_append(headers, "Content-Type: application/x-amz-json-1.1");
  headers = curl_slist_append(headers, "X-Amz-Target: IoTSecuredTunneling.RotateTunnelAccessToken");
  headers = curl_slist_append(headers, "Accept:");
  curl_easy_setopt(handle, CURLOPT_URL, getenv("AWS_ENDPOINT_URL"));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(
      handle, CURLOPT_POSTFIELDS,
      "{\"tunnelId\":\"01234567-89ab-cdef-0123-456789abcdef\",\"clientMode\":\"ALL\"}");
  curl_easy_setopt(handle, CURLOPT_USERNAME, getenv("AWS_ACCESS_KEY_ID"));
  curl_easy_setopt(handle, CURLOPT_PASSWORD, getenv("AWS_SECRET_ACCESS_KEY"));
  curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:IoTSecuredTunneling");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, onBody);
  code = curl_easy_perform(handle);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  curl_global_cleanup();
  return code == CURLE_OK && bodySize > 0 ? 0 : 1;
}
