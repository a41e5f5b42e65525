// SPDX-License-Identifier: Apache-2.0
#include "datagen/generate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "datagen/cluster.h"
#include "datagen/day_rows.h"
#include "datagen/lake_file.h"
#include "datagen/oddities.h"
#include "datagen/random.h"
#include "datagen/report_layout.h"
#include "datagen/report_writer.h"

namespace matome::datagen {
namespace {

constexpr std::array kReports = {GeneratedReport::kPods, GeneratedReport::kStorage,
                                 GeneratedReport::kNodeLabels, GeneratedReport::kNamespaceLabels};
// The folder of a messy lake in which some of the files lie.
constexpr std::string_view kNested = "nested/";

struct Profile {
  std::string_view name;
  int32_t clusters;
  int32_t nodes;  // In all clusters.
  int32_t namespaces;
  int32_t pods_per_namespace;
  int32_t volumes;
};
constexpr std::array<Profile, 6> kProfiles = {{{"small", 1, 15, 10, 5, 48},
                                               {"medium", 2, 49, 20, 8, 89},
                                               {"large", 7, 133, 30, 10, 70},
                                               {"xlarge", 23, 346, 40, 15, 55},
                                               {"p99", 33, 1072, 50, 20, 185},
                                               {"max", 67, 4311, 100, 50, 484}}};

// A version 4 UUID.
std::string MakeUuid(Random& random) {
  const uint64_t high = (random.Next() & 0xffff'ffff'ffff'0fff) | 0x4000;
  const uint64_t low = (random.Next() & 0x3fff'ffff'ffff'ffff) | 0x8000'0000'0000'0000;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffff'ffff'ffff);
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t index = 0; index < text.size(); ++index) {
    const char letter = text[index];
    const bool is_dash = index == 8 || index == 13 || index == 18 || index == 23;
    const bool is_hex = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    if (is_dash ? letter != '-' : !is_hex) return false;
  }
  return true;
}

base::Status CheckOptions(const GenerateOptions& options) {
  const auto at_least = [](std::string_view name, std::optional<int32_t> value, int32_t least) {
    return !value || *value >= least
               ? base::Status()
               : base::Usage(fmt::format("{} must be at least {}, not {}", name, least, *value));
  };
  if (options.output_directory.empty()) return base::Usage("no output directory is given");
  if (options.account.empty() || options.account.find('/') != std::string::npos) {
    return base::Usage(fmt::format("\"{}\" cannot be an account", options.account));
  }
  MATOME_RETURN_IF_ERROR(at_least("the number of clusters", options.clusters, 1));
  MATOME_RETURN_IF_ERROR(
      at_least("the number of nodes, in all clusters,", options.nodes, options.clusters));
  MATOME_RETURN_IF_ERROR(at_least("pods per node", options.pods_per_node, 1));
  MATOME_RETURN_IF_ERROR(at_least("pods per namespace", options.pods_per_namespace, 1));
  MATOME_RETURN_IF_ERROR(at_least("the number of namespaces", options.namespaces, 1));
  MATOME_RETURN_IF_ERROR(at_least("the number of volumes", options.volumes, 0));
  MATOME_RETURN_IF_ERROR(at_least("the number of label keys", options.label_keys, 3));
  MATOME_RETURN_IF_ERROR(at_least("the number of threads", options.threads, 1));
  if (options.days < 0 || options.days > options.month.day_count()) {
    return base::Usage(fmt::format("{} has {} days, not {}", options.month.ToString(),
                                   options.month.day_count(), options.days));
  }
  if (!(options.churn >= 0 && options.churn <= 1)) {
    return base::Usage(fmt::format("churn must be from 0 to 1, not {}", options.churn));
  }
  if (options.files_per_day < 1 || options.files_per_day > 24) {
    return base::Usage(
        fmt::format("files per day must be from 1 to 24, not {}", options.files_per_day));
  }
  if (options.layout == FileLayout::kMonthly && options.files_per_day != 1) {
    return base::Usage("files per day make no sense with one file a month");
  }
  if (options.source_uuid && !IsUuid(*options.source_uuid)) {
    return base::Usage(fmt::format("\"{}\" is not a UUID in lower case", *options.source_uuid));
  }
  if (options.source_uuid && options.clusters > 1) {
    return base::Usage("one source UUID cannot name several clusters");
  }
  return {};
}

ClusterShape ShapeOf(const GenerateOptions& options, int32_t cluster) {
  ClusterShape shape;
  shape.seed = options.seed;
  shape.cluster_index = cluster;
  shape.month = options.month;
  shape.days = options.days == 0 ? options.month.day_count() : options.days;
  const auto nodes_before = [&](int64_t clusters) {
    return clusters * options.nodes / options.clusters;
  };
  shape.nodes = static_cast<int32_t>(nodes_before(cluster + 1) - nodes_before(cluster));
  shape.pods = options.pods_per_node * shape.nodes;
  shape.namespaces = options.namespaces.value_or(std::max(10, shape.pods / 20));
  if (options.pods_per_namespace) shape.pods = *options.pods_per_namespace * shape.namespaces;
  shape.volumes = options.volumes.value_or(shape.pods / 8);
  shape.churn = options.churn;
  shape.label_keys = options.label_keys;
  return shape;
}

// What the workers of one run share.
class Run {
 public:
  Run(const GenerateOptions& options, const std::function<void(const GenerateProgress&)>& progress,
      const std::atomic<bool>* stop)
      : options_(options), progress_(progress), stop_(stop) {
    const int64_t days = options.days == 0 ? options.month.day_count() : options.days;
    progress_state_.steps_total = options.clusters * static_cast<int64_t>(kReports.size()) *
                                  (options.layout == FileLayout::kDaily ? days : 1);
  }

