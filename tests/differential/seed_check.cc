// SPDX-License-Identifier: Apache-2.0
#include "differential/seed_check.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "case_runner/summary_tree.h"
#include "model/summary_row.h"
#include "observe/resources.h"
#include "support/lake_layout.h"
#include "support/lake_writer.h"
#include "support/run_options.h"
#include "support/scratch_directory.h"
#include "support/summary_reader.h"
#include "testing/naive_summary.h"
#include "testing/naive_text.h"
#include "testing/random_month.h"
#include "testing/random_source.h"
#include "testing/row_comparison.h"

namespace matome::differential {
namespace {

using model::DayState;
using pipeline::SummarizeOptions;
using support::Roles;
using support::TreeBytes;
using testing::ExpectedRow;
using testing::NaiveDay;
using testing::RandomSource;

/// Beyond what the process is already: for a day sometimes, for several seldom.
constexpr int64_t kLeastMemoryBytes = int64_t{1} << 20;
constexpr int64_t kMostMemoryBytes = int64_t{16} << 20;

struct Run {
  std::string name;
  model::RunResult result;
  TreeBytes tree;
};

/// The rows of the month that holds `day`, as role derivation sees them.
testing::Dataset RowsOfMonth(testing::Dataset dataset, int64_t day) {
  const model::Month month = model::Month::Of({static_cast<int32_t>(day)});
  const auto elsewhere = [month](const auto& row) {
    const auto of_row = testing::DayOf(row.interval_start_ms);
    return !of_row || model::Month::Of({static_cast<int32_t>(*of_row)}) != month;
  };
  std::erase_if(dataset.pod_daily, elsewhere);
  std::erase_if(dataset.node_labels, elsewhere);
  return dataset;
}

/// Takes rows from a data set: some here and there, or those of one report and day.
void Thin(RandomSource& random, const testing::SummaryParameters& parameters,
          testing::Dataset& dataset) {
  const auto thin = [&](auto& rows) {
    const bool here_and_there = random.Percent(50);
    const auto days = static_cast<uint64_t>(parameters.end_day - parameters.start_day + 1);
    const int64_t day = parameters.start_day + static_cast<int64_t>(random.Below(days));
    std::erase_if(rows, [&](const auto& row) {
      return here_and_there ? random.Percent(5) : testing::DayOf(row.interval_start_ms) == day;
    });
  };
  switch (random.Below(5)) {
    case 0:
      return thin(dataset.pod_hourly);
    case 1:
      return thin(dataset.pod_daily);
    case 2:
      return thin(dataset.storage);
    case 3:
      return thin(dataset.node_labels);
    default:
      return thin(dataset.namespace_labels);
  }
}

std::vector<uint8_t> BytesOf(const store::MemoryStore& store, const store::ObjectRef& object) {
  std::vector<uint8_t> bytes(static_cast<size_t>(object.size_bytes));
  const auto opened = store.Open(object);
  if (!opened.ok() || !(*opened)->ReadAt(0, bytes).ok()) bytes.clear();
  return bytes;
}

/// Makes the objects of `store` those of `target`; what is the same stays untouched.
base::Status Update(const store::MemoryStore& target, store::MemoryStore& store) {
  std::map<std::string, std::vector<uint8_t>> before;
  MATOME_ASSIGN_OR_RETURN(const auto old_objects, store.List(""));
  for (const auto& object : old_objects) before[object.key] = BytesOf(store, object);
  MATOME_ASSIGN_OR_RETURN(const auto new_objects, target.List(""));
  for (const auto& object : new_objects) {
    std::vector<uint8_t> bytes = BytesOf(target, object);
    const auto known = before.find(object.key);
    if (known == before.end() || known->second != bytes) store.Put(object.key, std::move(bytes));
    if (known != before.end()) before.erase(known);
  }
  for (const auto& [key, bytes] : before) store.Remove(key);
  return base::Status::Ok();
}

/// What may not change a result.
void ChooseSettings(RandomSource& random, SummarizeOptions& options) {
  static constexpr std::array<int64_t, 4> kBatchRows = {1, 7, 64, 1024};
  options.threads = static_cast<int>(1 + random.Below(4));
  options.tuning.batch_rows = random.Pick(kBatchRows);
  if (random.Percent(25)) {
    const uint64_t more = random.Below(kMostMemoryBytes - kLeastMemoryBytes);
    options.memory_limit_bytes =
        observe::CurrentResidentBytes() + kLeastMemoryBytes + static_cast<int64_t>(more);
  } else {
    options.memory_limit_bytes = 0;
  }
}

std::string DescribeSettings(const SummarizeOptions& options) {
  return fmt::format("{} threads, batches of {}{}{}", options.threads, options.tuning.batch_rows,
                     options.memory_limit_bytes > 0 ? ", scarce memory" : "",
                     options.reference.nodes ? "" : ", derived roles");
}

/// A text that says all of it: equal NaNs give equal texts.
std::string Figures(const model::AuditEntry& entry) {
  return fmt::format("{} rows, {} groups, {} core-hours, {} GiB-months: {}", entry.input_rows,
                     entry.groups, entry.extra_core_hours, entry.extra_gigabyte_months,
                     fmt::join(entry.examples, "; "));
}

class SeedCheck {
 public:
  SeedCheck(uint64_t seed, testing::Semantics semantics)
      : random_(~seed),
        month_(testing::MakeRandomMonth(seed, {.semantics = semantics})),
        roles_(random_.Percent(35) ? Roles::kDerived : Roles::kGiven),
        layout_(support::RandomLayout(random_)) {
    if (roles_ == Roles::kDerived) {
      month_.parameters.nodes =
          NaiveDerivedRoles(RowsOfMonth(month_.dataset, month_.parameters.start_day));
    }
  }

