// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ingest/converted_batch.h"
#include "ingest/day_file.h"

namespace matome::ingest {

/// What hourly rows come to by day (payload §4): a row for each combination of the report's keys
/// and the day of interval_start that occurs, sorted by the keys, texts by code point and NULL
/// last, then by day. Sums are compensated and taken in the order of rows. Its texts are those of
/// `hourly`.
ConvertedTable AggregateByDay(CsvReport report, const ConvertedTable& hourly);

}  // namespace matome::ingest
