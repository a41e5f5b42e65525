// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/interner.h"
#include "ingest/report_columns.h"

namespace matome::ingest {

/// Converts the texts of one column, each distinct one once. Not thread-safe, but the views that it
/// gave out stay as they are while others are added.
class TextMemo {
 public:
  /// What a text lost when it was converted.
  struct Loss {
    uint32_t blanked = 0;  // 0 or 1
    uint32_t dropped_labels = 0;
  };

  TextMemo(const ColumnRule& rule, bool keep_na_words)
      : rule_(rule), keep_na_words_(keep_na_words) {}

  /// Fills `codes` with a code for each text: equal for texts that convert to the same.
  void Convert(std::span<const std::string_view> texts, int32_t* codes);

  /// The losses of the texts of the last Convert(), or nothing if no text here ever had any.
  std::span<const Loss> losses() const { return losses_; }

  /// The converted texts by code; code 0 is unused.
  const std::vector<std::string_view>& converted() const { return converted_; }

  /// The keys of a code's labels, the first time it is asked for them.
  std::vector<std::string> TakeLabelKeys(int32_t code);

  size_t allocated_bytes() const;

 private:
  struct Entry {
    int32_t code = 0;
    Loss loss;
  };

  Entry ConvertNew(base::TextId raw);
  int32_t AddConverted(std::string_view text);

  ColumnRule rule_;
  bool keep_na_words_;
  base::Interner raw_;
  std::vector<Entry> entries_ = {Entry{}};  // By raw id.
  base::Interner json_;                     // Labels only: different texts can mean the same.
  base::Arena escaped_;
  std::vector<std::string_view> converted_ = {{}};
  std::vector<std::string_view> label_texts_ = {{}};  // By code; empty once keys were taken.
  int32_t empty_code_ = 0;                            // Of the empty text, once there is one.
  bool has_losses_ = false;
  std::vector<base::TextId> ids_;
  std::vector<Loss> losses_;
};

}  // namespace matome::ingest
