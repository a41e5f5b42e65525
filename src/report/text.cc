// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace matome::report {
namespace {

/// Puts commas into the digits of `text` before its decimal point.
std::string Separated(std::string text) {
  const size_t first_digit = text.starts_with('-') ? 1 : 0;
  const size_t point = std::min(text.find('.'), text.size());
  for (size_t at = point; at > first_digit + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

bool IsContinuationByte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string WithThousands(int64_t number) { return Separated(fmt::format("{}", number)); }

std::string WithThousands(double number, int decimals) {
  if (!std::isfinite(number)) return std::isnan(number) ? "NaN" : number < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{:.{}f}", number, decimals);
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return Separated(std::move(text));
}

std::string BytesText(int64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  size_t unit = 0;
  while (std::abs(size) >= 1024 && unit + 1 < kUnits.size()) {
    size /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", size, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string SecondsText(double seconds) {
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 119.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::string Counted(int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", WithThousands(count), count == 1 ? singular : plural);
}

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code == 0x7f) {
      fmt::format_to(std::back_inserter(printable), "\\x{:02x}", code);
    } else {
      printable += byte;
    }
  }
  return printable;
}

size_t DisplayWidth(std::string_view text) {
  size_t cells = 0;
  for (const char byte : text) cells += IsContinuationByte(byte) ? 0 : 1;
  return cells;
}

std::string Wrapped(std::string_view text, size_t width, size_t indent) {
  std::string lines;
  size_t used = 0;        // Cells of the line that is being filled.
  size_t line_start = 0;  // Cells that it began with.
  const auto new_line = [&] {
    lines += '\n';
    lines.append(indent, ' ');
    used = line_start = indent;
  };
  // Spaces at the start are the first line's own indent.
  const size_t leading = std::min(text.find_first_not_of(' '), text.size());
  lines.append(leading, ' ');
  used = line_start = leading;
  text.remove_prefix(leading);
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (word.empty()) continue;
    const size_t needed = DisplayWidth(word) + (used > line_start ? 1 : 0);
    if (used + needed > width && used > line_start) new_line();
    if (used > line_start) {
      lines += ' ';
      ++used;
    }
    lines += word;
    used += DisplayWidth(word);
  }
  lines += '\n';
  return lines;
}

}  // namespace matome::report
