// SPDX-License-Identifier: Apache-2.0
#include "scan/row_group_scan.h"

#include <fmt/format.h>

namespace matome::scan {
namespace {

/// Hands out a block's rows by the days of their runs. Daily rows of one day go out together,
/// whatever their time of day.
void HandOut(const batch::Block& block, bool hourly, const model::DayRange& days,
             BlockVisitor& visitor) {
  int64_t first = 0;
  for (size_t run = 0; run < block.times.size();) {
    const auto millis = block.times[run].millis;
    int64_t end = block.times[run].end;
    ++run;
    if (millis && days.Contains(model::Day::OfMillis(*millis))) {
      const auto day = model::Day::OfMillis(*millis);
      while (!hourly && run < block.times.size() && block.times[run].millis &&
             model::Day::OfMillis(*block.times[run].millis) == day) {
        end = block.times[run++].end;
      }
      visitor.OnRows(block, day, *millis, first, end);
    }
    first = end;
  }
}

/// A daily row's day may be known without its time.
bool ReadsTime(const catalog::CatalogFile& file, const catalog::RowGroupRef& row_group) {
  return !model::IsDaily(file.report) || !row_group.only_this_day;
}

}  // namespace

std::vector<arrow_io::ByteRange> RangesToScan(const catalog::CatalogFile& file,
                                              const catalog::RowGroupRef& row_group,
                                              const model::Projection& projection,
                                              const store::ReadShape& shape) {
  return arrow_io::RangesToRead(file.file, static_cast<int>(row_group.row_group), projection,
                                ReadsTime(file, row_group), shape.merge_gap_bytes);
}

base::Result<ScanCounts> ScanRowGroup(const store::ObjectStore& store,
                                      const catalog::CatalogFile& file,
                                      const catalog::RowGroupRef& row_group,
                                      const model::Projection& projection,
                                      const ScanOptions& options, const std::atomic<bool>& stop,
                                      BlockVisitor& visitor) {
  const auto where = [&] { return fmt::format("row group {}", row_group.row_group); };
  const bool hourly = !model::IsDaily(file.report);
  const bool read_time = ReadsTime(file, row_group);
  auto opened = arrow_io::RowGroupReader::Open(
      store, file.file, static_cast<int>(row_group.row_group), projection,
      {.batch_rows = options.batch_rows, .read_time = read_time});
  if (!opened.ok()) return std::move(opened).status().WithContext(where());
  auto reader = std::move(opened).value();
  ScanCounts counts{.rows = 0, .bytes = reader.bytes_read()};
  while (true) {
    if (stop.load(std::memory_order_relaxed))
      return base::Status(base::Code::kInterrupted, "interrupted");
    auto next = reader.Next();
    if (!next.ok()) return std::move(next).status().WithContext(where());
    const batch::Block* block = *next;
    if (block == nullptr) return counts;
    MATOME_RETURN_IF_ERROR(visitor.OnBlock(*block));
    counts.rows += block->rows;
    if (read_time) {
      HandOut(*block, hourly, options.days, visitor);
    } else if (options.days.Contains(row_group.days.first)) {
      visitor.OnRows(*block, row_group.days.first, row_group.days.first.start_millis(), 0,
                     block->rows);
    }
  }
}

}  // namespace matome::scan
