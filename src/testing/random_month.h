// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "testing/dataset.h"

namespace matome::testing {

struct RandomMonthOptions {
  Semantics semantics = Semantics::kTrino;
  /// Whether some months (about one in three) get one fault that may fail a day: bad label text,
  /// a number or text that does not fit, a volume whose nodes are all NULL. Without it no day
  /// fails.
  bool faults = true;
  int64_t most_days = 4;
  uint64_t most_pod_rows_per_day = 24;
  uint64_t most_storage_rows_per_day = 12;
};

struct RandomMonth {
  Dataset dataset;
  SummaryParameters parameters;
};

/// A small month full of oddities, decided by `seed` and `options` alone. It keeps clear of what
/// the rules leave open: sums that hang on the order of adding, invalid UTF-8, and under
/// kKokuPostgresql label texts of blanks other than spaces, patterns that end in a backslash,
/// and nested label values not written as jsonb prints them.
RandomMonth MakeRandomMonth(uint64_t seed, const RandomMonthOptions& options = {});

}  // namespace matome::testing
