// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_run.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "case_runner/case_database.h"
#include "case_runner/case_lake.h"
#include "case_runner/row_match.h"
#include "case_runner/summary_tree.h"
#include "observe/resources.h"
#include "pipeline/month_plan.h"
#include "pipeline/reference_pass.h"
#include "pipeline/summarize.h"
#include "sink/tree_layout.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "testing/minio_server.h"

namespace matome::case_runner {
namespace {

namespace fs = std::filesystem;
using base::Result;
using base::Status;

/// What a run left behind.
struct Outcome {
  int exit_code = 0;
  Status status;  // Why nothing could be tried.
  std::map<std::string, std::string> failed_days;
  size_t days = 0;
  size_t quarantined = 0;
  std::vector<std::string> warnings;
  model::Audit audit;
  std::map<std::string, std::string> files;
  std::vector<SummaryRowValues> rows;
};

/// Where nothing is yet, on a server that the cases of a process share.
s3::S3Options NewPlaceAtS3(std::string_view what) {
  auto& server = testing::MinioServer::Shared();
  static const std::string bucket = server.MakeBucket();
  static int places = 0;
  return server.Options(bucket, fmt::format("{}-{}", what, ++places));
}

/// What ReadTree() gives of a directory.
Result<std::map<std::string, std::string>> ReadTreeAtS3(const s3::S3Options& place) {
  const auto store = testing::MustOpen(place);
  const std::string table = sink::TablePrefix();
  MATOME_ASSIGN_OR_RETURN(const auto objects, store->List(table));
  std::map<std::string, std::string> files;
  for (const auto& object : objects) {
    MATOME_ASSIGN_OR_RETURN(auto read, store->Get(object.key));
    if (!read) return base::Failed(fmt::format("{} is not there", object.key));
    files[object.key.substr(table.size())] = std::move(read->bytes);
  }
  return files;
}

Result<std::unique_ptr<store::ObjectStore>> MakeStore(const CaseFile& source,
                                                      const RunConfig& config,
                                                      const fs::path& directory) {
  MATOME_ASSIGN_OR_RETURN(auto lake, MakeLake(source, config));
  if (config.store == Store::kS3) {
    auto s3 = testing::MustOpen(NewPlaceAtS3("lake"));
    for (const LakeObject& object : lake) {
      testing::MustPut(*s3, object.key,
                       {reinterpret_cast<const char*>(object.bytes.data()), object.bytes.size()});
    }
    return std::unique_ptr<store::ObjectStore>(std::move(s3));
  }
  if (config.store == Store::kMemory) {
    auto memory = std::make_unique<store::MemoryStore>();
    for (LakeObject& object : lake) memory->Put(std::move(object.key), std::move(object.bytes));
    return std::unique_ptr<store::ObjectStore>(std::move(memory));
  }
  fs::create_directories(directory);
  for (const LakeObject& object : lake) {
    fs::create_directories((directory / object.key).parent_path());
    std::ofstream file(directory / object.key, std::ios::binary);
    file.write(reinterpret_cast<const char*>(object.bytes.data()),
               static_cast<std::streamsize>(object.bytes.size()));
    if (!file) return base::Failed(fmt::format("cannot write {}", object.key));
  }
  MATOME_ASSIGN_OR_RETURN(auto local, store::LocalStore::Make(directory.string()));
  return std::unique_ptr<store::ObjectStore>(std::make_unique<store::LocalStore>(std::move(local)));
}

/// Reads the output's rows, and checks that each lies under its own day.
Status ReadRows(const CaseFile& source, const RunConfig& config, Outcome& outcome) {
  for (const auto& [path, bytes] : outcome.files) {
    auto rows = config.csv ? ReadCsvDay(bytes) : ReadParquetDay(bytes);
    if (!rows.ok()) return std::move(rows).status().WithContext(path);
    if (rows->empty()) return base::Failed(fmt::format("{} has no rows", path));
    for (SummaryRowValues& row : *rows) {
      const auto day = model::Day::Parse(row["usage_start"].text.value_or(""));
      if (!day) return base::Failed(fmt::format("{} has a row without a day", path));
      const auto month = model::Month::Of(*day);
      const std::string right =
          fmt::format("source={}/year={}/month={}/day={}/part-0.{}", source.source_uuid, month.year,
                      month.month, month.day_of(*day), config.csv ? "csv" : "parquet");
      if (path != right) return base::Failed(fmt::format("{} should be {}", path, right));
      outcome.rows.push_back(std::move(row));
    }
  }
  return Status::Ok();
}

/// The facts come from the tables; what the case leaves to be derived is filled in there, as Koku
/// does before the summary: by the run itself, or by earlier ones where it is of a part of a month.
Status PutIntoDatabase(const CaseFile& source, const store::ObjectStore& lake,
                       pipeline::SummarizeOptions& options) {
  CaseDatabase::Shared().Prepare(source);
  options.outputs = {CaseDatabase::Shared().Target()};
  options.fill_reference = !source.reference.nodes;
  const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
    for (size_t index = 0; index < count; ++index) fn(index);
  };
  for (const auto days : pipeline::SplitByMonth(source.days)) {
    const auto month = model::Month::Of(days.first);
    const model::DayRange whole{month.first_day(), month.last_day()};
    if (!options.fill_reference || days == whole) continue;
    MATOME_ASSIGN_OR_RETURN(
        const auto catalog,
        catalog::ReadCatalog(lake, options.account, options.source_uuid, month, in_order));
    pipeline::ReferencePassCounts counts;
    const std::atomic<bool> stop = false;
    MATOME_ASSIGN_OR_RETURN(
        const auto topology,
        pipeline::ReadClusterTopology(lake, catalog, whole, /*threads=*/1, stop, counts));
    MATOME_RETURN_IF_ERROR(CaseDatabase::Shared().Fill(source, topology));
  }
  options.reference = WhatNoColumnTakes(source);
  return Status::Ok();
}

Result<Outcome> Run(const CaseFile& source, const RunConfig& config, model::Semantics semantics,
                    const fs::path& directory) {
  MATOME_ASSIGN_OR_RETURN(const auto store, MakeStore(source, config, directory / "lake"));
  pipeline::SummarizeOptions options;
  options.account = source.account();
  options.source_uuid = source.source_uuid;
  options.days = source.days;
  options.reference = source.reference;
  options.semantics = semantics;
  options.on_bad_input =
      source.quarantine ? pipeline::OnBadInput::kQuarantine : pipeline::OnBadInput::kFail;
  sink::TreeTarget output{
      .directory = (directory / "summary").string(),
      .format = config.csv ? sink::FileFormat::kCsv : sink::FileFormat::kParquet};
  if (config.output_to_s3) output.s3 = NewPlaceAtS3("summary");
  if (config.database) {
    MATOME_RETURN_IF_ERROR(PutIntoDatabase(source, *store, options));
  } else {
    options.outputs = {output};
  }
  options.threads = config.threads;
  if (config.memory_beyond_kib > 0) {
    options.memory_limit_bytes = observe::CurrentResidentBytes() + config.memory_beyond_kib * 1024;
  }
  options.program_version = "case";
  options.tuning.batch_rows = config.batch_rows;
  const std::atomic<bool> stop = false;
  auto result =
      pipeline::SummarizeSource(*store, options, [](const model::ProgressEvent&) {}, stop);

  Outcome outcome;
  if (config.database) {
    MATOME_ASSIGN_OR_RETURN(outcome.rows, CaseDatabase::Shared().ReadRows());
  } else {
    if (output.s3) {
      MATOME_ASSIGN_OR_RETURN(outcome.files, ReadTreeAtS3(*output.s3));
    } else {
      outcome.files = ReadTree(output.directory);
    }
    MATOME_RETURN_IF_ERROR(ReadRows(source, config, outcome));
  }
  if (!result.ok()) {
    outcome.status = result.status();
    outcome.exit_code = base::ExitCodeOf(outcome.status.code());
    return outcome;
  }
  outcome.exit_code = result->ExitCode();
  outcome.warnings = result->warnings;
  outcome.audit = result->audit;
  outcome.days = result->days.size();
  for (const model::DayResult& day : result->days) {
    outcome.quarantined += day.quarantined.size();
    if (day.state == model::DayState::kFailed)
      outcome.failed_days[day.day.ToString()] = day.status.message();
  }
  return outcome;
}

/// Collects what is wrong with one outcome.
class Judge {
 public:
  Judge(const Outcome& outcome, const RunConfig& config, std::vector<std::string>& problems)
      : outcome_(outcome), config_(config), problems_(problems) {}

