// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace matome::model {

/// The order in which max() looks at texts where it is not that of their bytes: a database's
/// collation (semantics §6 row 14). Thread-safe.
class TextOrder {
 public:
  virtual ~TextOrder() = default;

  /// Whether `left` comes after `right`. Never fails: one that cannot tell falls back to bytes, and
  /// sees to it itself that nothing made of that is kept.
  virtual bool IsAfter(std::string_view left, std::string_view right) const = 0;
};

}  // namespace matome::model
