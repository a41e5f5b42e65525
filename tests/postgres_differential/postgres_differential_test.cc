// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "case_runner/summary_tree.h"
#include "postgres_differential/line_item_database.h"
#include "support/lake_layout.h"
#include "support/lake_writer.h"
#include "support/run_options.h"
#include "support/scratch_directory.h"
#include "support/summary_reader.h"
#include "testing/random_month.h"
#include "testing/random_source.h"
#include "testing/row_comparison.h"

namespace matome::differential {
namespace {

using testing::ExpectedRow;
using testing::RandomSource;
using Text = std::optional<std::string>;

/// Seeds are dealt to so many tests, which may run side by side.
constexpr uint64_t kHands = 4;
constexpr size_t kMostBadSeeds = 5;
constexpr size_t kMostLinesShown = 12;

/// MATOME_SEEDS says how many seeds to run, MATOME_FIRST_SEED from which on.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// A table of line items cannot hold them.
void EraseNamesWithNul(testing::Dataset& dataset) {
  const auto has_nul = [](const Text& text) {
    return text && text->find('\0') != std::string::npos;
  };
  std::erase_if(dataset.pod_daily, [&](const testing::PodRow& row) {
    return has_nul(row.namespace_) || has_nul(row.node) || has_nul(row.pod) ||
           has_nul(row.resource_id);
  });
  std::erase_if(dataset.storage, [&](const testing::StorageRow& row) {
    return has_nul(row.namespace_) || has_nul(row.persistentvolumeclaim) ||
           has_nul(row.persistentvolume) || has_nul(row.storageclass) ||
           has_nul(row.csi_volume_handle);
  });
}

testing::RandomMonth MakeMonth(uint64_t seed) {
  testing::RandomMonth month =
      testing::MakeRandomMonth(seed, {.semantics = testing::Semantics::kKokuPostgresql});
  month.parameters.storage_exists = true;  // A database does not say that it does not.
  EraseNamesWithNul(month.dataset);
  return month;
}

/// One seed: a random month, summarised by SQL, and by the program into files and the database.
class SeedCheck {
 public:
  SeedCheck(uint64_t seed, LineItemDatabase& database)
      : random_(~seed), month_(MakeMonth(seed)), database_(database) {}

  std::vector<std::string> Problems() && {
    database_.Load(month_.dataset, month_.parameters);
    RunSql();
    RunProgram();
    return std::move(problems_);
  }

 private:
  void RunSql() {
    for (int64_t day = month_.parameters.start_day; day <= month_.parameters.end_day; ++day) {
      if (auto error = database_.Summarize(day, month_.parameters.source_uuid)) {
        errors_[day] = *std::move(error);
      }
    }
    rows_ = database_.SqlRows();
  }

  void RunProgram() {
    const auto layout = support::RandomLayout(random_);
    const auto lake = support::WriteLake(month_.dataset, month_.parameters, layout);
    if (!lake.ok()) return Report("{}", lake.status().message());
    auto options = support::MakeRunOptions(month_.parameters, support::Roles::kGiven,
                                           scratch_.Path("summary"));
    options.reference = {};  // The database has it.
    auto target = database_.Target();
    target.ledger = random_.Percent(50);
    options.outputs.emplace_back(std::move(target));
    options.threads = static_cast<int>(1 + random_.Below(4));
    options.tuning.batch_rows = random_.Percent(50) ? 7 : 1024;
    const auto result = support::Summarize(*lake, options);
    if (!result.ok()) return Report("the run failed: {}", result.status().message());
    CompareDays(*result);
    auto tree = support::ReadSummary(case_runner::ReadTree(support::OutputDirectory(options)),
                                     month_.parameters);
    if (!tree.ok()) return Report("{}", tree.status().message());
    CompareRowsOf("files", *std::move(tree));
    for (auto& [day, rows] : rows_) {
      for (ExpectedRow& row : rows) row.csi_volume_handle.reset();
    }
    CompareRowsOf("the table", database_.TableRows());
    const std::string expected = database_.SqlConstants();
    const std::string actual = database_.TableConstants();
    if (expected != actual) Report("the table has\n{}and not\n{}", actual, expected);
  }

  /// Days fail where the SQL does.
  void CompareDays(const model::RunResult& result) {
    const auto days = month_.parameters.end_day - month_.parameters.start_day + 1;
    if (static_cast<int64_t>(result.days.size()) != days) {
      return Report("{} days of {}", result.days.size(), days);
    }
    for (const model::DayResult& day : result.days) {
      const bool failed = day.state == model::DayState::kFailed;
      const auto error = errors_.find(day.day.days_since_epoch);
      if (failed && error == errors_.end()) {
        Report("{} fails: {}", day.day.ToString(), day.status.message());
      } else if (!failed && error != errors_.end()) {
        Report("{} should fail: {}", day.day.ToString(), error->second);
      }
    }
  }

  void CompareRowsOf(std::string_view where, RowsByDay actual) {
    for (int64_t day = month_.parameters.start_day; day <= month_.parameters.end_day; ++day) {
      for (const std::string& problem : testing::CompareRows(rows_[day], actual[day])) {
        Report("{}: {}", where, problem);
      }
      actual.erase(day);
    }
    if (!actual.empty()) Report("{}: a day out of range", where);
  }

  template <typename... Args>
  void Report(fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  RandomSource random_;
  testing::RandomMonth month_;
  LineItemDatabase& database_;
  support::ScratchDirectory scratch_;
  std::map<int64_t, std::string> errors_;
  RowsByDay rows_;
  std::vector<std::string> problems_;
};

class PostgresDifferentialTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(PostgresDifferentialTest, AgreesWithSqlOverLineItems) {
  const uint64_t first = FromEnvironment("MATOME_FIRST_SEED", 1);
  const uint64_t count = FromEnvironment("MATOME_SEEDS", 100);
  LineItemDatabase database(/*collated=*/GetParam() % 2 == 1);
  size_t bad_seeds = 0;
  for (uint64_t seed = first + GetParam(); seed < first + count && bad_seeds < kMostBadSeeds;
       seed += kHands) {
    std::vector<std::string> problems = SeedCheck(seed, database).Problems();
    if (problems.empty()) continue;
    ++bad_seeds;
    const size_t all = problems.size();
    problems.resize(std::min(all, kMostLinesShown));
    if (all > problems.size()) {
      problems.push_back(fmt::format("and {} more", all - problems.size()));
    }
    ADD_FAILURE() << fmt::format(
        "seed {}:\n  {}\nagain: MATOME_FIRST_SEED={} MATOME_SEEDS=1 postgres_differential_test",
        seed, fmt::join(problems, "\n  "), seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PostgresDifferentialTest, ::testing::Range(uint64_t{0}, kHands));

}  // namespace
}  // namespace matome::differential
