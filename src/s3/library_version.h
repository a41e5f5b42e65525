// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace matome::s3 {

/// Of libcurl and its TLS library, "7.88.1 (OpenSSL/3.0.11)", which it loads for that. Empty where
/// it is not installed.
std::string CurlVersion();

}  // namespace matome::s3
