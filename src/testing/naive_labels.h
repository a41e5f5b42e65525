// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "testing/dataset.h"

namespace matome::testing {

/// Label keys to values. A value can be NULL.
using NaiveLabelMap = std::map<std::string, std::optional<std::string>>;

/// What a label text reads as: a map, the NULL map, or (`error` set) a failure of the day.
struct NaiveLabels {
  std::optional<NaiveLabelMap> map;
  std::optional<std::string> error;
};

/// Reads a label column (semantics §3.1, §6 rows 2 and 5 to 8). A recursive parser of its own, so
/// that duplicate keys and the digits of numbers are seen as written.
NaiveLabels NaiveParseLabels(const std::optional<std::string>& text, Semantics semantics);

/// The keys that survive (semantics §3.2, §6 row 1).
std::set<std::string> NaiveAllowedKeys(const std::vector<std::string>& enabled_keys,
                                       Semantics semantics);

/// The pairs of `labels` whose key is allowed; NULL stays NULL.
std::optional<NaiveLabelMap> NaiveFilter(const std::optional<NaiveLabelMap>& labels,
                                         const std::set<std::string>& allowed_keys);

/// The union, the last map that has a key giving its value; NULL if any map is (semantics §3.3).
std::optional<NaiveLabelMap> NaiveMerge(const std::vector<std::optional<NaiveLabelMap>>& maps);

/// One text per map: keys sorted by bytes, no spaces; only `"`, `\` and control characters
/// escaped (`\b \t \n \f \r`, else `\u00XX`), and code points above U+FFFF as surrogate pairs.
std::string NaiveCanonicalText(const NaiveLabelMap& labels);

}  // namespace matome::testing
