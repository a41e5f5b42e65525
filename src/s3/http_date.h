// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace matome::s3 {

/// "Sun, 06 Nov 1994 08:49:37 GMT", as the headers Date and Last-Modified have it.
std::optional<std::chrono::sys_seconds> ParseHttpDate(const std::string& text);

}  // namespace matome::s3