  void Compare(const Expectation& expected) {
    switch (expected.kind) {
      case ExpectationKind::kRows:
        return CompareRows(expected);
      case ExpectationKind::kCsvRows:
        if (config_.csv || config_.database) CompareRows(expected);
        return;
      case ExpectationKind::kNoRows:
        if (!outcome_.rows.empty())
          Report(expected, fmt::format("there are {} rows", outcome_.rows.size()));
        return;
      case ExpectationKind::kError:
        return CompareError(expected);
      case ExpectationKind::kExit:
        exit_expected_ = true;
        if (outcome_.exit_code != expected.number) {
          Report(expected,
                 fmt::format("the exit code is {}, not {}", outcome_.exit_code, expected.number));
        }
        return;
      case ExpectationKind::kQuarantine:
        if (static_cast<int64_t>(outcome_.quarantined) != expected.number) {
          Report(expected,
                 fmt::format("{} in quarantine, not {}", outcome_.quarantined, expected.number));
        }
        return;
      case ExpectationKind::kWarning:
        if (std::ranges::none_of(outcome_.warnings, [&](const std::string& warning) {
              return HoldsAll(warning, expected);
            })) {
          Report(expected, fmt::format("the warnings are: {}", fmt::join(outcome_.warnings, "; ")));
        }
        return;
      case ExpectationKind::kAudit:
        return CompareAudit(expected);
    }
  }

