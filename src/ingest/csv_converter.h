// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/byte_source.h"
#include "ingest/csv_reader.h"
#include "ingest/day_file.h"
#include "model/day.h"

namespace matome::ingest {

struct ConvertOptions {
  CsvOptions csv;
  /// Names like "null" stay (payload §3.1, §9).
  bool keep_na_words = false;
  /// Rows with a date that is none are dropped and counted, instead of failing the file.
  bool drop_bad_dates = false;
  /// The first loss fails the file, before the batch that it is in is written.
  bool strict = false;
  int64_t batch_rows = 200'000;
  /// Rows and texts that wait for their batch to fill. Above it batches are cut short.
  int64_t buffered_bytes = int64_t{80} << 20;
  /// Threads that write batches while the caller's goes on reading; it writes, too, when all are
  /// busy. 0: it writes all.
  int writer_threads = 1;
};

/// One CSV to convert.
struct ConvertRequest {
  /// False: rows stay in one day file (payload §3.3).
  bool cut_into_days = true;
  /// Names a day file and tells its hours. Without a day: the whole CSV's. Called once per day
  /// file, when its first row is seen, on the caller's thread.
  std::function<base::Result<DayFile>(CsvReport report, std::optional<model::Day> day)> name_file;
  /// Told how many bytes of CSV have been read so far. May be empty.
  std::function<void(int64_t bytes)> on_progress = {};
};

/// What was lost of one column on the way, in rows.
struct ColumnLoss {
  std::string column;
  int64_t blanked_texts = 0;   // A name such as "null" became empty.
  int64_t bad_numbers = 0;     // Text that is no number became 0, or NULL where 0 would mislead.
  int64_t dropped_labels = 0;  // Labels, not rows: pieces without or with several ':'.

  bool operator==(const ColumnLoss&) const = default;
};

/// What became of one day file.
struct DayOutcome {
  DayFile file;
  bool passed_over = false;  // The sink wanted none of it.
  int64_t rows = 0;          // Of the CSV; those dropped as too large are among them.
  int64_t hourly_rows = 0;   // Handed to the sink.
  int64_t daily_rows = 0;
  int batches = 0;            // Numbers given out; a batch that had no row left was not written.
  int64_t hours_covered = 0;  // Different texts of interval_start among `rows`.
  int64_t rows_outside_month = 0;  // Only where the CSV is not cut into days.
};

/// What became of one CSV.
struct CsvOutcome {
  /// Why the CSV was given up; what came before stays counted, and written.
  base::Status status;
  bool empty = false;  // Had no header.
  std::optional<CsvReport>
      report;  // Absent: the header is of no known type; nothing was read then.
  int64_t bytes = 0;
  int64_t rows = 0;                   // Rows of data, all kinds.
  int64_t rows_with_more_fields = 0;  // Than the header; dropped.
  int64_t rows_with_bad_dates = 0;    // Dropped; only with drop_bad_dates.
  int64_t rows_too_large = 0;         // Dropped by payload §3.8.
  int64_t replaced_bytes = 0;         // Only with replace_invalid_utf8.
  std::vector<ColumnLoss> columns;    // Those with a loss, in the order of the CSV.
  std::vector<DayOutcome> days;       // In order of appearance.
  std::set<std::string>
      label_keys;  // Of rows that were written (payload §8), at most kMostLabelKeys.
  static constexpr size_t kMostLabelKeys = 100'000;

  /// Whether any row, text, number or label is not in the lake as it was in the CSV.
  bool has_loss() const;
};

/// Converts one CSV, streaming: memory does not grow with its size. Day files are begun in order of
/// their first rows. Batches of a day file may be written on several threads at once; when it
/// returns all are. `stop` is looked at between blocks; the status is kInterrupted then.
///
/// Errors of `sink` and of `name_file` end the conversion and are the status; so does a row that
/// cannot be converted, which the message names with its column. What waits for its batch to fill
/// is not written then.
CsvOutcome ConvertCsv(ByteSource& csv, const ConvertRequest& request, const ConvertOptions& options,
                      DayFileSink& sink, const std::atomic<bool>& stop);

/// The number of different texts of interval_start by day (payload §6.1, where the manifest does
/// not tell). Reads to the end; a CSV of unknown type, or without rows, has no days. Rows with too
/// many fields or without a date are not counted; what fails the file as a CSV is an error here,
/// too.
base::Result<std::map<model::Day, int64_t>> CountHours(ByteSource& csv, const CsvOptions& options,
                                                       const std::atomic<bool>& stop);

}  // namespace matome::ingest
