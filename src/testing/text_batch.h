// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/block.h"
#include "model/report.h"

namespace matome::testing {

/// How the texts of a column get their codes.
enum class TextCodes : uint8_t {
  kDictionary,  // One for each distinct text, all announced with the first block: a dictionary
                // page.
  kPlain,       // One for each value, announced with its block: plain pages.
};

/// A table written as text, as one row group: the literals that kernels are tested with.
///
/// The first line names columns, further lines are rows, `|` stands between cells:
///
///     namespace | node | pod_usage_cpu_core_seconds
///     shop      | ''   | 3600
///     NULL      | 'n1' | NULL
///
/// NULL is NULL, '' the empty text; quotes around a text are taken off, so that it can begin or end
/// with a blank. A column of the projection that the table lacks is NULL in every row.
/// `interval_start` ("2025-11-03 05:00:00" or "2025-11-03") fills Block::times; without it there
/// are none. A table that cannot be read aborts the test.
class TextRowGroup {
 public:
  TextRowGroup(const model::Projection& projection, std::string_view table,
               TextCodes codes = TextCodes::kDictionary);
  TextRowGroup(const TextRowGroup&) = delete;
  TextRowGroup& operator=(const TextRowGroup&) = delete;

  int64_t rows() const { return rows_; }

  /// At most `most_rows` of the rows that are left, or null after the last. Valid until the next
  /// call.
  const batch::Block* Next(int64_t most_rows);

 private:
  struct TextColumn {
    std::vector<std::string_view> entries;  // By code, less one.
    std::vector<batch::Code> codes;
    size_t announced = 0;
  };
  struct NumberColumn {
    std::vector<double> values;
    std::vector<uint8_t> valid;
  };

  void FillText(const std::vector<std::optional<std::string_view>>& cells,
                TextColumn& column) const;
  void FillNumber(const std::vector<std::optional<std::string_view>>& cells,
                  NumberColumn& column) const;

  std::string table_;  // What the entries point into.
  TextCodes text_codes_;
  int64_t rows_ = 0;
  bool has_times_ = false;
  std::vector<std::optional<int64_t>> millis_;
  std::vector<TextColumn> texts_;
  std::vector<NumberColumn> numbers_;
  batch::Block block_;
};

/// Milliseconds since 1970-01-01 of "2025-11-03", "2025-11-03 05:00" or "2025-11-03 05:00:00";
/// aborts otherwise.
int64_t MillisOf(std::string_view text);

}  // namespace matome::testing
