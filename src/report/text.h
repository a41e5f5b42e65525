// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace matome::report {

/// "1,234,567"
std::string WithThousands(int64_t number);

/// "1,234.5": rounded to `decimals`, without a sign on zero; "NaN" and "inf" as they are.
std::string WithThousands(double number, int decimals);

/// "61.2 MiB", "512 B"
std::string BytesText(int64_t bytes);

/// "0.42 s", "12.3 s", "2 min 05 s"
std::string SecondsText(double seconds);

/// "1 day", "3 days"
std::string Counted(int64_t count, std::string_view singular, std::string_view plural);

/// The text with control characters written out (`\x1b`), so that a name from a report cannot steer
/// a terminal.
std::string Printable(std::string_view text);

/// How many terminal cells a UTF-8 text takes, one for each code point.
size_t DisplayWidth(std::string_view text);

/// Breaks `text` at spaces into lines of at most `width` cells; lines after the first begin with
/// `indent` spaces. A word longer than a line, e.g. a path to copy, stays whole. Ends in a newline.
std::string Wrapped(std::string_view text, size_t width, size_t indent);

}  // namespace matome::report
