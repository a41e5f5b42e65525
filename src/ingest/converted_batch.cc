// SPDX-License-Identifier: Apache-2.0
#include "ingest/converted_batch.h"

#include "base/arena.h"
#include "ingest/computed_columns.h"
#include "ingest/daily_rows.h"

namespace matome::ingest {
namespace {

struct BatchTexts {
  std::shared_ptr<const void> converted;
  base::Arena computed;
};

}  // namespace

ConvertedBatch MakeBatch(CsvReport report, ConvertedTable rows, std::shared_ptr<const void> texts) {
  auto kept = std::make_shared<BatchTexts>();
  kept->converted = std::move(texts);
  AddComputedColumns(report, rows, kept->computed);
  ConvertedTable daily = AggregateByDay(report, rows);
  return {report, std::move(rows), std::move(daily), std::move(kept)};
}

}  // namespace matome::ingest