  std::vector<std::string> Problems() && {
    auto lake = support::WriteLake(month_.dataset, month_.parameters, layout_);
    if (!lake.ok()) return {lake.status().message()};
    const auto expected = NaiveSummary(month_.dataset, month_.parameters);

    SummarizeOptions options = Options("first");
    const auto first = RunOnce("the first run", *lake, options);
    if (!first) return std::move(problems_);
    CompareDays(expected, *first);
    CompareRowsOf(expected, *first);
    if (random_.Percent(25)) CheckNothingToDo(*lake, options, *first);
    CheckOtherSettings(*lake, *first);
    if (random_.Percent(30)) CheckCsv(*lake, expected, *first);
    if (random_.Percent(15)) CheckDryRun(*lake, *first);
    if (random_.Percent(40)) CheckQuarantine(*lake, expected);
    if (random_.Percent(40)) CheckUpdate(*lake, *first);
    return std::move(problems_);
  }

 private:
  SummarizeOptions Options(const std::string& output) {
    SummarizeOptions options =
        support::MakeRunOptions(month_.parameters, roles_, scratch_.Path(output));
    ChooseSettings(random_, options);
    return options;
  }

  std::optional<Run> RunOnce(std::string name, const store::MemoryStore& lake,
                             const SummarizeOptions& options) {
    const std::string what = fmt::format("{} ({})", name, DescribeSettings(options));
    if (problems_.empty()) header_ = fmt::format("{}; {}", Describe(layout_), what);
    auto result = support::Summarize(lake, options);
    if (result.ok() && options.memory_limit_bytes > 0 && AnyWithoutMemory(*result)) {
      // Those days are as they were, and the rest is done: the next run must make it whole.
      SummarizeOptions more = options;
      more.memory_limit_bytes = 0;
      more.force = true;
      result = support::Summarize(lake, more);
    }
    if (!result.ok()) {
      Report("{} failed: {}", what, result.status().message());
      return std::nullopt;
    }
    return Run{what, *std::move(result), case_runner::ReadTree(support::OutputDirectory(options))};
  }

  static bool AnyWithoutMemory(const model::RunResult& result) {
    return std::ranges::any_of(result.days, [](const model::DayResult& day) {
      return day.status.code() == base::Code::kMemoryExceeded;
    });
  }

  /// Days fail where the naive summary does, and say of themselves what they hold.
  void CompareDays(const std::map<int64_t, NaiveDay>& expected, const Run& run) {
    if (run.result.days.size() != expected.size()) {
      return Report("{}: {} days of {}", run.name, run.result.days.size(), expected.size());
    }
    auto day = run.result.days.begin();
    for (const auto& [number, naive] : expected) {
      const model::DayResult& actual = *day++;
      const std::string date = actual.day.ToString();
      const bool failed = actual.state == DayState::kFailed;
      if (actual.day.days_since_epoch != number) Report("{}: unexpected day {}", run.name, date);
      if (failed && !naive.error) {
        Report("{}: {} fails: {}", run.name, date, actual.status.message());
      } else if (!failed && naive.error) {
        Report("{}: {} should fail: {}", run.name, date, *naive.error);
      } else if (!failed) {
        CompareCounts(naive.rows, actual, run);
      }
    }
  }