  bool stopped() const { return failed_ || (stop_ != nullptr && *stop_); }

  void Fail(base::Status status) {
    const std::lock_guard lock(mutex_);
    if (!failed_.exchange(true)) error_ = std::move(status);
  }

  void StepDone(GeneratedReport report, const WrittenCounts& counts) {
    const std::lock_guard lock(mutex_);
    result_.hourly_rows += counts.hourly_rows;
    if (report == GeneratedReport::kPods) result_.pod_hourly_rows += counts.hourly_rows;
    result_.daily_rows += counts.daily_rows;
    result_.files += counts.files;
    result_.bytes += counts.bytes;
    ++progress_state_.steps_done;
    progress_state_.hourly_rows = result_.hourly_rows;
    progress_state_.bytes = result_.bytes;
    if (progress_) progress_(progress_state_);
  }

  base::Status status() {
    const std::lock_guard lock(mutex_);
    if (!error_.ok()) return error_;
    if (stop_ != nullptr && *stop_) return {base::Code::kInterrupted, "interrupted"};
    return {};
  }

  const GenerateOptions& options() const { return options_; }
  GenerateResult& result() { return result_; }

 private:
  const GenerateOptions& options_;
  const std::function<void(const GenerateProgress&)>& progress_;
  const std::atomic<bool>* stop_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;  // Guards what follows.
  base::Status error_;
  GenerateProgress progress_state_;
  GenerateResult result_;
};

// Writes the lake of one cluster, which is one source.
class ClusterLake {
 public:
  ClusterLake(Run& run, int32_t cluster_index)
      : run_(run),
        options_(run.options()),
        cluster_(MakeCluster(ShapeOf(options_, cluster_index))) {
    Random random(options_.seed, {static_cast<uint64_t>(cluster_index), 'S'});
    source_uuid_ = MakeUuid(random);
    if (options_.source_uuid) source_uuid_ = *options_.source_uuid;
    manifest_uuid_ = MakeUuid(random);
    first_manifest_ = 100'000 + random.Below(900'000);
    if (options_.messy) oddities_.emplace(cluster_);
  }

  const std::string& source_uuid() const { return source_uuid_; }

