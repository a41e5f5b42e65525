// SPDX-License-Identifier: Apache-2.0
#include "report/summary_table.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "report/summary_notes.h"
#include "report/text.h"
#include "report/text_table.h"

namespace matome::report {
namespace {

using model::DayResult;
using model::DayState;
using model::UsageTotals;

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

/// How amounts are shown; the later, the narrower.
struct Scale {
  double divisor;
  int decimals;
  std::string_view prefix;  // In front of the unit.
};
constexpr std::array kScales = {Scale{1, 1, ""},
                                Scale{1, 0, ""},
                                Scale{1e3, 1, "thousand "},
                                Scale{1e3, 0, "thousand "},
                                Scale{1e6, 1, "million "},
                                Scale{1e9, 1, "billion "}};

constexpr size_t kPodColumn = 1;
constexpr size_t kCpuColumn = 4;
constexpr size_t kMemoryColumn = 8;

bool IsZero(const UsageTotals& totals) {
  return totals.usage == 0 && totals.request == 0 && totals.capacity == 0 &&
         totals.unallocated == 0;
}

/// What stands in the table in place of a day's numbers, if it has none.
std::optional<std::string> Remark(const DayResult& day, bool dry_run) {
  switch (day.state) {
    case DayState::kEmpty:
      return "no rows";
    case DayState::kRemoved:
      return dry_run ? "no rows any more, would be removed" : "no rows any more, removed";
    case DayState::kFailed:
      return WasInterrupted(day) ? "not done, interrupted" : "failed, see below";
    case DayState::kUnchanged:
      if (IsZero(day.cpu_core_hours) && IsZero(day.memory_gigabyte_hours)) {
        int64_t rows = 0;
        for (const int64_t count : day.rows_out) rows += count;
        return fmt::format("unchanged, {}", Counted(rows, "row", "rows"));
      }
      return std::nullopt;
    case DayState::kWritten:
    case DayState::kIncomplete:
      return std::nullopt;
  }
  return std::nullopt;
}

/// One character beside the day, and what it means.
std::pair<std::string_view, std::string_view> MarkOf(const DayResult& day, bool dry_run) {
  if (day.state == DayState::kIncomplete) return {"*", "* incomplete"};
  if (day.state == DayState::kUnchanged) return {"=", "= unchanged"};
  if (dry_run && day.change.starts_with("new")) return {"+", "+ new"};
  if (dry_run && day.change.starts_with("changed")) return {"~", "~ changed"};
  return {"", ""};
}

class DayTable {
 public:
  DayTable(const SourceOutcome& source, bool dry_run) : source_(source), dry_run_(dry_run) {
    const auto& range = source.range;
    with_year_ = model::Month::Of(range.first).year != model::Month::Of(range.last).year;
  }

  std::string Text(const TableOptions& options) {
    // Whichever group is wider is narrowed first.
    size_t cpu_scale = 0;
    size_t memory_scale = 0;
    while (true) {
      const TextTable table = Make(kScales[cpu_scale], kScales[memory_scale]);
      const bool narrowest = cpu_scale + 1 == kScales.size() && memory_scale + 1 == kScales.size();
      if (table.width() <= options.width || narrowest) return table.Text(options.color) + Legend();
      const bool cpu_next = cpu_scale < memory_scale || memory_scale + 1 == kScales.size() ||
                            (cpu_scale == memory_scale && CpuIsWider());
      ++(cpu_next ? cpu_scale : memory_scale);
    }
  }

 private:
  static void AppendAmounts(const UsageTotals& totals, const Scale& scale,
                            std::vector<std::string>& cells) {
    for (const double amount :
         {totals.usage, totals.request, totals.capacity, totals.unallocated}) {
      cells.push_back(WithThousands(amount / scale.divisor, scale.decimals));
    }
  }

  bool CpuIsWider() const {
    double cpu = 0;
    double memory = 0;
    for (const auto& day : source_.result.days) {
      cpu += day.cpu_core_hours.capacity;
      memory += day.memory_gigabyte_hours.capacity;
    }
    return cpu > memory;
  }

  std::string DayText(model::Day day) const {
    return with_year_ ? day.ToString() : day.ToString().substr(5);
  }

  TextTable Make(const Scale& cpu_scale, const Scale& memory_scale) {
    TextTable table({{"day", false, 0},
                     {"pod", true, 1},
                     {"storage", true, 1},
                     {"unalloc", true, 1},
                     {"usage", true, 2},
                     {"request", true, 1},
                     {"capacity", true, 1},
                     {"unalloc", true, 1},
                     {"usage", true, 2},
                     {"request", true, 1},
                     {"capacity", true, 1},
                     {"unalloc", true, 1}});
    table.AddGroup("rows", kPodColumn, kCpuColumn - 1);
    table.AddGroup(fmt::format("CPU {}core-hours", cpu_scale.prefix), kCpuColumn,
                   kMemoryColumn - 1);
    table.AddGroup(fmt::format("memory {}GiB-hours", memory_scale.prefix), kMemoryColumn,
                   kMemoryColumn + 3);
    table.AddRule();

    std::array<int64_t, 3> rows = {};
    UsageTotals cpu;
    UsageTotals memory;
    const auto& days = source_.result.days;
    for (size_t at = 0; at < days.size();) {
      const auto& day = days[at];
      if (const auto remark = Remark(day, dry_run_)) {
        const size_t run_end = EndOfRemark(at, *remark);
        const std::string days_text =
            run_end == at + 1 ? *remark
                              : fmt::format("to {}: {}", DayText(days[run_end - 1].day), *remark);
        table.AddRemark(DayText(day.day), days_text);
        at = run_end;
        continue;
      }
      const auto mark = MarkOf(day, dry_run_).first;
      std::vector<std::string> cells = {
          fmt::format("{}{}{}", DayText(day.day), mark.empty() ? "" : " ", mark)};
      for (size_t kind = 0; kind < rows.size(); ++kind) {
        cells.push_back(WithThousands(day.rows_out[kind]));
        rows[kind] += day.rows_out[kind];
      }
      AppendAmounts(day.cpu_core_hours, cpu_scale, cells);
      AppendAmounts(day.memory_gigabyte_hours, memory_scale, cells);
      table.AddRow(std::move(cells));
      cpu.Add(day.cpu_core_hours);
      memory.Add(day.memory_gigabyte_hours);
      ++at;
    }
    std::vector<std::string> total = {"total"};
    for (const int64_t count : rows) total.push_back(WithThousands(count));
    AppendAmounts(cpu, cpu_scale, total);
    AppendAmounts(memory, memory_scale, total);
    table.AddRule();
    table.AddRow(std::move(total));
    return table;
  }

