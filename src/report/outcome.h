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
  base::Status status;  // Not OK: nothing could be tried, and `result` is empty.
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
  int64_t sources_not_begun = 0;
};

/// Whether a day was not done because a signal stopped the run: it failed, but nothing is wrong
/// with it.
bool WasInterrupted(const model::DayResult& day);

/// How many days ended in each model::DayState, over all sources; index by the state. Without
/// interrupted days.
std::array<int64_t, 6> CountDays(const RunOutcome& run);
int64_t CountInterruptedDays(const RunOutcome& run);

/// Rows of the summary that were written (in a dry run: would be), by model::RowKind.
std::array<int64_t, 3> RowsWritten(const model::RunResult& result);
int64_t TotalRowsWritten(const RunOutcome& run);
int64_t TotalRowsRead(const RunOutcome& run);
/// Rows read per second of wall time; 0 when nothing was read.
double RowsPerSecond(const RunOutcome& run);

/// A bad input in one line: object, place, reason.
std::string DescribeBadInput(const model::BadInput& bad);

/// The run's warnings without those that only repeat why a day failed or what is in its quarantine.
std::vector<std::string> WarningsBesideDays(const model::RunResult& result);

/// The label keys that most distinct label texts have, at most `limit`, most frequent first.
std::vector<std::pair<std::string, int64_t>> MostFrequentLabelKeys(const RunOutcome& run,
                                                                   size_t limit);

/// The worse of two exit codes: what stopped a run outranks what spoiled a part, and what needs a
/// person outranks what another try may cure.
int WorseExitCode(int left, int right);

}  // namespace matome::report
