// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/day.h"
#include "model/semantics.h"
#include "model/summary_row.h"

namespace matome::sink {

enum class FileFormat : uint8_t { kParquet, kCsv };
std::string_view FileExtension(FileFormat format);

/// The summary as a tree of files, one a day, in the layout of Koku's Hive table:
/// OUTPUT/reporting_ocpusagelineitem_daily_summary/source=UUID/year=2025/month=10/day=3/part-0.parquet
/// A day is replaced whole: a reader sees the old file or the new one. Thread-safe for calls on
/// different days.
class DayTree {
 public:
  /// Fails with kUsage if `output_directory` holds the other format. Writes nothing yet.
  static base::Result<DayTree> Open(const std::string& output_directory,
                                    const std::string& source_uuid, FileFormat format,
                                    model::Semantics semantics, const std::string& run_id);

  /// What identifies the file that is there for a day, so that a change by others is noticed;
  /// absent without one.
  base::Result<std::optional<std::string>> StampOf(model::Day day) const;
  /// Replaces the day's rows by those of `summary`, at least one. When it returns, they are
  /// durable.
  base::Status Replace(const model::DaySummary& summary, const model::RunConstants& constants);
  /// Removes the day's rows, if there are any.
  base::Status Remove(model::Day day);

  /// Removes what killed runs left of a month. Only while holding the month's lock.
  base::Status RemoveLeftovers(model::Month month);
  /// Removes a month's files. Returns how many there were.
  base::Result<int64_t> RemoveMonth(model::Month month);

  std::string DirectoryOf(model::Day day) const;
  std::string DirectoryOf(model::Month month) const;

 private:
  DayTree(std::string source_directory, FileFormat format, model::Semantics semantics,
          std::string run_id);

  std::string source_directory_;
  FileFormat format_;
  model::Semantics semantics_;
  std::string file_name_;
  std::string temporary_name_;
};

/// The source's directory in a tree.
std::string SourceDirectory(const std::string& output_directory, const std::string& source_uuid);

}  // namespace matome::sink
