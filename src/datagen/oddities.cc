// SPDX-License-Identifier: Apache-2.0
#include "datagen/oddities.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "datagen/lake_file.h"

namespace matome::datagen {
namespace {

using base::kNullText;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int32_t kNoon = 12;

// The rows of the afternoon as a phase of their own, for the caller to change; the rows as they are
// if there is no other half.
RowPhase& Afternoon(std::vector<RowPhase>& phases, size_t index) {
  RowPhase& phase = phases[index];
  if (phase.first_hour >= kNoon || phase.end_hour <= kNoon) return phase;
  RowPhase afternoon = phase;
  phase.end_hour = kNoon;
  afternoon.first_hour = kNoon;
  return phases.emplace_back(afternoon);
}

}  // namespace

Oddities::Oddities(Cluster& cluster) : cluster_(cluster) {
  base::Interner& texts = cluster.texts;
  for (const std::string_view name :
       {"openshift", "kube-", "Worker unallocated", "Platform unallocated"}) {
    special_namespaces_.push_back(texts.Intern(name));
  }
  labels_one_way_ = texts.Intern(R"({"app": "two-orders", "env": "prod"})");
  labels_other_way_ = texts.Intern(R"({"env": "prod", "app": "two-orders"})");
  labels_other_team_ = texts.Intern(R"({"env": "other", "team": "another"})");
  labels_beyond_ascii_ =
      texts.Intern(R"({"app": "caf\u00e9", "team": "\ud83d\ude00 \"quoted\" \\ \t"})");
  labels_empty_texts_ = texts.Intern(R"({"": "", "env": ""})");
  no_such_pod_ = texts.Intern("no-such-pod");
  other_resource_id_ = texts.Intern("i-0ffffffffffffffff");

  for (size_t index = 0; index < cluster.nodes.size(); ++index) {
    if (index % 7 == 4) cluster.nodes[index].role = cluster.empty;
    if (index % 7 == 5) cluster.nodes[index].role = kNullText;
    if (index % 7 == 6) cluster.nodes[index].role = texts.Intern("storage");
    if (index % 9 == 7) cluster.nodes[index].resource_id = cluster.empty;
  }
  // Claims with a second volume, and volumes with a second handle.
  const size_t volumes = cluster.volumes.size();
  for (size_t index = 0; index < volumes; index += 3) {
    Volume volume = cluster.volumes[index];
    volume.csi_volume_handle = texts.Intern("vol-second");
    if (index % 2 == 0) {
      volume.name = texts.Intern(std::string(texts.text(volume.name)) + "-second");
    }
    cluster.volumes.push_back(volume);
  }
}

bool Oddities::MountsVolume(const RowPhase& phase) const {
  const Pod& pod = cluster_.pods[static_cast<size_t>(phase.pod)];
  return cluster_.workloads[static_cast<size_t>(pod.workload)].has_volume;
}

