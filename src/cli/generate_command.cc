// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "cli/commands.h"
#include "cli/lake.h"
#include "cli/output_targets.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "datagen/generate.h"
#include "observe/resources.h"
#include "report/text.h"

namespace matome::cli {
namespace {

model::Month LastWholeMonth() {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const std::chrono::year_month_day date{today};
  const auto month = std::chrono::year_month{date.year(), date.month()} - std::chrono::months{1};
  return {static_cast<int>(month.year()),
          static_cast<int32_t>(static_cast<unsigned>(month.month()))};
}

base::Result<datagen::GenerateOptions> MakeOptions(const config::Settings& settings) {
  // With sizes of one's own and no profile, what is not given follows from them.
  const bool own_sizes = settings.has("nodes") || settings.has("pods-per-node");
  const auto profile = own_sizes && !settings.has("profile")
                           ? std::nullopt
                           : datagen::ProfileOptions(settings.TextOr("profile", "small"));
  datagen::GenerateOptions options = profile.value_or(datagen::GenerateOptions());
  MATOME_ASSIGN_OR_RETURN(options.output_directory, OnlyDirectory(settings, "./lake"));
  if (const auto schema = settings.Text("schema")) options.account = AccountOf(*schema);
  options.source_uuid = settings.Uuid("source");
  options.month = LastWholeMonth();
  if (const auto month = settings.Text("month")) options.month = *model::Month::Parse(*month);
  options.seed = static_cast<uint64_t>(settings.Count("seed").value_or(1));

  const auto count = [&settings](std::string_view name) -> std::optional<int32_t> {
    const auto value = settings.Count(name);
    return value ? std::optional(static_cast<int32_t>(*value)) : std::nullopt;
  };
  options.clusters = count("clusters").value_or(options.clusters);
  options.nodes = count("nodes").value_or(options.nodes);
  if (const auto pods = count("pods-per-node")) {
    options.pods_per_node = *pods;
    options.pods_per_namespace.reset();
  }
  if (const auto namespaces = count("namespaces")) options.namespaces = namespaces;
  if (const auto volumes = count("volumes")) options.volumes = volumes;
  if (const auto keys = count("label-keys")) options.label_keys = keys;
  options.days = count("days").value_or(options.days);
  options.churn = settings.Fraction("churn").value_or(options.churn);
  options.messy = settings.Switch("messy");
  if (settings.Text("layout") == "monthly") options.layout = datagen::FileLayout::kMonthly;
  options.files_per_day = count("files-per-day").value_or(options.files_per_day);
  options.replace = settings.Switch("replace");
  options.threads = count("threads").value_or(observe::UsableCores());
  return options;
}

std::string ResultText(const datagen::GenerateOptions& options,
                       const datagen::GenerateResult& result) {
  std::string text = fmt::format(
      "{} hourly rows ({} of pods) and {} daily rows in {}, {}, made in {}: {} hourly rows/s\n",
      report::WithThousands(result.hourly_rows), report::WithThousands(result.pod_hourly_rows),
      report::WithThousands(result.daily_rows), report::Counted(result.files, "file", "files"),
      report::BytesText(result.bytes), report::SecondsText(result.seconds),
      report::WithThousands(
          result.seconds > 0 ? static_cast<double>(result.hourly_rows) / result.seconds : 0, 0));
  constexpr size_t kMostListed = 10;
  for (size_t source = 0; source < result.source_uuids.size(); ++source) {
    if (source == kMostListed) {
      text += fmt::format("and {} more sources\n", result.source_uuids.size() - kMostListed);
      break;
    }
    text += fmt::format("source {}\n", result.source_uuids[source]);
  }
  return text + fmt::format("done: {} of {} in {}\n", options.month.ToString(), options.account,
                            options.output_directory);
}

std::string ResultJson(const datagen::GenerateOptions& options,
                       const datagen::GenerateResult& result) {
  const nlohmann::ordered_json json = {{"program", "matome"},
                                       {"command", "generate"},
                                       {"output", options.output_directory},
                                       {"account", options.account},
                                       {"month", options.month.ToString()},
                                       {"sources", result.source_uuids},
                                       {"pod_hourly_rows", result.pod_hourly_rows},
                                       {"hourly_rows", result.hourly_rows},
                                       {"daily_rows", result.daily_rows},
                                       {"files", result.files},
                                       {"bytes", result.bytes},
                                       {"seconds", result.seconds}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

base::Result<int> RunGenerate(const RunContext& context) {
  MATOME_ASSIGN_OR_RETURN(const auto options, MakeOptions(context.settings));
  context.logger.Info("generating {} of {} in {}", options.month.ToString(), options.account,
                      options.output_directory);
  Progress progress(context.logger, context.quiet);
  const auto show = [&progress](const datagen::GenerateProgress& event) {
    const auto total = static_cast<double>(std::max<int64_t>(event.steps_total, 1));
    progress.Show({}, static_cast<double>(event.steps_done) / total,
                  report::WithThousands(event.hourly_rows) + " hourly rows");
  };
  auto result = datagen::Generate(options, show, &StopRequested());
  progress.Finish();
  if (!result.ok()) return std::move(result).status();
  MATOME_RETURN_IF_ERROR(
      WriteResult(context.json ? ResultJson(options, *result) : ResultText(options, *result)));
  return 0;
}

}  // namespace matome::cli
