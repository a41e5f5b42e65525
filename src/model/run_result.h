// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/summary_row.h"

namespace matome::model {

/// CPU core-hours and memory GiB-hours of a day or a run, as the table for people shows them.
/// Usage, request and unallocated are sums over rows; capacity is the cluster's.
struct UsageTotals {
  double usage = 0;
  double request = 0;
  double capacity = 0;
  double unallocated = 0;

  void Add(const UsageTotals& other) {
    usage += other.usage;
    request += other.request;
    capacity += other.capacity;
    unallocated += other.unallocated;
  }
};

/// Ways in which Koku's rules count usage more than once (semantics §5.4, §5.5.4).
enum class AuditCause : uint8_t {
  kNodeLabelSets,            // A node with several label sets on a day.
  kNamespaceLabelSets,       // A namespace with several label sets on a day.
  kNullAndEmptyLabels,       // NULL and {} label texts count as two sets.
  kSeveralPatterns,          // A namespace that matches several category patterns.
  kClaimWithSeveralVolumes,  // One claim of a pod with several volumes.
  kPodOnSeveralNodes,        // A volume's pod on several nodes or with several resource ids.
  kPodsSharingVolume,        // Several pods of one node share a volume; its capacity is summed.
  kVolumeHandleLost,         // Rows that differ only in csi_volume_handle.
  kCount
};
inline constexpr size_t kAuditCauseCount = static_cast<size_t>(AuditCause::kCount);
std::string_view AuditCauseName(AuditCause cause);         // "node_label_sets"
std::string_view AuditCauseExplanation(AuditCause cause);  // A sentence for people.

struct AuditEntry {
  int64_t input_rows = 0;             // Rows of the reports that were counted more than once.
  int64_t groups = 0;                 // Rows of the summary that hold such usage.
  double extra_core_hours = 0;        // CPU usage beyond its first count.
  double extra_gigabyte_months = 0;   // Claim capacity beyond its first count.
  std::vector<std::string> examples;  // At most three.
};
using Audit = std::array<AuditEntry, kAuditCauseCount>;
void MergeAudit(const Audit& from, Audit& into);

/// A row or object that could not be used.
struct BadInput {
  std::string object;
  std::optional<int64_t> row_group;
  std::optional<int64_t> row;  // Within the row group, from 0.
  std::string column;          // Empty when the object as a whole is meant.
  std::string reason;
  std::string raw_text;  // Cut to 4 KiB.
};

enum class DayState : uint8_t {
  kWritten,     // Or, in a dry run, would be written.
  kUnchanged,   // Skipped: made from the same input already.
  kEmpty,       // No rows, and none were there before.
  kRemoved,     // No rows any more; the old ones were removed.
  kIncomplete,  // Written without what is in quarantine.
  kFailed,      // Left as it was.
};
std::string_view DayStateName(DayState state);

struct DayResult {
  Day day;
  DayState state = DayState::kEmpty;
  base::Status status;  // Why the day failed.
  std::array<int64_t, kRowKinds.size()> rows_out =
      {};  // By RowKind; of an unchanged day, those of its last run.
  UsageTotals cpu_core_hours;
  UsageTotals memory_gigabyte_hours;
  int64_t objects = 0;
  int64_t rows_in = 0;
  int64_t groups = 0;
  int64_t cost_model_rows_removed = 0;  // Of the database, with the day's old rows.
  int64_t retries = 0;                  // Of its commit.
  double read_seconds = 0;              // CPU time of a worker, by phase.
  double aggregate_seconds = 0;
  double write_seconds = 0;
  std::vector<BadInput> quarantined;
  /// (node, resource id) whose given role the day's rows depend on, ascending; none where roles are
  /// derived.
  std::vector<std::pair<std::string, std::string>> asked_nodes;
  std::string change;  // Dry run: "new", "changed: …", "unchanged", "would be removed".
};

struct PhaseTime {
  std::string name;
  double seconds = 0;
};

/// What reading the reports took where they lie in a remote store; without requests for a local
/// one.
struct InputTraffic {
  std::map<std::string, int64_t> requests;  // By kind; retries are not counted.
  int64_t bytes_wanted = 0;                 // Of column chunks that were to be decoded.
  int64_t bytes_fetched = 0;
  int64_t retries = 0;
  double wait_seconds = 0;         // Callers of the store waited so long, summed over threads.
  double worker_wait_seconds = 0;  // Workers waited so long for bytes, summed over them.
  int64_t read_ahead_peak_bytes = 0;

  bool remote() const { return !requests.empty(); }
};

/// What a run did, for the table, --json and the run report.
struct RunResult {
  std::string source_uuid;
  std::string cluster_id;
  DayRange range;
  std::vector<DayResult> days;  // Ascending; every day of the range.
  Audit audit;
  std::vector<std::string> warnings;
  std::map<std::string, int64_t> label_key_texts;  // When no tag keys were given: label keys seen,
                                                   // and in how many distinct label texts.
  bool interrupted = false;
  int64_t months_without_report_period = 0;  // Nothing was done for them.

  int64_t objects_listed = 0;
  int64_t objects_read = 0;
  int64_t bytes_listed = 0;
  int64_t bytes_read = 0;
  int64_t rows_read = 0;
  InputTraffic traffic;
  int64_t retries = 0;  // Of commits.
  int threads = 1;
  double wall_seconds = 0;
  double commit_wall_seconds = 0;  // During which days were being committed.
  std::vector<PhaseTime> phases;   // CPU seconds summed over workers.
  int64_t peak_memory_bytes = 0;

  /// The exit code by the rules for days: 0, 3 when some days failed or are incomplete, a day's own
  /// code when none succeeded.
  int ExitCode() const;
};

enum class ProgressKind : uint8_t { kPlanned, kDayDone };
struct ProgressEvent {
  ProgressKind kind = ProgressKind::kPlanned;
  int64_t days_total = 0;
  int64_t days_done = 0;
  int64_t bytes_total = 0;
  int64_t bytes_done = 0;
  const DayResult* day = nullptr;  // Of kDayDone; valid during the call.
};

}  // namespace matome::model