  void CompareCounts(const std::vector<ExpectedRow>& rows, const model::DayResult& actual,
                     const Run& run) {
    const DayState state = rows.empty() ? DayState::kEmpty : DayState::kWritten;
    if (actual.state != state) {
      Report("{}: {} is {}, not {}", run.name, actual.day.ToString(), DayStateName(actual.state),
             DayStateName(state));
    }
    for (const model::RowKind kind : model::kRowKinds) {
      const auto count = std::ranges::count_if(
          rows, [&](const ExpectedRow& row) { return row.kind == model::RowKindName(kind); });
      if (actual.rows_out[static_cast<size_t>(kind)] != count) {
        Report("{}: {} has {} rows of kind {}, not {}", run.name, actual.day.ToString(),
               actual.rows_out[static_cast<size_t>(kind)], model::RowKindName(kind), count);
      }
    }
  }

  void CompareRowsOf(const std::map<int64_t, NaiveDay>& expected, const Run& run) {
    auto read = support::ReadSummary(run.tree, month_.parameters);
    if (!read.ok()) return Report("{}: {}", run.name, read.status().message());
    for (const auto& [day, naive] : expected) {
      for (const std::string& problem : CompareRows(naive.rows, (*read)[day])) {
        Report("{}: {}", run.name, problem);
      }
      read->erase(day);
    }
    if (!read->empty()) Report("{} wrote a day out of range", run.name);
  }

  void CheckOtherSettings(const store::MemoryStore& lake, const Run& first) {
    const auto second = RunOnce("another run", lake, Options("second"));
    if (!second) return;
    CompareTrees(first, *second);
    for (size_t cause = 0; cause < model::kAuditCauseCount; ++cause) {
      const std::string figures = Figures(first.result.audit[cause]);
      const std::string others = Figures(second->result.audit[cause]);
      if (figures != others) {
        Report("{}: audit of {}: {}; in {}: {}", first.name,
               AuditCauseName(static_cast<model::AuditCause>(cause)), figures, second->name,
               others);
      }
    }
  }

  /// The same run again finds every day done, or fails it again.
  void CheckNothingToDo(const store::MemoryStore& lake, SummarizeOptions options,
                        const Run& first) {
    ChooseSettings(random_, options);
    const auto again = RunOnce("the same run again", lake, options);
    if (!again) return;
    for (const model::DayResult& day : again->result.days) {
      if (day.state == DayState::kWritten || day.state == DayState::kRemoved) {
        Report("{}: {} is {} anew", again->name, day.day.ToString(), DayStateName(day.state));
      }
    }
    CompareTrees(first, *again);
  }

  void CheckDryRun(const store::MemoryStore& lake, const Run& first) {
    SummarizeOptions options = Options("dry");
    options.dry_run = true;
    if (random_.Percent(50)) options.outputs.clear();
    const auto dry = RunOnce("a dry run", lake, options);
    if (!dry) return;
    if (std::filesystem::exists(scratch_.Path("dry"))) Report("{} wrote something", dry->name);
    for (size_t day = 0; day < first.result.days.size(); ++day) {
      const model::DayResult& wet = first.result.days[day];
      if (day >= dry->result.days.size() || dry->result.days[day].state != wet.state ||
          dry->result.days[day].rows_out != wet.rows_out) {
        Report("{}: {} becomes something else", dry->name, wet.day.ToString());
      }
    }
  }

  /// With bad rows left out, no day fails, and those that would have are marked.
  void CheckQuarantine(const store::MemoryStore& lake, const std::map<int64_t, NaiveDay>& failing) {
    SummarizeOptions options = Options("quarantine");
    options.on_bad_input = pipeline::OnBadInput::kQuarantine;
    const auto run = RunOnce("a run with quarantine", lake, options);
    if (!run) return;
    const auto expected =
        NaiveSummary(month_.dataset, month_.parameters, testing::BadRows::kLeftOut);
    CompareRowsOf(expected, *run);
    for (const model::DayResult& day : run->result.days) {
      const auto fails = failing.find(day.day.days_since_epoch);
      const bool bad = fails != failing.end() && fails->second.error;
      if ((day.state == DayState::kIncomplete) != bad || day.quarantined.empty() == bad) {
        Report("{}: {} is {}, with {} in quarantine", run->name, day.day.ToString(),
               DayStateName(day.state), day.quarantined.size());
      }
    }
  }

