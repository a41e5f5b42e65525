// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/reference.h"
#include "model/run_result.h"
#include "model/semantics.h"
#include "sink/open_output.h"
#include "store/object_store.h"

namespace matome::pipeline {

/// What happens to a day that holds a row or an object that cannot be used.
enum class OnBadInput : uint8_t {
  kFail,        // The day fails and stays as it was.
  kQuarantine,  // The day is written without it, marked incomplete.
};

/// Switches that only tests and benchmarks turn; results do not depend on them.
struct Tuning {
  int64_t batch_rows = 1024;
};

struct SummarizeOptions {
  std::string account;  // As in object keys: "org1234567", or "10001" of schema acct10001.
  std::string source_uuid;
  model::DayRange days;  // May span months: each month is summarised by itself.
  /// An output that holds reference data itself takes nothing of this but tag keys, cluster id and
  /// cluster alias, where they are given.
  model::ReferenceData reference;
  model::Semantics semantics = model::Semantics::kTrino;
  OnBadInput on_bad_input = OnBadInput::kFail;

  /// A day is committed in this order, to those that need it. A dry run may have none, and only
  /// looks at what is there.
  std::vector<sink::OutputTarget> outputs;
  /// First add what the reports show of the cluster to the reference data of an output that holds
  /// some. Not by a dry run.
  bool fill_reference = false;
  bool dry_run = false;           // Read and aggregate, write nothing.
  bool force = false;             // Redo unchanged days.
  bool allow_empty_days = false;  // Empty a day that had rows and whose input is gone.

  int threads = 1;
  int64_t memory_limit_bytes = 0;  // Of the process; 0: no limit.
  /// The most that is fetched of a remote lake before it is needed; 0: nothing. A memory limit may
  /// make it less.
  int64_t read_ahead_bytes = int64_t{64} << 20;
  std::string program_version;
  Tuning tuning;
};

/// Called from worker threads, one call at a time.
using Progress = std::function<void(const model::ProgressEvent&)>;

/// Summarises one source: the whole flow, month by month (docs/design/data-flow.md).
///
/// Errors of single days are in the result; an error is returned only when nothing could be tried.
/// `stop` is looked at between blocks of rows: once true the run ends with what is committed
/// (RunResult::interrupted).
base::Result<model::RunResult> SummarizeSource(const store::ObjectStore& input,
                                               const SummarizeOptions& options,
                                               const Progress& progress,
                                               const std::atomic<bool>& stop);

}  // namespace matome::pipeline