  /// Days in a row with the same remark stand in one line.
  size_t EndOfRemark(size_t at, const std::string& remark) const {
    const auto& days = source_.result.days;
    const bool mergeable =
        days[at].state == DayState::kEmpty || days[at].state == DayState::kFailed;
    size_t end = at + 1;
    while (mergeable && end < days.size() && Remark(days[end], dry_run_) == remark) ++end;
    return end;
  }

  std::string Legend() const {
    std::vector<std::string_view> meanings;
    for (const auto& day : source_.result.days) {
      if (Remark(day, dry_run_)) continue;
      const auto meaning = MarkOf(day, dry_run_).second;
      if (!meaning.empty() &&
          std::find(meanings.begin(), meanings.end(), meaning) == meanings.end()) {
        meanings.push_back(meaning);
      }
    }
    return meanings.empty() ? std::string() : fmt::format("{}\n", fmt::join(meanings, "   "));
  }

  const SourceOutcome& source_;
  bool dry_run_;
  bool with_year_;
};

std::string Heading(const SourceOutcome& source) {
  std::string heading = fmt::format("source {}", source.source_uuid);
  const auto& cluster = source.result.cluster_id;
  if (!cluster.empty() && cluster != source.source_uuid)
    heading += ", cluster " + Printable(cluster);
  return heading +
         fmt::format(", {} to {}", source.range.first.ToString(), source.range.last.ToString());
}

/// In a dry run, why days would change, each reason once.
std::string ChangeReasons(const SourceOutcome& source) {
  std::vector<std::pair<std::string, int64_t>> reasons;
  for (const auto& day : source.result.days) {
    if (!day.change.starts_with("changed: ")) continue;
    const auto known = std::find_if(reasons.begin(), reasons.end(), [&day](const auto& reason) {
      return reason.first == day.change;
    });
    if (known == reasons.end()) {
      reasons.emplace_back(day.change, 1);
    } else {
      ++known->second;
    }
  }
  std::string out;
  for (const auto& [reason, days] : reasons) {
    out += fmt::format("{} {}\n", Counted(days, "day", "days"), Printable(reason));
  }
  return out;
}

void AppendNotes(const std::vector<Note>& notes, const TableOptions& options, std::string& out) {
  for (const auto& note : notes) {
    const std::string_view word = note.error ? "error" : "warning";
    std::string text = Wrapped(fmt::format("{}: {}", word, Printable(note.text)), options.width, 2);
    if (options.color) {
      text = fmt::format("{}{}{}{}", note.error ? kRed : kYellow, word, kPlain,
                         text.substr(word.size()));
    }
    out += text;
    for (const auto& detail : note.details) {
      out += Wrapped("  - " + Printable(detail), options.width, 4);
    }
  }
}

}  // namespace

std::string FormatSummary(const RunOutcome& run, const TableOptions& options) {
  std::string out;
  for (const auto& source : run.sources) {
    if (options.color) out += "\x1b[1m";
    out += Heading(source);
    if (options.color) out += kPlain;
    out += '\n';
    if (!source.result.days.empty()) out += '\n' + DayTable(source, run.dry_run).Text(options);
    if (run.dry_run) out += ChangeReasons(source);
    out += '\n';
  }
  out += Wrapped(TotalsLine(run), options.width, 2);
  if (const auto traffic = TrafficLine(run); !traffic.empty())
    out += Wrapped(traffic, options.width, 2);
  for (const auto& source : run.sources) {
    auto notes = ProblemNotes(source);
    if (run.sources.size() > 1) {
      for (auto& note : notes) note.text = "source " + source.source_uuid + ": " + note.text;
    }
    AppendNotes(notes, options, out);
    const auto audit = AuditNotes(source);
    if (audit.empty()) continue;
    out +=
        Wrapped(fmt::format("Counted more than once by Koku's rules{}, and kept, as Koku keeps it:",
                            run.sources.size() > 1 ? " in source " + source.source_uuid : ""),
                options.width, 2);
    AppendNotes(audit, options, out);
  }
  if (const std::string hint = TagKeyHint(run); !hint.empty()) {
    out += Wrapped("hint: " + Printable(hint), options.width, 2);
  }
  out += Wrapped(Verdict(run), options.width, 2);
  return out;
}

}  // namespace matome::report
