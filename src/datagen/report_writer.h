// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "base/status.h"
#include "datagen/report_layout.h"
#include "datagen/text_coder.h"
#include "model/day.h"

namespace matome::datagen {

/// The texts of a row by the layout's keys and attributes; base::kNullText is NULL.
using RowTexts = std::array<base::TextId, kMostTexts>;

/// A row's texts, known to one ReportWriter.
using EntityId = int32_t;

/// An hour's start for rows whose interval_start is NULL.
inline constexpr int64_t kNullHour = INT64_MIN;

/// How a pair of files departs from what today's Koku writes.
struct FileForm {
  std::vector<std::string_view> missing = {};  // Columns that neither file has.
  // Text columns that the operator did not send: missing from the hourly file, all NULL at the end
  // of the daily one.
  std::vector<std::string_view> not_sent = {};
  bool hourly = true;  // Whether the hourly file is written at all.
  int64_t dictionary_page_bytes = int64_t{1} << 20;
  uint64_t daily_null_seed = 0;  // Not 0: some numbers of the daily file are NULL, decided by this.
};

/// Where a report of one source and month lies.
struct ReportPlace {
  std::string hourly_directory;  // Both exist, and end in '/'.
  std::string daily_directory;
  model::Month month;
};

struct WrittenCounts {
  int64_t hourly_rows = 0;
  int64_t daily_rows = 0;
  int64_t files = 0;
  int64_t bytes = 0;
};

/// Takes hourly rows of a report and writes them in batches of 200,000: the hourly file of a batch,
/// and the daily file that is its aggregate (semantics §2.2, §2.6). One thread.
class ReportWriter {
 public:
  static constexpr size_t kBatchRows = 200'000;

  /// `texts` holds every text of the rows; it and `layout` must outlive the writer.
  ReportWriter(const ReportLayout& layout, const base::Interner& texts, ReportPlace place);

  /// All distinct rows' texts; an id stays good for the life of the writer.
  EntityId AddEntity(const RowTexts& texts);

  /// From here on rows go to `{base_name}_{i}.parquet` and `{base_name}_daily_{i}.parquet`.
  void BeginFile(std::string base_name, FileForm form, size_t batch_rows = kBatchRows);

  /// Adds a row per entity, whose hour starts at `start_millis`, and gives each number column of
  /// the new rows for the caller to fill before the next call. A NaN is NULL.
  std::span<double* const> AddRows(int64_t start_millis, std::span<const EntityId> entities);

  /// Writes the batches that are full.
  base::Status WriteFullBatches();

  /// Writes what is left of the file; a file without rows is not written.
  base::Status EndFile();

  const WrittenCounts& counts() const { return counts_; }

 private:
  struct DailyRows;
  struct Columns;

  base::Status WriteBatch(size_t rows);
  base::Status WriteHourly(size_t rows);
  base::Status WriteDaily(size_t rows);
  base::Status WriteFile(const std::string& path, std::span<const std::string_view> order,
                         std::span<const std::string_view> added, const Columns& columns);
  void ComputeLarger(size_t rows);
  DailyRows Aggregate(size_t rows) const;
  bool IsKept(std::string_view column) const;
  size_t text_count() const { return layout_.keys.size() + layout_.attributes.size(); }

  const ReportLayout& layout_;
  const base::Interner& texts_;
  ReportPlace place_;
  int64_t period_start_millis_;
  int64_t period_end_millis_;

  std::string base_name_;
  FileForm form_;
  size_t batch_rows_ = kBatchRows;
  int32_t batch_number_ = 0;

  std::vector<RowTexts> entities_;
  std::vector<TextCoder> coders_;  // By the layout's keys and attributes.
  // The rows of the batch in the making, by column.
  std::vector<EntityId> row_entities_;
  std::vector<int64_t> row_starts_;
  std::vector<std::vector<double>> numbers_;  // The layout's numbers, then the larger ones.
  std::vector<double*> added_;

  WrittenCounts counts_;
};

}  // namespace matome::datagen
