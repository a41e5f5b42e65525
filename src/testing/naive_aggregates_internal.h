// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "testing/dataset.h"

// The aggregates of semantics §5: they ignore NULL, and are NULL over no value.

namespace matome::testing {

/// SQL sum: NULL over no value.
class Sum {
 public:
  void Add(std::optional<double> value) {
    if (value.has_value()) {
      total_ = total_.value_or(0.0) + *value;
    }
  }
  std::optional<double> total() const { return total_; }

 private:
  std::optional<double> total_;
};

/// The larger number. NaN is the smallest for Trino, the largest for PostgreSQL.
inline double Larger(double left, double right, Semantics semantics) {
  if (std::isnan(left) || std::isnan(right)) {
    const bool want_nan = semantics == Semantics::kKokuPostgresql;
    return std::isnan(left) == want_nan ? left : right;
  }
  return std::max(left, right);
}

/// SQL max of numbers.
class Max {
 public:
  void Add(std::optional<double> value, Semantics semantics) {
    if (value.has_value()) {
      largest_ = largest_.has_value() ? Larger(*largest_, *value, semantics) : *value;
    }
  }
  std::optional<double> largest() const { return largest_; }

 private:
  std::optional<double> largest_;
};

/// SQL max of anything whose NULL is the empty optional.
template <typename Value>
void AddMax(const std::optional<Value>& value, std::optional<Value>* largest) {
  *largest = std::max(*largest, value);
}

}  // namespace matome::testing