void Oddities::AlterPod(size_t oddity, std::vector<RowPhase>& phases, size_t index) const {
  RowPhase& phase = phases[index];
  auto& texts = phase.texts;
  switch (oddity) {
    case 0:
      texts[PodRow::kNamespace] = kNullText;
      break;
    case 1:
      texts[PodRow::kNamespace] = cluster_.empty;
      break;
    case 2:
      texts[PodRow::kNamespace] = special_namespaces_[index / 4 % special_namespaces_.size()];
      break;
    case 3:
      texts[PodRow::kLabels] = kNullText;
      break;
    case 4:
      texts[PodRow::kLabels] = cluster_.no_labels;
      break;
    case 5:
      Afternoon(phases, index).texts[PodRow::kLabels] = kNullText;
      break;
    case 6:
      texts[PodRow::kLabels] = labels_one_way_;
      Afternoon(phases, index).texts[PodRow::kLabels] = labels_other_way_;
      break;
    case 7:
      // A volume all of whose nodes are NULL makes a summary fail.
      if (!MountsVolume(phase)) texts[PodRow::kNode] = kNullText;
      break;
    case 8:
      Afternoon(phases, index).texts[PodRow::kNode] = cluster_.empty;
      break;
    case 9: {
      const Node& node = cluster_.nodes[index % cluster_.nodes.size()];
      RowPhase& later = Afternoon(phases, index);
      later.texts[PodRow::kNode] = node.name;
      later.texts[PodRow::kResourceId] = node.resource_id;
      break;
    }
    case 10:
      texts[PodRow::kResourceId] = cluster_.empty;
      break;
    case 11:
      Afternoon(phases, index).texts[PodRow::kResourceId] = cluster_.empty;
      break;
    case 12:
      Afternoon(phases, index).texts[PodRow::kResourceId] = kNullText;
      break;
    case 13:
      texts[PodRow::kResourceId] = other_resource_id_;
      break;
    case 14:
      texts[PodRow::kPod] = kNullText;
      break;
    case 15:
      texts[PodRow::kPod] = cluster_.empty;
      break;
    case 16:
      phase.numbers[PodRow::kUsageCpu] = kNull;
      break;
    case 17:
      phase.numbers[PodRow::kRequestCpu] = kNull;
      break;
    case 18:
      phase.numbers[PodRow::kUsageMemory] = kNull;
      phase.numbers[PodRow::kRequestMemory] = kNull;
      break;
    case 19:
      Afternoon(phases, index).numbers[PodRow::kLimitCpu] = kNull;
      break;
    case 20: {
      RowPhase& later = Afternoon(phases, index);
      for (int number = PodRow::kCapacityCpuCores; number < PodRow::kNumberCount; ++number) {
        later.numbers[static_cast<size_t>(number)] = kNull;
      }
      break;
    }
    case 21:
      Afternoon(phases, index).numbers[PodRow::kCapacityCpuCoreSeconds] -= 400;
      break;
    case 22:
      texts[PodRow::kLabels] = labels_beyond_ascii_;
      break;
    case 23:
      texts[PodRow::kLabels] = labels_empty_texts_;
      break;
    default:
      texts[PodRow::kNodeRole] = kNullText;
      break;
  }
}

void Oddities::AlterStorage(size_t oddity, std::vector<RowPhase>& phases, size_t index) const {
  RowPhase& phase = phases[index];
  auto& texts = phase.texts;
  switch (oddity) {
    case 0:
      texts[StorageRow::kNamespace] = kNullText;
      break;
    case 1:
      texts[StorageRow::kPod] = kNullText;
      break;
    case 2:
      texts[StorageRow::kPod] = no_such_pod_;
      break;
    case 3:
      texts[StorageRow::kClaim] = kNullText;
      break;
    case 4:
      texts[StorageRow::kClaim] = cluster_.empty;
      break;
    case 5:
      texts[StorageRow::kVolume] = kNullText;
      break;
    case 6:
      texts[StorageRow::kVolume] = cluster_.empty;
      break;
    case 7:
      texts[StorageRow::kStorageClass] = kNullText;
      break;
    case 8:
      texts[StorageRow::kStorageClass] = cluster_.empty;
      break;
    case 9:
      texts[StorageRow::kCsiVolumeHandle] = kNullText;
      break;
    case 10:
      Afternoon(phases, index).texts[StorageRow::kCsiVolumeHandle] = cluster_.empty;
      break;
    case 11:
      texts[StorageRow::kVolumeLabels] = kNullText;
      break;
    case 12:
      Afternoon(phases, index).texts[StorageRow::kClaimLabels] = kNullText;
      break;
    case 13:
      Afternoon(phases, index).texts[StorageRow::kVolumeLabels] = labels_other_team_;
      break;
    case 14:
      phase.numbers[StorageRow::kUsageByteSeconds] = kNull;
      break;
    case 15:
      texts[StorageRow::kNamespace] = cluster_.empty;
      break;
    default:
      phase.numbers[StorageRow::kCapacityBytes] = kNull;
      break;
  }
}