  base::Status Write() {
    MATOME_RETURN_IF_ERROR(MakePlaces());
    const int32_t parts = options_.layout == FileLayout::kDaily ? cluster_.shape.days : 1;
    const auto steps = static_cast<int32_t>(kReports.size()) * parts;
    std::atomic<int32_t> next_step = 0;
    const auto work = [&] {
      // The pods of all days come first: they are most of the work.
      for (int32_t step = next_step++; step < steps && !run_.stopped(); step = next_step++) {
        const GeneratedReport report = kReports[static_cast<size_t>(step / parts)];
        const int32_t day = step % parts;
        auto status = options_.layout == FileLayout::kDaily
                          ? WriteDays(report, day, day + 1)
                          : WriteDays(report, 0, cluster_.shape.days);
        if (!status.ok()) run_.Fail(std::move(status));
      }
    };
    std::vector<std::jthread> workers;
    for (int32_t worker = 1; worker < std::min(options_.threads, steps); ++worker) {
      workers.emplace_back(work);
    }
    work();
    workers.clear();
    return run_.status();
  }

 private:
  ReportPlace PlaceOf(GeneratedReport report) const {
    const auto directory = [&](std::string_view root) {
      return fmt::format("{}/{}/{}/OCP/{}/source={}/year={}/month={:02}/",
                         options_.output_directory, root, options_.account,
                         LayoutOf(report).report_type, source_uuid_, options_.month.year,
                         options_.month.month);
    };
    return {directory("data/parquet"), directory("data/parquet/daily"), options_.month};
  }

  base::Status MakePlaces() const {
    for (const GeneratedReport report : kReports) {
      const ReportPlace place = PlaceOf(report);
      for (const std::string& directory : {place.hourly_directory, place.daily_directory}) {
        MATOME_RETURN_IF_ERROR(Clear(directory));
        MATOME_RETURN_IF_ERROR(MakeDirectories(directory));
        if (!oddities_) continue;
        MATOME_RETURN_IF_ERROR(MakeDirectories(directory + std::string(kNested)));
        MATOME_RETURN_IF_ERROR(WriteStrayObjects(directory));
      }
    }
    return {};
  }

  base::Status Clear(const std::string& directory) const {
    std::error_code error;
    if (!std::filesystem::exists(directory, error)) return {};
    if (options_.replace) {
      std::filesystem::remove_all(directory, error);
    } else if (!std::filesystem::is_empty(directory, error) && !error) {
      return base::Usage(
          fmt::format("{} already holds reports of source {} and {}: choose another directory or "
                      "seed, or have them replaced",
                      options_.output_directory, source_uuid_, options_.month.ToString()));
    }
    return error ? base::Failed(fmt::format("cannot look into {}: {}", directory, error.message()))
                 : base::Status();
  }

  std::string BaseName(GeneratedReport report, int32_t day, int32_t counter) const {
    const ReportLayout& layout = LayoutOf(report);
    if (options_.layout == FileLayout::kMonthly) {
      return fmt::format("{}-cm-openshift-{}-{}{:02}.0", manifest_uuid_, layout.csv_name,
                         options_.month.year, options_.month.month);
    }
    const bool is_nested = oddities_ && day % 7 == 3;
    return fmt::format("{}{}.{}.{}.{}", is_nested ? kNested : "", layout.report_type,
                       (options_.month.first_day() + day).ToString(),
                       first_manifest_ + static_cast<uint32_t>(day), counter);
  }

