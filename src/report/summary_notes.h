// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/outcome.h"

namespace matome::report {

/// What is worth a reader's attention in a run, each a paragraph without line breaks.
struct Note {
  std::string text;
  std::vector<std::string> details;  // Examples and the like.
  bool error = false;
};

/// Sources and days that failed, days that are incomplete, what the run warns of.
std::vector<Note> ProblemNotes(const SourceOutcome& source);

/// What Koku's rules counted more than once (semantics §5.4, §5.5.4).
std::vector<Note> AuditNotes(const SourceOutcome& source);

/// For a run without tag keys, those it saw and the flag for them; empty text when there is nothing
/// to say.
std::string TagKeyHint(const RunOutcome& run);

/// "1,000,000 rows read, 54,762 written in 0.42 s: 2,380,952 rows/s, peak memory 61.2 MiB"
std::string TotalsLine(const RunOutcome& run);

/// "190 requests (185 get, 5 list), 2 failures tried again: 38.1 MiB fetched for 25.0 MiB of
/// columns, at most 31.0 MiB ahead; workers waited 0.12 s": what a remote lake took; empty for a
/// local one.
std::string TrafficLine(const RunOutcome& run);

/// The last line: "done: 31 days written to ./summary".
std::string Verdict(const RunOutcome& run);

}  // namespace matome::report
