// SPDX-License-Identifier: Apache-2.0
#include <matome_version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <random>
#include <system_error>

#include "cli/commands.h"
#include "cli/output_targets.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/summarize_request.h"
#include "cli/versions.h"
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "observe/phase_timer.h"
#include "observe/resources.h"
#include "report/outcome.h"
#include "report/summary_json.h"
#include "report/summary_table.h"
#include "report/text.h"

namespace matome::cli {
namespace {

constexpr int kExitNothingToDo = 4;

std::string RandomTracingId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string UtcNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

/// A run report that cannot be written should be known before the work, not after.
base::Status CheckReportPath(const config::Settings& settings) {
  const auto* value = settings.Find("run-report");
  if (value == nullptr) return {};
  const std::filesystem::path path(value->texts[0]);
  std::error_code error;
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(parent, error)) {
    return base::Usage(fmt::format("{}: {} is not a directory", value->where, parent.string()));
  }
  if (std::filesystem::is_directory(path, error)) {
    return base::Usage(fmt::format("{}: {} is a directory", value->where, path.string()));
  }
  return {};
}

/// Runs the sources one after the other and gathers what became of them.
class SummarizeRun {
 public:
  SummarizeRun(const RunContext& context, const SummarizeRequest& request)
      : context_(context), request_(request), progress_(context.logger, context.quiet) {
    log_context_.tracing_id = context.settings.Text("tracing-id").value_or(RandomTracingId());
    log_context_.schema = context.settings.TextOr("schema", request.work.account);
    log_context_.start_date = request.work.days.first.ToString();
    log_context_.end_date = request.work.days.last.ToString();
  }

  const std::string& tracing_id() const { return log_context_.tracing_id; }

  report::RunOutcome Run() {
    report::RunOutcome run;
    run.program_version = MATOME_VERSION;
    run.dry_run = request_.options.dry_run;
    run.output = request_.output;
    run.tag_keys_given = request_.tag_keys_given;
    const observe::Stopwatch stopwatch;
    for (const auto& source : request_.work.source_uuids) {
      if (StopRequested()) break;
      run.sources.push_back(RunSource(source));
      const auto& outcome = run.sources.back();
      run.exit_code = report::WorseExitCode(run.exit_code, outcome.status.ok()
                                                               ? outcome.result.ExitCode()
                                                               : ExitCodeOf(outcome.status.code()));
    }
    progress_.Finish();
    run.wall_seconds = stopwatch.seconds();
    run.peak_memory_bytes = observe::PeakResidentBytes();
    const bool all_empty = std::all_of(run.sources.begin(), run.sources.end(), IsEmpty);
    if (all_empty && run.exit_code == 0 && context_.settings.Switch("fail-on-empty")) {
      run.exit_code = kExitNothingToDo;
    }
    run.sources_not_begun =
        static_cast<int64_t>(request_.work.source_uuids.size() - run.sources.size());
    if (StopRequested()) {
      run.signal = ReceivedSignalName();
      run.exit_code = 128 + ReceivedSignal();
    }
    return run;
  }

 private:
  static bool IsEmpty(const report::SourceOutcome& source) {
    const auto& days = source.result.days;
    return source.status.ok() &&
           std::all_of(days.begin(), days.end(), [](const model::DayResult& day) {
             return day.state == model::DayState::kEmpty;
           });
  }

  report::SourceOutcome RunSource(const std::string& source) {
    report::SourceOutcome outcome;
    outcome.account = request_.work.account;
    outcome.source_uuid = source;
    outcome.range = request_.work.days;
    pipeline::SummarizeOptions options = request_.options;
    options.source_uuid = source;
    log_context_.provider_uuid = source;
    log_context_.cluster_id = options.reference.cluster_id.value_or(source);
    context_.logger.SetContext(log_context_);
    context_.logger.Info("summarising source {} from {} to {}", source, log_context_.start_date,
                         log_context_.end_date);
    auto result = pipeline::SummarizeSource(
        *request_.lake, options, [this](const model::ProgressEvent& event) { OnProgress(event); },
        StopRequested());
    ++sources_done_;
    if (!result.ok()) {
      outcome.status = std::move(result).status();
      const bool only_one = request_.work.source_uuids.size() == 1;  // Its error is the program's.
      if (LogsResults() && !only_one) context_.logger.Error("{}", outcome.status.message());
      return outcome;
    }
    outcome.result = *std::move(result);
    if (IsEmpty(outcome) && !outcome.result.interrupted &&
        outcome.result.months_without_report_period == 0) {
      outcome.result.warnings.push_back(
          fmt::format("the lake holds no rows of source {} from {} to {}", source,
                      log_context_.start_date, log_context_.end_date));
    }
    if (LogsResults()) LogResult(outcome.result);
    return outcome;
  }