void Oddities::AlterLabels(size_t oddity, std::vector<RowPhase>& phases, size_t index) const {
  auto& texts = phases[index].texts;
  switch (oddity) {
    case 0:
      texts[LabelRow::kLabels] = kNullText;
      break;
    case 1:
      Afternoon(phases, index).texts[LabelRow::kLabels] = kNullText;
      break;
    case 2:
      Afternoon(phases, index).texts[LabelRow::kLabels] = cluster_.no_labels;
      break;
    case 3:
      Afternoon(phases, index).texts[LabelRow::kLabels] = labels_other_team_;
      break;
    case 4:
      texts[LabelRow::kLabels] = kNullText;
      Afternoon(phases, index).texts[LabelRow::kLabels] = cluster_.no_labels;
      break;
    case 5:
      texts[LabelRow::kOwner] = kNullText;
      break;
    case 6:
      texts[LabelRow::kOwner] = cluster_.empty;
      break;
    default:
      phases[index].end_hour = phases[index].first_hour;
      break;  // Has no labels that day.
  }
}

void Oddities::Alter(GeneratedReport report, int32_t day, std::vector<RowPhase>& phases) const {
  constexpr size_t kEvery = 3;
  constexpr size_t kPodOddities = 25;
  constexpr size_t kStorageOddities = 17;
  constexpr size_t kLabelOddities = 8;
  const size_t count = phases.size();
  const auto turn = static_cast<size_t>(day);
  for (size_t index = turn % kEvery; index < count; index += kEvery) {
    const size_t oddity = index / kEvery + turn * 7;
    switch (report) {
      case GeneratedReport::kPods:
        AlterPod(oddity % kPodOddities, phases, index);
        break;
      case GeneratedReport::kStorage:
        AlterStorage(oddity % kStorageOddities, phases, index);
        break;
      case GeneratedReport::kNodeLabels:
      case GeneratedReport::kNamespaceLabels:
        AlterLabels(oddity % kLabelOddities, phases, index);
        break;
    }
  }
}

FileForm Oddities::FormOf(GeneratedReport report, int32_t day) const {
  FileForm form;
  if (report == GeneratedReport::kPods) {
    if (day % 6 == 1) form.not_sent = {"node_role"};
    if (day % 6 == 3) {
      form.missing = {"node_role", "pod_effective_usage_cpu_core_seconds",
                      "pod_effective_usage_memory_byte_seconds"};
    }
    form.hourly = cluster_.shape.days < 2 || day != cluster_.shape.days / 2;
  }
  if (report == GeneratedReport::kStorage) {
    if (day % 6 == 2) form.not_sent = {"node", "csi_driver", "csi_volume_handle"};
    if (day % 6 == 4) form.missing = {"node", "csi_driver", "csi_volume_handle"};
  }
  if (day % 4 == 0) form.dictionary_page_bytes = 1024;
  if (day % 4 == 2) form.dictionary_page_bytes = 0;
  if (day % 3 == 1) form.daily_null_seed = cluster_.shape.seed + static_cast<uint64_t>(day) + 1;
  return form;
}

std::vector<int64_t> Oddities::StrayDays(int32_t day) const {
  const model::Month& month = cluster_.shape.month;
  if (day % 5 != 2) return {};
  return {(month.first_day() + -1).start_millis(), (month.last_day() + 1).start_millis(),
          kNullHour};
}

base::Status WriteStrayObjects(const std::string& directory) {
  constexpr std::string_view kNotParquet = "this is not Parquet";
  struct Stray {
    std::string_view folder;
    std::string_view name;
    std::string_view content;
  };
  for (const Stray& stray :
       {Stray{"", "_SUCCESS", ""}, Stray{"", ".part-0.crc", kNotParquet},
        Stray{"_temporary/", "part-0.parquet", kNotParquet},
        Stray{"nested/.hidden/", "part-0.parquet", kNotParquet}, Stray{"", "empty.parquet", ""}}) {
    const std::string folder = directory + std::string(stray.folder);
    MATOME_RETURN_IF_ERROR(MakeDirectories(folder));
    MATOME_ASSIGN_OR_RETURN(LakeFile file, LakeFile::Create(folder + std::string(stray.name)));
    MATOME_RETURN_IF_ERROR(
        file.Write({reinterpret_cast<const uint8_t*>(stray.content.data()), stray.content.size()}));
    MATOME_RETURN_IF_ERROR(std::move(file).Commit().status());
  }
  return {};
}

}  // namespace matome::datagen
