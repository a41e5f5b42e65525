// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "arrow_io/row_group_reader.h"
#include "base/status.h"
#include "batch/block.h"
#include "catalog/month_catalog.h"
#include "model/day.h"
#include "model/report.h"
#include "store/object_store.h"

namespace matome::scan {

/// Takes the rows of a row group.
class BlockVisitor {
 public:
  virtual ~BlockVisitor() = default;

  /// Called once for every block, before its rows.
  virtual base::Status OnBlock(const batch::Block& block) = 0;
  /// Rows [first, last) of the block; they lie on `day` and, where interval_start was read, in the
  /// interval that starts at `millis`.
  virtual void OnRows(const batch::Block& block, model::Day day, int64_t millis, int64_t first,
                      int64_t last) = 0;
};

struct ScanOptions {
  int64_t batch_rows = 1024;
  model::DayRange days;  // Rows of other days, and of none, are passed over (semantics §2.7).
};

/// What a scan cost.
struct ScanCounts {
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// What ScanRowGroup reads of an object, from a store of that shape.
std::vector<arrow_io::ByteRange> RangesToScan(const catalog::CatalogFile& file,
                                              const catalog::RowGroupRef& row_group,
                                              const model::Projection& projection,
                                              const store::ReadShape& shape);

/// Decodes one row group once and hands its rows out by day. Ends with kInterrupted when `stop`
/// becomes true. An error names the row group and the column, not the object.
base::Result<ScanCounts> ScanRowGroup(const store::ObjectStore& store,
                                      const catalog::CatalogFile& file,
                                      const catalog::RowGroupRef& row_group,
                                      const model::Projection& projection,
                                      const ScanOptions& options, const std::atomic<bool>& stop,
                                      BlockVisitor& visitor);

}  // namespace matome::scan
