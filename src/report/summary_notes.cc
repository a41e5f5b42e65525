// SPDX-License-Identifier: Apache-2.0
#include "report/summary_notes.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/text.h"

namespace matome::report {
namespace {

using model::DayState;

constexpr size_t kTagKeysNamed = 8;
constexpr size_t kQuarantineExamples = 3;

Note IncompleteNote(const model::DayResult& day) {
  Note note;
  note.text = fmt::format(
      "{} is incomplete: {} in quarantine", day.day.ToString(),
      Counted(static_cast<int64_t>(day.quarantined.size()), "row or object", "rows or objects"));
  for (const auto& bad : day.quarantined) {
    if (note.details.size() == kQuarantineExamples) break;
    note.details.push_back(DescribeBadInput(bad));
  }
  return note;
}

std::string Share(double part, double whole) {
  return whole > 0 ? fmt::format(" ({:.1f}% of all)", 100 * part / whole) : std::string();
}

}  // namespace

std::vector<Note> ProblemNotes(const SourceOutcome& source) {
  std::vector<Note> notes;
  if (!source.status.ok()) notes.push_back({source.status.message(), {}, true});
  // Days that fail for one reason, e.g. an object of the whole month, are named together.
  std::vector<std::pair<std::string, std::vector<std::string>>> failures;
  for (const auto& day : source.result.days) {
    if (day.state != DayState::kFailed || WasInterrupted(day)) continue;
    std::string date = day.day.ToString();
    std::string message = day.status.message();
    if (const std::string own = "day " + date + ": "; message.starts_with(own))
      message.erase(0, own.size());
    if (failures.empty() || failures.back().first != message) failures.push_back({message, {}});
    failures.back().second.push_back(std::move(date));
  }
  for (const auto& [message, dates] : failures) {
    const std::string when = dates.size() == 1 ? dates.front()
                                               : fmt::format("{} days from {} to {}", dates.size(),
                                                             dates.front(), dates.back());
    notes.push_back({fmt::format("{} failed: {}", when, message), {}, true});
  }
  for (const auto& day : source.result.days) {
    if (day.state == DayState::kIncomplete) notes.push_back(IncompleteNote(day));
  }
  int64_t cost_model_rows = 0;
  for (const auto& day : source.result.days) cost_model_rows += day.cost_model_rows_removed;
  if (cost_model_rows > 0) {
    notes.push_back({fmt::format("with the days' old rows {} of the cost model went: let Koku "
                                 "compute the costs of this month anew",
                                 Counted(cost_model_rows, "row", "rows")),
                     {},
                     false});
  }
  for (auto& warning : WarningsBesideDays(source.result))
    notes.push_back({std::move(warning), {}, false});
  return notes;
}

std::vector<Note> AuditNotes(const SourceOutcome& source) {
  model::UsageTotals cpu;
  for (const auto& day : source.result.days) cpu.Add(day.cpu_core_hours);
  std::vector<Note> notes;
  for (size_t index = 0; index < model::kAuditCauseCount; ++index) {
    const auto& entry = source.result.audit[index];
    if (entry.groups == 0 && entry.input_rows == 0) continue;
    const auto cause = static_cast<model::AuditCause>(index);
    Note note;
    const std::string groups = Counted(entry.groups, "row of the summary", "rows of the summary");
    note.text = fmt::format(
        "{} {}", model::AuditCauseExplanation(cause),
        entry.input_rows == 0
            ? groups
            : fmt::format("{} in {}", Counted(entry.input_rows, "input row", "input rows"),
                          groups));
    if (entry.extra_core_hours != 0) {
      note.text +=
          fmt::format(", {} core-hours too many{}", WithThousands(entry.extra_core_hours, 1),
                      Share(entry.extra_core_hours, cpu.usage));
    }
    if (entry.extra_gigabyte_months != 0) {
      note.text += fmt::format(", {} GiB-months of capacity too many",
                               WithThousands(entry.extra_gigabyte_months, 1));
    }
    note.text += '.';
    note.details = entry.examples;
    notes.push_back(std::move(note));
  }
  return notes;
}

std::string TagKeyHint(const RunOutcome& run) {
  if (run.tag_keys_given) return {};
  const auto keys = MostFrequentLabelKeys(run, kTagKeysNamed);
  if (keys.empty()) return {};
  std::vector<std::string> described;
  std::vector<std::string> names;
  for (const auto& [key, texts] : keys) {
    described.push_back(fmt::format("{} ({})", key, WithThousands(texts)));
    names.push_back(key);
  }
  return fmt::format(
      "no tag keys were given, so no label is in the summary. Most frequent keys, with the "
      "number of label sets that hold them: {}. To keep them: --tag-keys {}",
      fmt::join(described, ", "), fmt::join(names, ","));
}

std::string TotalsLine(const RunOutcome& run) {
  return fmt::format("{} read, {} {} in {}: {} rows/s, peak memory {}",
                     Counted(TotalRowsRead(run), "row", "rows"),
                     WithThousands(TotalRowsWritten(run)), run.dry_run ? "computed" : "written",
                     SecondsText(run.wall_seconds), WithThousands(RowsPerSecond(run), 0),
                     BytesText(run.peak_memory_bytes));
}

std::string TrafficLine(const RunOutcome& run) {
  model::InputTraffic all;
  for (const auto& source : run.sources) {
    const auto& traffic = source.result.traffic;
    for (const auto& [kind, count] : traffic.requests) all.requests[kind] += count;
    all.retries += traffic.retries;
    all.bytes_wanted += traffic.bytes_wanted;
    all.bytes_fetched += traffic.bytes_fetched;
    all.worker_wait_seconds += traffic.worker_wait_seconds;
    all.read_ahead_peak_bytes = std::max(all.read_ahead_peak_bytes, traffic.read_ahead_peak_bytes);
  }
  if (!all.remote()) return {};
  int64_t requests = 0;
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : all.requests) {
    if (count == 0) continue;
    requests += count;
    kinds.push_back(fmt::format("{} {}", WithThousands(count), kind));
  }
  std::string line =
      fmt::format("{} ({})", Counted(requests, "request", "requests"), fmt::join(kinds, ", "));
  if (all.retries > 0)
    line += fmt::format(", {} tried again", Counted(all.retries, "failure", "failures"));
  return line + fmt::format(": {} fetched for {} of columns, at most {} ahead; workers waited {}",
                            BytesText(all.bytes_fetched), BytesText(all.bytes_wanted),
                            BytesText(all.read_ahead_peak_bytes),
                            SecondsText(all.worker_wait_seconds));
}

