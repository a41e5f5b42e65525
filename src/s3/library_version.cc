// SPDX-License-Identifier: Apache-2.0
#include "s3/library_version.h"

#include <fmt/format.h>

#include "s3/curl_library.h"

namespace matome::s3 {

std::string CurlVersion() {
  const auto curl = LoadCurl();
  if (!curl.ok()) return {};
  const curl_version_info_data& info = *(*curl)->version_info(CURLVERSION_NOW);
  return info.ssl_version == nullptr ? std::string(info.version)
                                     : fmt::format("{} ({})", info.version, info.ssl_version);
}

}  // namespace matome::s3