  /// A person at a terminal is about to see the table, which says it all.
  bool LogsResults() const {
    return context_.settings.Text("log-format") == "json" || !context_.logger.terminal() ||
           ::isatty(STDOUT_FILENO) == 0;
  }

  void LogResult(const model::RunResult& result) {
    for (const auto& warning : report::WarningsBesideDays(result))
      context_.logger.Warning("{}", warning);
    int64_t rows = 0;
    for (const int64_t count : report::RowsWritten(result)) rows += count;
    context_.logger.Info("{} read, {} {} in {}", report::Counted(result.rows_read, "row", "rows"),
                         report::Counted(rows, "row", "rows"),
                         request_.options.dry_run ? "computed" : "written",
                         report::SecondsText(result.wall_seconds));
  }

  void OnProgress(const model::ProgressEvent& event) {
    if (event.day != nullptr && LogsResults()) LogDay(*event.day);
    const size_t sources = request_.work.source_uuids.size();
    const auto days_total = static_cast<double>(std::max<int64_t>(event.days_total, 1));
    const auto bytes_total = static_cast<double>(std::max<int64_t>(event.bytes_total, 1));
    const double of_source = std::max(static_cast<double>(event.bytes_done) / bytes_total,
                                      static_cast<double>(event.days_done) / days_total);
    const std::string what =
        sources > 1 ? fmt::format("source {} of {}", sources_done_ + 1, sources) : std::string();
    progress_.Show(what,
                   (static_cast<double>(sources_done_) + of_source) / static_cast<double>(sources),
                   fmt::format("{} of {}", report::WithThousands(event.days_done),
                               report::Counted(event.days_total, "day", "days")));
  }

  void LogDay(const model::DayResult& day) {
    const std::string date = day.day.ToString();
    if (report::WasInterrupted(day)) return;
    if (day.state == model::DayState::kFailed) {
      context_.logger.Error("{} failed: {}", date, day.status.message());
    } else if (day.state == model::DayState::kIncomplete) {
      context_.logger.Warning("{} is incomplete, {} in quarantine", date,
                              report::Counted(static_cast<int64_t>(day.quarantined.size()),
                                              "row or object", "rows or objects"));
    }
  }

  const RunContext& context_;
  const SummarizeRequest& request_;
  Progress progress_;
  observe::LogContext log_context_;
  size_t sources_done_ = 0;
};

}  // namespace

base::Result<int> RunSummarize(const RunContext& context) {
  MATOME_RETURN_IF_ERROR(CheckReportPath(context.settings));
  MATOME_ASSIGN_OR_RETURN(SummarizeRequest request, MakeSummarizeRequest(context.settings));
  WarnThrough(context.logger, request.options.outputs);
  for (const auto& warning : request.warnings) context.logger.Warning("{}", warning);

  report::RunParameters parameters;
  parameters.started_at = UtcNow();
  SummarizeRun run(context, request);
  const report::RunOutcome outcome = run.Run();

  base::Status report_status;
  if (const auto path = context.settings.Text("run-report")) {
    parameters.tracing_id = run.tracing_id();
    parameters.settings = context.settings.Shown();
    parameters.versions = LibraryVersions(request.uses_database, request.uses_s3);
    parameters.threads = request.options.threads;
    parameters.memory_limit_bytes = request.options.memory_limit_bytes;
    report_status = WriteFile(*path, report::FormatRunReport(outcome, parameters));
  }
  // Where nothing could be tried there is no result, only an error. Programs get both in one.
  if (!context.json && outcome.sources.size() == 1 && !outcome.sources[0].status.ok()) {
    return outcome.sources[0].status;
  }
  MATOME_RETURN_IF_ERROR(
      WriteResult(context.json ? report::FormatSummaryJson(outcome)
                               : report::FormatSummary(outcome, {.color = context.color_stdout})));
  MATOME_RETURN_IF_ERROR(std::move(report_status));
  return outcome.exit_code;
}

}  // namespace matome::cli
