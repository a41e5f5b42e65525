// SPDX-License-Identifier: Apache-2.0
#include "report/outcome.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace matome::report {

bool WasInterrupted(const model::DayResult& day) {
  return day.state == model::DayState::kFailed && day.status.code() == base::Code::kInterrupted;
}

std::array<int64_t, 6> CountDays(const RunOutcome& run) {
  std::array<int64_t, 6> counts = {};
  for (const auto& source : run.sources) {
    for (const auto& day : source.result.days) {
      if (!WasInterrupted(day)) ++counts[static_cast<size_t>(day.state)];
    }
  }
  return counts;
}

int64_t CountInterruptedDays(const RunOutcome& run) {
  int64_t count = 0;
  for (const auto& source : run.sources) {
    count += std::count_if(source.result.days.begin(), source.result.days.end(), WasInterrupted);
  }
  return count;
}

std::array<int64_t, 3> RowsWritten(const model::RunResult& result) {
  std::array<int64_t, 3> rows = {};
  for (const auto& day : result.days) {
    if (day.state != model::DayState::kWritten && day.state != model::DayState::kIncomplete)
      continue;
    for (size_t kind = 0; kind < rows.size(); ++kind) rows[kind] += day.rows_out[kind];
  }
  return rows;
}

int64_t TotalRowsWritten(const RunOutcome& run) {
  int64_t total = 0;
  for (const auto& source : run.sources) {
    for (const int64_t rows : RowsWritten(source.result)) total += rows;
  }
  return total;
}

int64_t TotalRowsRead(const RunOutcome& run) {
  int64_t total = 0;
  for (const auto& source : run.sources) total += source.result.rows_read;
  return total;
}

double RowsPerSecond(const RunOutcome& run) {
  return run.wall_seconds > 0 ? static_cast<double>(TotalRowsRead(run)) / run.wall_seconds : 0;
}

std::string DescribeBadInput(const model::BadInput& bad) {
  std::string text = bad.object;
  if (bad.row_group) text += fmt::format(", row group {}", *bad.row_group);
  if (bad.row) text += fmt::format(", row {}", *bad.row);
  if (!bad.column.empty()) text += fmt::format(", column {}", bad.column);
  return text + ": " + bad.reason;
}

std::vector<std::string> WarningsBesideDays(const model::RunResult& result) {
  std::set<std::string> told;
  for (const auto& day : result.days) {
    told.insert(day.status.message());
    for (const auto& bad : day.quarantined) told.insert(DescribeBadInput(bad));
  }
  std::vector<std::string> warnings;
  for (const auto& warning : result.warnings) {
    if (told.insert(warning).second) warnings.push_back(warning);
  }
  return warnings;
}

std::vector<std::pair<std::string, int64_t>> MostFrequentLabelKeys(const RunOutcome& run,
                                                                   size_t limit) {
  std::map<std::string, int64_t> texts_of_key;
  for (const auto& source : run.sources) {
    for (const auto& [key, texts] : source.result.label_key_texts) texts_of_key[key] += texts;
  }
  std::vector<std::pair<std::string, int64_t>> keys(texts_of_key.begin(), texts_of_key.end());
  std::stable_sort(keys.begin(), keys.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  if (keys.size() > limit) keys.resize(limit);
  return keys;
}

int WorseExitCode(int left, int right) {
  constexpr std::array kMildestFirst = {0, 4, 3, 75, 11, 14, 10, 12, 13, 78, 2, 1, 130, 143};
  const auto rank = [&](int code) {
    return std::find(kMildestFirst.begin(), kMildestFirst.end(), code) - kMildestFirst.begin();
  };
  return rank(left) >= rank(right) ? left : right;
}

}  // namespace matome::report
