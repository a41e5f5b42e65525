// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arrow_io/parquet_file.h"
#include "base/status.h"
#include "catalog/kept_objects.h"
#include "model/day.h"
#include "model/report.h"
#include "store/object_store.h"

namespace matome::catalog {

/// One object of a report, with the part of its footer that matters, or the reason why that cannot
/// be read.
struct CatalogFile {
  model::Report report = model::Report::kPodUsageHourly;
  arrow_io::ParquetFile file;
  base::Status status;
};

/// A row group that may hold rows of some days.
struct RowGroupRef {
  uint32_t file = 0;  // Into MonthCatalog::files.
  uint32_t row_group = 0;
  model::DayRange days;  // Within the month; by statistics, else the whole month.
  bool only_this_day =
      false;  // Every row lies on days.first, so interval_start need not be read to know the day.
};

/// What a source's month consists of: objects, and which row group holds which days. Objects are
/// sorted by report, then key, so that a rerun adds in the same order and gets the same bits.
struct MonthCatalog {
  model::Month month;
  std::vector<CatalogFile> files;
  std::vector<RowGroupRef> row_groups;  // In order of file, then of row group.
  int64_t listed_bytes = 0;

  /// The days that a file which cannot be read concerns: the one in its name, else the whole month.
  model::DayRange DaysOfUnreadable(const CatalogFile& file) const;
};

/// Runs fn(0) … fn(count - 1), in any order and on any thread.
using ForEach = std::function<void(size_t count, const std::function<void(size_t)>& fn)>;

/// Lists the objects of a month and reads their footers. Fails only if listing does; an object
/// whose footer cannot be read has a status of its own. Of a store that gives small objects best
/// whole (ReadShape) they are read so, and kept in `kept`, the smallest first as far as there is
/// room; null keeps none.
base::Result<MonthCatalog> ReadCatalog(const store::ObjectStore& store, const std::string& account,
                                       const std::string& source_uuid, model::Month month,
                                       const ForEach& for_each, KeptObjects* kept = nullptr);

}  // namespace matome::catalog
