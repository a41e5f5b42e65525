// SPDX-License-Identifier: Apache-2.0
#include "config/value_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace matome::config {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<int64_t> ParseWholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseFraction(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || std::signbit(value)) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseSizeBytes(std::string_view text) {
  text = Trim(text);
  const size_t number_size = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = ParseFraction(text.substr(0, number_size));
  if (!number) return std::nullopt;

  const std::string unit = Lower(Trim(text.substr(number_size)));
  constexpr std::array<std::pair<std::string_view, double>, 9> kUnits = {{
      {"", 1.0},
      {"k", 1e3},
      {"m", 1e6},
      {"g", 1e9},
      {"t", 1e12},
      {"ki", 0x1p10},
      {"mi", 0x1p20},
      {"gi", 0x1p30},
      {"ti", 0x1p40},
  }};
  for (const auto& [name, bytes] : kUnits) {
    if (unit != name && unit != std::string(name) + "b") continue;
    const double size = *number * bytes;
    if (size >= 0x1p63) return std::nullopt;
    return static_cast<int64_t>(size);
  }
  return std::nullopt;
}

std::optional<bool> ParseSwitch(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return std::nullopt;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = text.find(',');
    if (const auto part = Trim(text.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string> ParseUuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string uuid = Lower(text);
  for (size_t at = 0; at < uuid.size(); ++at) {
    const char letter = uuid[at];
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool hex = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    if (dash ? letter != '-' : !hex) return std::nullopt;
  }
  return uuid;
}

}  // namespace matome::config