std::string Verdict(const RunOutcome& run) {
  const auto counts = CountDays(run);
  const auto count = [&counts](DayState state) { return counts[static_cast<size_t>(state)]; };
  std::vector<std::string> parts;
  const auto add = [&](DayState state, std::string_view word) {
    if (count(state) == 0) return;
    parts.push_back(parts.empty() ? Counted(count(state), "day", "days") + " " + std::string(word)
                                  : WithThousands(count(state)) + " " + std::string(word));
  };
  add(DayState::kWritten, run.dry_run ? "would be written" : "written");
  add(DayState::kUnchanged, "unchanged");
  add(DayState::kRemoved, run.dry_run ? "would be removed" : "removed");
  add(DayState::kIncomplete, "incomplete");
  add(DayState::kFailed, "failed");
  int64_t sources_failed = 0;
  for (const auto& source : run.sources) sources_failed += source.status.ok() ? 0 : 1;
  if (sources_failed > 0) parts.push_back(Counted(sources_failed, "source", "sources") + " failed");
  const std::string days =
      parts.empty() ? "nothing to do" : fmt::format("{}", fmt::join(parts, ", "));

  if (!run.signal.empty()) {
    std::string left =
        fmt::format("; {} left as they were", Counted(CountInterruptedDays(run), "day", "days"));
    if (run.sources_not_begun > 0)
      left += ", " + Counted(run.sources_not_begun, "source", "sources") + " not begun";
    return fmt::format("interrupted by {}: {}{} (exit {})", run.signal,
                       parts.empty() ? "nothing done" : days, left, run.exit_code);
  }
  const std::string where =
      run.dry_run ? "; dry run, nothing was written" : "; output in " + run.output;
  if (run.exit_code == 0) return fmt::format("done: {}{}", days, where);
  if (run.exit_code == 3) return fmt::format("done in part: {}{} (exit 3)", days, where);
  if (run.exit_code == 4) return fmt::format("{} (exit 4)", days);
  return fmt::format("failed: {} (exit {})", days, run.exit_code);
}

}  // namespace matome::report
