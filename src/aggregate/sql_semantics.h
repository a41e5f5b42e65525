// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "model/semantics.h"

namespace matome::aggregate {

/// The larger of two numbers. In Trino NULL if either is, because the larger of a number and an
/// unknown one is unknown; PostgreSQL skips NULLs (semantics §6 row 9).
inline std::optional<double> Greatest(std::optional<double> left, std::optional<double> right,
                                      model::Semantics semantics) {
  if (left && right) {
    // A NaN makes the row fail (or, in PostgreSQL, is the largest number), so it must not get lost
    // here.
    return std::isnan(*left) || *left > *right ? left : right;
  }
  if (semantics == model::Semantics::kTrino) return std::nullopt;
  return left ? left : right;
}

/// Whether max() prefers `value` to `current`. To Trino a NaN is smaller than every number, to
/// PostgreSQL larger (semantics §5, §6 row 19).
inline bool IsGreater(double value, double current, model::Semantics semantics) {
  if (value > current) return true;
  if (value == value && current == current) return false;
  return semantics == model::Semantics::kTrino ? std::isnan(current) && !std::isnan(value)
                                               : std::isnan(value) && !std::isnan(current);
}

}  // namespace matome::aggregate
