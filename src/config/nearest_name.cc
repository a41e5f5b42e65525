// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_name.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace matome::config {

size_t EditDistance(std::string_view left, std::string_view right) {
  std::vector<size_t> before_last(right.size() + 1);
  std::vector<size_t> last(right.size() + 1);
  std::vector<size_t> row(right.size() + 1);
  for (size_t column = 0; column <= right.size(); ++column) last[column] = column;
  for (size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[right.size()];
}

std::string_view NearestName(std::string_view mistyped, std::span<const std::string_view> names) {
  std::string_view nearest;
  // Beyond half of the letters a suggestion is noise.
  size_t nearest_distance = std::max<size_t>(mistyped.size() / 2, 1) + 1;
  if (mistyped.size() > 100) return nearest;
  for (const auto name : names) {
    size_t distance = EditDistance(mistyped, name);
    // "role" is short for "node_role" rather than a slip for "node".
    if (mistyped.size() >= 3 && name.find(mistyped) != std::string_view::npos) {
      distance = std::min<size_t>(distance, 1);
    }
    if (distance < nearest_distance) {
      nearest = name;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string Suggestion(std::string_view mistyped, std::span<const std::string_view> names) {
  const auto nearest = NearestName(mistyped, names);
  return nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest);
}

}  // namespace matome::config
