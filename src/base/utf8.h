// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace matome::base {

bool IsValidUtf8(std::string_view text);

/// The number of code points of valid UTF-8.
int64_t CodePointCount(std::string_view text);

/// Appends one code point (at most U+10FFFF, not a surrogate) as UTF-8.
void AppendUtf8(uint32_t code_point, std::string& out);

}  // namespace matome::base