  /// After all expectations: what nobody expected to fail.
  void Finish() {
    if (any_error_expected_) {
      if (outcome_.exit_code == 0)
        problems_.emplace_back("errors are expected, but the exit code is 0");
    } else if (!exit_expected_ && outcome_.exit_code != 0) {
      problems_.push_back(fmt::format("the exit code is {}", outcome_.exit_code));
    }
    if (whole_run_error_expected_) return;
    if (!outcome_.status.ok())
      problems_.push_back(fmt::format("the run failed: {}", outcome_.status.message()));
    for (const auto& [day, message] : outcome_.failed_days) {
      if (std::ranges::find(days_expected_to_fail_, day) == days_expected_to_fail_.end()) {
        problems_.push_back(fmt::format("{} failed: {}", day, message));
      }
    }
  }

 private:
  void Report(const Expectation& expected, std::string_view problem) {
    problems_.push_back(fmt::format("line {}: {}", expected.line, problem));
  }

  static bool HoldsAll(const std::string& message, const Expectation& expected) {
    return std::ranges::all_of(expected.contains, [&](const std::string& part) {
      return message.find(part) != std::string::npos;
    });
  }

  void CompareRows(Expectation expected) {
    if (config_.database) DropColumn("csi_volume_handle", expected);  // The table has none.
    for (const std::string& problem :
         MatchRows(expected, outcome_.rows, config_.csv || config_.database))
      Report(expected, problem);
  }

  static void DropColumn(std::string_view name, Expectation& expected) {
    const auto found = std::ranges::find(expected.columns, name);
    if (found == expected.columns.end()) return;
    const auto index = found - expected.columns.begin();
    expected.columns.erase(found);
    for (auto& row : expected.rows) row.erase(row.begin() + index);
  }

  void CompareAudit(const Expectation& expected) {
    size_t cause = 0;
    while (cause < model::kAuditCauseCount &&
           model::AuditCauseName(static_cast<model::AuditCause>(cause)) != expected.audit_cause) {
      ++cause;
    }
    if (cause == model::kAuditCauseCount) {
      return Report(expected, fmt::format("the audit knows no {}", expected.audit_cause));
    }
    const model::AuditEntry& entry = outcome_.audit[cause];
    const std::map<std::string, double> actual = {{"rows", static_cast<double>(entry.input_rows)},
                                                  {"groups", static_cast<double>(entry.groups)},
                                                  {"core_hours", entry.extra_core_hours},
                                                  {"gigabyte_months", entry.extra_gigabyte_months}};
    for (const auto& [figure, value] : expected.figures) {
      if (std::abs(actual.at(figure) - value) > 1e-9 * std::abs(value)) {
        Report(expected, fmt::format("{} is {}, not {}", figure, actual.at(figure), value));
      }
    }
  }

