// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labels/label_store.h"
#include "model/run_result.h"

namespace matome::aggregate {

/// Where the rows at hand come from, for messages.
struct RowOrigin {
  std::string_view object;
  int64_t row_group = 0;
  int64_t first_row = 0;  // Of the block, within the row group.
};

/// Rows of a day that cannot be used. Keeps the first kMost with their text, and counts all.
class BadRows {
 public:
  static constexpr size_t kMost = 1000;

  void AddLabelText(const RowOrigin& origin, int64_t row_of_block, std::string_view column,
                    const labels::BadLabelText& bad) {
    Add({.object = std::string(origin.object),
         .row_group = origin.row_group,
         .row = origin.first_row + row_of_block,
         .column = std::string(column),
         .reason = bad.reason,
         .raw_text = bad.text});
  }

  void Add(model::BadInput bad) {
    ++count_;
    if (kept_.size() < kMost) kept_.push_back(std::move(bad));
  }

  int64_t count() const { return count_; }
  const std::vector<model::BadInput>& kept() const { return kept_; }
  std::vector<model::BadInput> Take() && { return std::move(kept_); }
  void Clear() {
    kept_.clear();
    count_ = 0;
  }

 private:
  std::vector<model::BadInput> kept_;
  int64_t count_ = 0;
};

}  // namespace matome::aggregate
