// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "model/semantics.h"
#include "sink/sink.h"

namespace matome::sink {

enum class FileFormat : uint8_t { kParquet, kCsv };
std::string_view FileExtension(FileFormat format);

/// The summary as a tree of files, one a day, in the layout of Koku's Hive table:
/// OUTPUT/reporting_ocpusagelineitem_daily_summary/source=UUID/year=2025/month=10/day=3/part-0.parquet
class DayTree final : public Sink {
 public:
  /// Fails with kUsage if `output_directory` holds the other format. Writes nothing yet.
  static base::Result<DayTree> Open(const std::string& output_directory,
                                    const std::string& source_uuid, FileFormat format,
                                    model::Semantics semantics, const std::string& run_id);

  base::Result<std::optional<std::string>> StampOf(model::Day day) const override;
  base::Status Replace(const model::DaySummary& summary,
                       const model::RunConstants& constants) override;
  base::Status Remove(model::Day day) override;

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
