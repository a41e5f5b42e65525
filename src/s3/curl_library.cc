// SPDX-License-Identifier: Apache-2.0
#include "s3/curl_library.h"

#include <dlfcn.h>

#include <string>

#include <fmt/format.h>

namespace matome::s3 {
namespace {

constexpr const char* kLibrary = "libcurl.so.4";
// Before it, headers that we add were not signed.
constexpr unsigned kOldestVersion = CURL_VERSION_BITS(7, 87, 0);

struct Loading {
  CurlLibrary functions{};
  std::string error;

  Loading() {
    void* const handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      error = dlerror();
      return;
    }
    decltype(&curl_global_init) global_init = nullptr;
    const auto load = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      if (function == nullptr) error = fmt::format("{} has no {}", kLibrary, name);
    };
    load(global_init, "curl_global_init");
    load(functions.easy_init, "curl_easy_init");
    load(functions.easy_cleanup, "curl_easy_cleanup");
    load(functions.easy_reset, "curl_easy_reset");
    load(functions.easy_setopt, "curl_easy_setopt");
    load(functions.easy_getinfo, "curl_easy_getinfo");
    load(functions.easy_strerror, "curl_easy_strerror");
    load(functions.multi_init, "curl_multi_init");
    load(functions.multi_cleanup, "curl_multi_cleanup");
    load(functions.multi_add_handle, "curl_multi_add_handle");
    load(functions.multi_remove_handle, "curl_multi_remove_handle");
    load(functions.multi_perform, "curl_multi_perform");
    load(functions.multi_poll, "curl_multi_poll");
    load(functions.multi_info_read, "curl_multi_info_read");
    load(functions.slist_append, "curl_slist_append");
    load(functions.slist_free_all, "curl_slist_free_all");
    load(functions.version_info, "curl_version_info");
    if (!error.empty()) return;
    if (const auto* version = functions.version_info(CURLVERSION_NOW);
        version->version_num < kOldestVersion) {
      error = fmt::format("{} is version {}; 7.87 or newer is needed", kLibrary, version->version);
    } else if (const CURLcode code = global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
      error = functions.easy_strerror(code);
    }
  }
};

}  // namespace

base::Result<const CurlLibrary*> LoadCurl() {
  static const Loading loading;
  if (!loading.error.empty()) {
    return base::Failed("the library for S3 cannot be loaded: " + loading.error +
                        "; install it (Debian: libcurl4)");
  }
  return &loading.functions;
}

}  // namespace matome::s3