  void CompareError(const Expectation& expected) {
    any_error_expected_ = true;
    const auto check = [&](std::string_view where, const std::string& message) {
      if (!HoldsAll(message, expected))
        Report(expected, fmt::format("{} failed otherwise: {}", where, message));
    };
    if (expected.day) {
      const std::string day = expected.day->ToString();
      days_expected_to_fail_.push_back(day);
      const auto found = outcome_.failed_days.find(day);
      if (found != outcome_.failed_days.end()) return check(day, found->second);
      if (outcome_.status.ok()) return Report(expected, fmt::format("{} did not fail", day));
      return check("the run", outcome_.status.message());
    }
    whole_run_error_expected_ = true;
    if (!outcome_.status.ok()) return check("the run", outcome_.status.message());
    if (outcome_.failed_days.size() != outcome_.days) {
      Report(expected,
             fmt::format("{} of {} days failed", outcome_.failed_days.size(), outcome_.days));
    }
    for (const auto& [day, message] : outcome_.failed_days) check(day, message);
  }

  const Outcome& outcome_;
  const RunConfig& config_;
  std::vector<std::string>& problems_;
  bool exit_expected_ = false;
  bool any_error_expected_ = false;
  bool whole_run_error_expected_ = false;
  std::vector<std::string> days_expected_to_fail_;
};

std::string_view SemanticsName(model::Semantics semantics) {
  return semantics == model::Semantics::kTrino ? "trino" : "koku-postgresql";
}

/// The configuration whose bytes those of `config` must be: the same files, read by one thread in
/// default batches.
RunConfig PlainConfig(const RunConfig& config) {
  RunConfig plain;
  plain.csv = config.csv;
  plain.reversed = config.reversed;
  return plain;
}

void CompareBytes(const Outcome& outcome, const Outcome& plain,
                  std::vector<std::string>& problems) {
  for (const auto& [path, bytes] : plain.files) {
    const auto found = outcome.files.find(path);
    if (found == outcome.files.end() || found->second != bytes) {
      problems.push_back(fmt::format("{} has other bytes than in a plain run", path));
    }
  }
  if (outcome.files.size() != plain.files.size()) {
    problems.push_back(
        fmt::format("{} files, {} in a plain run", outcome.files.size(), plain.files.size()));
  }
}

std::vector<std::string> RunSemantics(const CaseFile& source, const RunConfig& config,
                                      model::Semantics semantics, const fs::path& directory) {
  // The plain run goes first, so that what a process sets up once is there before memory is
  // measured.
  std::optional<Outcome> plain;
  if (config.same_bytes) {
    auto ran = Run(source, PlainConfig(config), semantics, directory / "plain");
    if (!ran.ok()) return {ran.status().message()};
    plain = std::move(ran).value();
  }
  const auto outcome = Run(source, config, semantics, directory / "run");
  if (!outcome.ok()) return {outcome.status().message()};

  std::vector<std::string> problems;
  Judge judge(*outcome, config, problems);
  for (const Expectation& expected : source.expectations) {
    if (expected.semantics == semantics) judge.Compare(expected);
  }
  judge.Finish();
  if (plain) CompareBytes(*outcome, *plain, problems);
  return problems;
}

}  // namespace

std::vector<std::string> RunCase(const CaseFile& source, const RunConfig& config,
                                 const std::string& scratch) {
  if (config.database && !FitsDatabase(source)) return {};
  std::vector<std::string> problems;
  for (const model::Semantics semantics : source.semantics()) {
    const std::string_view name = SemanticsName(semantics);
    for (std::string& problem :
         RunSemantics(source, config, semantics, fs::path(scratch) / std::string(name))) {
      problems.push_back(fmt::format("[{}] {}", name, problem));
    }
  }
  return problems;
}

}  // namespace matome::case_runner
