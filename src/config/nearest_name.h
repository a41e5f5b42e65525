// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace matome::config {

/// How many characters to insert, remove, replace or swap with their neighbour make `left` into
/// `right`.
size_t EditDistance(std::string_view left, std::string_view right);

/// The name that `mistyped` most likely stands for, the first of several equally near; empty if
/// none is near.
std::string_view NearestName(std::string_view mistyped, std::span<const std::string_view> names);

/// `; did you mean "threads"?`, or nothing.
std::string Suggestion(std::string_view mistyped, std::span<const std::string_view> names);

}  // namespace matome::config
