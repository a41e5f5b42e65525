// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace matome::labels {

/// Appends `text` as a JSON string the way Koku's Hive table holds it (semantics §8.5): only `"`,
/// `\` and control characters are escaped, and characters above U+FFFF become a pair of \u escapes.
/// `text` is valid UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace matome::labels