  /// A run over what an earlier run made of fewer rows, or of other reference data, ends where a
  /// run from nothing does. Days that fail stay as they were.
  void CheckUpdate(const store::MemoryStore& lake, const Run& fresh) {
    testing::Dataset fewer = month_.dataset;
    testing::SummaryParameters other = month_.parameters;
    for (uint64_t times = 1 + random_.Below(3); times > 0; --times) {
      Thin(random_, other, fewer);
    }
    if (random_.Percent(20) && !other.enabled_keys.empty()) other.enabled_keys.pop_back();
    if (random_.Percent(20) && !other.patterns.empty()) other.patterns.pop_back();
    if (random_.Percent(20) && !other.nodes.empty()) other.nodes.pop_back();
    auto store = support::WriteLake(fewer, other, layout_);
    if (!store.ok()) return Report("{}", store.status().message());

    const std::string output = scratch_.Path("update");
    SummarizeOptions options = support::MakeRunOptions(other, roles_, output);
    ChooseSettings(random_, options);
    const auto earlier = RunOnce("an earlier run", *store, options);
    if (!earlier) return;
    if (const auto status = Update(lake, *store); !status.ok()) {
      return Report("{}", status.message());
    }
    options = support::MakeRunOptions(month_.parameters, roles_, output);
    ChooseSettings(random_, options);
    options.allow_empty_days = true;
    const auto later = RunOnce("an update", *store, options);
    if (!later) return;
    for (const model::DayResult& day : later->result.days) {
      const Run& right = day.state == DayState::kFailed ? *earlier : fresh;
      const std::string path = PathOf(day.day);
      const auto expected = right.tree.find(path);
      const auto actual = later->tree.find(path);
      const bool exists = actual != later->tree.end();
      if (exists != (expected != right.tree.end())) {
        Report("{}: {} is {}, and its file {}", later->name, day.day.ToString(),
               DayStateName(day.state), exists ? "there" : "not there");
      } else if (exists && actual->second != expected->second) {
        Report("{}: {} is {}, and not as {} has it", later->name, day.day.ToString(),
               DayStateName(day.state), right.name);
      }
    }
  }

  std::string PathOf(model::Day day) const {
    const auto month = model::Month::Of(day);
    return fmt::format("source={}/year={}/month={}/day={}/part-0.parquet",
                       month_.parameters.source_uuid, month.year, month.month, month.day_of(day));
  }

  void CheckCsv(const store::MemoryStore& lake, const std::map<int64_t, NaiveDay>& expected,
                const Run& parquet) {
    SummarizeOptions options = Options("csv");
    std::get<sink::TreeTarget>(options.outputs.front()).format = sink::FileFormat::kCsv;
    const auto csv = RunOnce("a CSV run", lake, options);
    if (!csv) return;
    CompareRowsOf(expected, *csv);
    if (csv->tree.size() != parquet.tree.size()) {
      return Report("{} wrote {} files, not {}", csv->name, csv->tree.size(), parquet.tree.size());
    }
    for (const auto& [path, bytes] : parquet.tree) {
      const std::string stem = path.substr(0, path.size() - std::string_view("parquet").size());
      const auto found = csv->tree.find(stem + "csv");
      if (found == csv->tree.end()) {
        Report("{} lacks {}csv", csv->name, stem);
      } else {
        CompareDecimals(path, bytes, found->second);
      }
    }
  }

  /// The decimals of a CSV are those of the unrounded doubles in the same place of the Parquet.
  void CompareDecimals(const std::string& path, const std::string& parquet,
                       const std::string& csv) {
    const auto doubles = case_runner::ReadParquetDay(parquet);
    const auto decimals = case_runner::ReadCsvDay(csv);
    if (!doubles.ok() || !decimals.ok() || doubles->size() != decimals->size()) {
      return Report("{}: the CSV has other rows", path);
    }
    for (size_t row = 0; row < doubles->size(); ++row) {
      for (size_t number = 0; number < model::kNumberCount; ++number) {
        const std::string_view column = model::NumberName(static_cast<model::Number>(number));
        const auto& value = (*doubles)[row].find(column)->second;
        const auto& actual = (*decimals)[row].find(column)->second.text;
        const auto text = value.text
                              ? testing::NaiveNumericText(value.number, month_.parameters.semantics)
                              : std::nullopt;
        if (actual != text) {
          Report("{}: {} of row {} is {} in CSV, should be {}", path, column, row,
                 actual.value_or("NULL"), text.value_or("NULL"));
        }
      }
    }
  }

  void CompareTrees(const Run& first, const Run& other) {
    if (first.tree == other.tree) return;
    Report("{} left other bytes than {}", other.name, first.name);
    for (const auto& [path, bytes] : first.tree) {
      const auto found = other.tree.find(path);
      if (found == other.tree.end()) {
        Report("only the first has {}", path);
      } else if (found->second != bytes) {
        Report("{} differs", path);
      }
    }
  }

  template <typename... Args>
  void Report(fmt::format_string<Args...> format, Args&&... args) {
    if (problems_.empty()) problems_.push_back(header_);
    problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  RandomSource random_;
  testing::RandomMonth month_;
  Roles roles_;
  support::LakeLayout layout_;
  support::ScratchDirectory scratch_;
  std::string header_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> CheckSeed(uint64_t seed, testing::Semantics semantics) {
  return SeedCheck(seed, semantics).Problems();
}

}  // namespace matome::differential
