// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "model/run_result.h"

namespace matome::report {

/// What became of one source of a run.
struct SourceOutcome {
  std::string account;
  std::string source_uuid;
  model::DayRange range;
  base::Status status;      // Not OK: nothing could be tried, and `result` is empty.
  model::RunResult result;
};

/// What became of a whole run of `summarize`, for all that tells of it: table, --json, run report.
struct RunOutcome {
  std::string program_version;
  bool dry_run = false;
  std::string output;  // As the user named it.
  std::string signal;  // "SIGINT" when that ended the run.
  bool tag_keys_given = false;
  double wall_seconds = 0;
  int64_t peak_memory_bytes = 0;
  int exit_code = 0;
  std::vector<SourceOutcome> sources;
};

/// How many days ended in each model::DayState, over all sources; index by the state.
std::array<int64_t, 6> CountDays(const RunOutcome& run);

/// Rows of the summary that were written (in a dry run: would be), by model::RowKind.
std::array<int64_t, 3> RowsWritten(const model::RunResult& result);
int64_t TotalRowsWritten(const RunOutcome& run);
int64_t TotalRowsRead(const RunOutcome& run);
/// Rows read per second of wall time; 0 when nothing was read.
double RowsPerSecond(const RunOutcome& run);

/// The label keys that most distinct label texts have, at most `limit`, most frequent first.
std::vector<std::pair<std::string, int64_t>> MostFrequentLabelKeys(const RunOutcome& run, size_t limit);

/// The worse of two exit codes: what stopped a run outranks what spoiled a part, and what needs a person outranks what
/// another try may cure.
int WorseExitCode(int left, int right);

}  // namespace matome::report
