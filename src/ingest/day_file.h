// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/day.h"

namespace matome::ingest {

/// What an operator's CSV is about, told by its header. In the order in which headers are tried.
enum class CsvReport : uint8_t {
  kStorageUsage,
  kPodUsage,
  kNodeLabels,
  kNamespaceLabels,
  kVmUsage,
  kGpuUsage,
};

/// The rows of one CSV that go into one day's objects, or those of a whole CSV that is not cut into
/// days (payload §3.3).
struct DayFile {
  CsvReport report = CsvReport::kPodUsage;
  model::Day report_date;  // Places the objects: year and month of their keys.
  std::string base_name;   // Objects are {base_name}_{batch}.parquet and …_daily_{batch}.
  int64_t hours = 0;       // What reportnumhours says (payload §6.1).
  bool cut_into_days = true;
};

/// Rows of a DayFile, converted: an hourly and a daily table (converted_batch.h).
class ConvertedBatch;

/// Takes what a conversion makes. Thread-safe, also for batches of one day file: they are written
/// in any order, and several at once.
class DayFileSink {
 public:
  virtual ~DayFileSink() = default;

  /// Asked once, before a day file's first row is converted and any batch is written. False: what
  /// is stored stays, and its rows are passed over.
  virtual base::Result<bool> Begin(const DayFile& file) = 0;

  /// `number` counts the batches of the file from 0. A batch of which no row is left (payload §3.8)
  /// has its number too, but is not written.
  virtual base::Status Write(const DayFile& file, int number, const ConvertedBatch& batch) = 0;
};

}  // namespace matome::ingest
