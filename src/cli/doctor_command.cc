// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/commands.h"
#include "cli/output_targets.h"
#include "cli/stores.h"
#include "cli/summarize_request.h"
#include <fmt/format.h>

#include "catalog/month_catalog.h"
#include "doctor/database_checks.h"
#include "doctor/lake_checks.h"
#include "doctor/output_checks.h"
#include "doctor/s3_checks.h"
#include "pipeline/month_plan.h"
#include "pipeline/parallel.h"

namespace matome::cli {
namespace {

/// What the day files of a month may take: less than the reports they are made of.
int64_t WantedDiskBytes(const catalog::MonthCatalog& month) { return month.listed_bytes; }

class Doctor {
 public:
  explicit Doctor(const config::Settings& settings) : settings_(settings) {}

  doctor::Checks Run() && {
    CheckConfiguration();
    // What a store does not do now it does not do later either, and each try takes its time.
    const bool stores_work = CheckStores();
    if (stores_work || !input_.s3) CheckLake();
    if (outputs_.tree && (stores_work || !outputs_.tree->s3)) {
      for (const auto& source : work_.source_uuids)
        Add(doctor::CheckTree(*outputs_.tree, source, months_));
      if (wanted_disk_bytes_ > 0 && !outputs_.tree->s3)
        checks_.push_back(doctor::CheckFreeDisk(outputs_.tree->directory, wanted_disk_bytes_));
    }
    if (outputs_.database) {
      Add(doctor::CheckDatabase(*outputs_.database, {.source_uuids = work_.source_uuids,
                                                     .months = months_,
                                                     .fill_reference_tables = settings_.Switch(
                                                         "fill-reference-tables")}));
    }
    return std::move(checks_);
  }

 private:
  void Add(doctor::Checks checks) {
    std::move(checks.begin(), checks.end(), std::back_inserter(checks_));
  }

  bool CheckStores() {
    const doctor::Checks checks =
        doctor::CheckStores(input_.s3, outputs_.tree ? outputs_.tree->s3 : std::nullopt);
    Add(checks);
    return doctor::ExitCodeOf(checks) == 0;
  }

  void CheckConfiguration() {
    auto input = FindInput(settings_);
    if (!input.ok()) {
      checks_.push_back(doctor::Failure("configuration", input.status(), "see matome help doctor"));
      return;
    }
    input_ = *std::move(input);
    auto outputs = FindOutputTargets(settings_);
    if (!outputs.ok()) {
      checks_.push_back(
          doctor::Failure("configuration", outputs.status(), "see matome help doctor"));
      return;
    }
    outputs_ = *std::move(outputs);
    if (!settings_.warnings().empty()) {
      checks_.push_back(doctor::Warning("configuration",
                                        fmt::format("{}", fmt::join(settings_.warnings(), "; ")),
                                        "correct or unset what nothing reads"));
      return;
    }
    const auto file = settings_.Text("config");
    checks_.push_back(doctor::Ok("configuration", file ? *file : "no file, all as given"));
  }

  void CheckLake() {
    auto request = MakeSummarizeRequest(settings_);
    if (!request.ok()) {
      checks_.push_back(doctor::Failure("lake", request.status(),
                                        "what summarize would work on must be there to be read"));
      return;
    }
    work_ = request->work;
    checks_.push_back(doctor::Ok(
        "lake", fmt::format("{}, account {}, from {} to {}", request->input, work_.account,
                            work_.days.first.ToString(), work_.days.last.ToString())));
    const auto& options = request->options;
    const int reads = request->lake->read_shape().reads_in_flight;
    const auto side_by_side = [reads](size_t count, const std::function<void(size_t)>& fn) {
      pipeline::ParallelFor(count, reads, [&fn](size_t index, int) { fn(index); });
    };
    for (const auto part : pipeline::SplitByMonth(work_.days))
      months_.push_back(model::Month::Of(part.first));
    for (const auto& source : work_.source_uuids) {
      for (const auto month : months_) {
        const auto catalog =
            catalog::ReadCatalog(*request->lake, work_.account, source, month, side_by_side);
        if (!catalog.ok()) {
          checks_.push_back(doctor::Failure("lake", catalog.status(),
                                            "the lake must be readable for the user of matome"));
          continue;
        }
        Add(doctor::CheckMonth(*catalog, source));
        wanted_disk_bytes_ += WantedDiskBytes(*catalog);
        if (!catalog->files.empty()) {
          checks_.push_back(
              doctor::CheckMemory(*catalog, options.threads, options.memory_limit_bytes));
        }
      }
    }
  }

  const config::Settings& settings_;
  Input input_;
  OutputTargets outputs_;
  Work work_;
  std::vector<model::Month> months_;
  int64_t wanted_disk_bytes_ = 0;
  doctor::Checks checks_;
};

}  // namespace

int ShowUnusableConfiguration(const base::Status& status, bool json) {
  const doctor::Checks checks = {
      doctor::Failure("configuration", status, "correct it; see matome help settings")};
  const base::Status written =
      WriteResult(json ? doctor::FormatChecksJson(checks) : doctor::FormatChecks(checks, false));
  return base::ExitCodeOf(written.ok() ? status.code() : written.code());
}

base::Result<int> RunDoctor(const RunContext& context) {
  const doctor::Checks checks = Doctor(context.settings).Run();
  MATOME_RETURN_IF_ERROR(WriteResult(context.json
                                         ? doctor::FormatChecksJson(checks)
                                         : doctor::FormatChecks(checks, context.color_stdout)));
  return doctor::ExitCodeOf(checks);
}

}  // namespace matome::cli