  // Writes days from `first` to before `end`, together one file or as many as the options say.
  base::Status WriteDays(GeneratedReport report, int32_t first, int32_t end) {
    ReportWriter writer(LayoutOf(report), cluster_.texts, PlaceOf(report));
    const int32_t parts = options_.files_per_day;
    if (options_.layout == FileLayout::kMonthly) writer.BeginFile(BaseName(report, 0, 0), {});
    for (int32_t day = first; day < end && !run_.stopped(); ++day) {
      std::vector<RowPhase> phases = PhasesOf(report, cluster_, day);
      if (oddities_) oddities_->Alter(report, day, phases);
      std::vector<EntityId> entities;
      for (const RowPhase& phase : phases) entities.push_back(writer.AddEntity(phase.texts));

      Random random(options_.seed,
                    {static_cast<uint64_t>(cluster_.shape.cluster_index),
                     static_cast<uint64_t>(report), static_cast<uint64_t>(day), 'R'});
      DayFiles hours = {.day = day,
                        .start_millis = (options_.month.first_day() + day).start_millis()};
      for (int32_t part = 0; part < parts; ++part) {
        hours.first_hour = part * 24 / parts;
        hours.end_hour = (part + 1) * 24 / parts;
        if (options_.layout == FileLayout::kDaily) {
          BeginDayFile(report, day, part, phases.size() * static_cast<size_t>(24 / parts), writer);
        }
        MATOME_RETURN_IF_ERROR(
            AddDayRows(report, cluster_, phases, entities, hours, random, writer));
        if (part + 1 == parts) {
          MATOME_RETURN_IF_ERROR(AddStrayRows(report, phases, entities, hours, random, writer));
        }
        if (options_.layout == FileLayout::kDaily) MATOME_RETURN_IF_ERROR(writer.EndFile());
      }
    }
    if (run_.stopped()) return {};  // Rows of a month's unfinished file are dropped.
    MATOME_RETURN_IF_ERROR(writer.EndFile());
    run_.StepDone(report, writer.counts());
    return {};
  }

  void BeginDayFile(GeneratedReport report, int32_t day, int32_t part, size_t row_estimate,
                    ReportWriter& writer) const {
    FileForm form;
    size_t batch_rows = ReportWriter::kBatchRows;
    if (oddities_) {
      form = oddities_->FormOf(report, day);
      // Every other day comes in several batches.
      if (day % 2 == 1) batch_rows = std::min(batch_rows, row_estimate / 3 + 1);
    }
    writer.BeginFile(BaseName(report, day, part), std::move(form), batch_rows);
  }

  // A few rows of a messy lake's day belong to other months, or to no time.
  base::Status AddStrayRows(GeneratedReport report, std::span<const RowPhase> phases,
                            std::span<const EntityId> entities, DayFiles hours, Random& random,
                            ReportWriter& writer) const {
    if (!oddities_) return {};
    const size_t count = std::min<size_t>(phases.size(), 6);
    for (const int64_t start_millis : oddities_->StrayDays(hours.day)) {
      hours.start_millis = start_millis;
      MATOME_RETURN_IF_ERROR(AddDayRows(report, cluster_, phases.first(count),
                                        entities.first(count), hours, random, writer));
    }
    return {};
  }

  Run& run_;
  const GenerateOptions& options_;
  Cluster cluster_;
  std::optional<Oddities> oddities_;
  std::string source_uuid_;
  std::string manifest_uuid_;
  uint32_t first_manifest_ = 0;
};

}  // namespace

std::optional<GenerateOptions> ProfileOptions(std::string_view profile) {
  const auto found = std::ranges::find(kProfiles, profile, &Profile::name);
  if (found == kProfiles.end()) return std::nullopt;
  GenerateOptions options;
  options.clusters = found->clusters;
  options.nodes = found->nodes;
  options.namespaces = found->namespaces;
  options.pods_per_namespace = found->pods_per_namespace;
  options.volumes = found->volumes;
  return options;
}

base::Result<GenerateResult> Generate(const GenerateOptions& options,
                                      const std::function<void(const GenerateProgress&)>& progress,
                                      const std::atomic<bool>* stop) {
  MATOME_RETURN_IF_ERROR(CheckOptions(options));
  const auto start = std::chrono::steady_clock::now();
  Run run(options, progress, stop);
  for (int32_t cluster = 0; cluster < options.clusters && !run.stopped(); ++cluster) {
    ClusterLake lake(run, cluster);
    MATOME_RETURN_IF_ERROR(lake.Write());
    run.result().source_uuids.push_back(lake.source_uuid());
  }
  MATOME_RETURN_IF_ERROR(run.status());
  run.result().seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(run.result());
}

}  // namespace matome::datagen
