// SPDX-License-Identifier: Apache-2.0
#include "datagen/day_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace matome::datagen {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kPageBytes = 4096;
constexpr int64_t kMillisPerHour = 3'600'000;

// Numbers are printed with six decimals on their way into a report.
double SixDecimals(double value) { return std::nearbyint(value * 1e6) / 1e6; }

void SetPodNumbers(const PodSize& size, const Node* node, RowPhase& phase) {
  auto& numbers = phase.numbers;
  numbers[PodRow::kRequestCpu] = SixDecimals(size.request_cpu_cores * kSecondsPerHour);
  numbers[PodRow::kLimitCpu] = SixDecimals(size.limit_cpu_cores * kSecondsPerHour);
  numbers[PodRow::kRequestMemory] = size.request_memory_bytes * kSecondsPerHour;
  numbers[PodRow::kLimitMemory] = size.limit_memory_bytes * kSecondsPerHour;
  if (node == nullptr) return;
  numbers[PodRow::kCapacityCpuCores] = node->cores;
  numbers[PodRow::kCapacityCpuCoreSeconds] = node->cores * kSecondsPerHour;
  numbers[PodRow::kCapacityMemoryBytes] = node->memory_bytes;
  numbers[PodRow::kCapacityMemoryByteSeconds] = node->memory_bytes * kSecondsPerHour;
}

// The hours of the day that lie in [first, end) of the month; none if the result's first is not
// before its end.
std::pair<int32_t, int32_t> HoursOfDay(int32_t first, int32_t end, int32_t day) {
  return {std::clamp(first - day * 24, 0, 24), std::clamp(end - day * 24, 0, 24)};
}

void AddPodPhases(const Cluster& cluster, int32_t day, std::vector<RowPhase>& phases) {
  for (size_t index = 0; index < cluster.pods.size(); ++index) {
    const Pod& pod = cluster.pods[index];
    const auto [first, end] = HoursOfDay(pod.first_hour, pod.end_hour, day);
    if (first >= end) continue;
    const Workload& workload = cluster.workloads[static_cast<size_t>(pod.workload)];

    RowPhase phase;
    phase.pod = static_cast<int32_t>(index);
    phase.texts[PodRow::kNamespace] = cluster.namespaces[workload.namespace_index].name;
    phase.texts[PodRow::kPod] = pod.name;
    phase.texts[PodRow::kLabels] = pod.labels;

    const int32_t scheduled_hour =
        pod.node < 0 ? pod.end_hour : std::min(pod.first_hour + pod.pending_hours, pod.end_hour);
    if (const auto [waits, runs] = HoursOfDay(pod.first_hour, scheduled_hour, day); waits < runs) {
      RowPhase pending = phase;
      pending.texts[PodRow::kNode] = cluster.empty;
      pending.texts[PodRow::kResourceId] = cluster.empty;
      pending.texts[PodRow::kNodeRole] = cluster.empty;
      pending.first_hour = waits;
      pending.end_hour = runs;
      SetPodNumbers(workload.size, nullptr, pending);
      phases.push_back(pending);
    }
    const auto [runs, ends] = HoursOfDay(scheduled_hour, pod.end_hour, day);
    if (runs >= ends) continue;
    const Node& node = cluster.nodes[static_cast<size_t>(pod.node)];
    phase.texts[PodRow::kNode] = node.name;
    phase.texts[PodRow::kResourceId] = node.resource_id;
    phase.texts[PodRow::kNodeRole] = node.role;
    phase.first_hour = runs;
    phase.end_hour = ends;
    phase.usage_cpu_cores = workload.size.usage_cpu_cores * pod.usage_share;
    phase.usage_memory_bytes = workload.size.usage_memory_bytes * pod.usage_share;
    phase.load_curve = workload.load_curve;
    if (scheduled_hour >= day * 24 && scheduled_hour > 0) {
      phase.partial_hour = scheduled_hour - day * 24;
      phase.partial_share = pod.first_hour_share;
    }
    SetPodNumbers(workload.size, &node, phase);
    phases.push_back(phase);
  }
}

void AddStoragePhases(const Cluster& cluster, int32_t day, std::vector<RowPhase>& phases) {
  for (const Volume& volume : cluster.volumes) {
    RowPhase phase;
    phase.texts[StorageRow::kNamespace] = cluster.namespaces[volume.namespace_index].name;
    phase.texts[StorageRow::kPod] = cluster.empty;
    phase.texts[StorageRow::kNode] = cluster.empty;
    phase.texts[StorageRow::kClaim] = volume.claim;
    phase.texts[StorageRow::kVolume] = volume.name;
    phase.texts[StorageRow::kStorageClass] = volume.storage_class;
    phase.texts[StorageRow::kCsiDriver] = volume.csi_driver;
    phase.texts[StorageRow::kCsiVolumeHandle] = volume.csi_volume_handle;
    phase.texts[StorageRow::kVolumeLabels] = volume.volume_labels;
    phase.texts[StorageRow::kClaimLabels] = volume.claim_labels;
    // A volume fills up, by a hundredth of what is free each day.
    const double free_bytes = volume.capacity_bytes - volume.used_bytes;
    const double used_bytes =
        std::floor((volume.used_bytes + free_bytes * day / 100) / kPageBytes) * kPageBytes;
    phase.numbers[StorageRow::kCapacityBytes] = volume.capacity_bytes;
    phase.numbers[StorageRow::kCapacityByteSeconds] = volume.capacity_bytes * kSecondsPerHour;
    phase.numbers[StorageRow::kRequestByteSeconds] = volume.request_bytes * kSecondsPerHour;
    phase.numbers[StorageRow::kUsageByteSeconds] = used_bytes * kSecondsPerHour;
    if (volume.slots == 0) phases.push_back(phase);

    const auto first_slot = static_cast<size_t>(volume.first_slot);
    const size_t end_slot = first_slot + static_cast<size_t>(volume.slots);
    for (size_t index = cluster.first_pod_of_slot[first_slot];
         index < cluster.first_pod_of_slot[end_slot]; ++index) {
      const Pod& pod = cluster.pods[index];
      const auto [first, end] = HoursOfDay(pod.first_hour, pod.end_hour, day);
      if (first >= end) continue;
      RowPhase mounted = phase;
      mounted.texts[StorageRow::kPod] = pod.name;
      mounted.texts[StorageRow::kNode] =
          pod.node < 0 ? cluster.empty : cluster.nodes[static_cast<size_t>(pod.node)].name;
      mounted.first_hour = first;
      mounted.end_hour = end;
      mounted.pod = static_cast<int32_t>(index);
      phases.push_back(mounted);
    }
  }
}

template <typename Owners>
void AddLabelPhases(const Owners& owners, std::vector<RowPhase>& phases) {
  for (const auto& owner : owners) {
    RowPhase phase;
    phase.texts[LabelRow::kOwner] = owner.name;
    phase.texts[LabelRow::kLabels] = owner.labels;
    phases.push_back(phase);
  }
}

void Shuffle(std::vector<size_t>& order, Random& random) {
  for (size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.Below(left)]);
  }
}

// What pods used in an hour: the load of that hour, and chance.
void SetUsage(const Cluster& cluster, std::span<const RowPhase> phases,
              std::span<const size_t> order, int32_t hour_of_month, Random& random,
              std::span<double* const> numbers) {
  const auto hour = static_cast<size_t>(hour_of_month);
  for (size_t row = 0; row < order.size(); ++row) {
    const RowPhase& phase = phases[order[row]];
    const uint64_t bits = random.Next();
    const double cpu_chance = 0.8 + static_cast<double>(bits >> 40) * (0.4 / 0x1p24);
    const double memory_chance = 0.95 + static_cast<double>(bits & 0xffffff) * (0.1 / 0x1p24);
    const double micros = phase.usage_cpu_cores * cluster.load_curves[phase.load_curve][hour] *
                          cpu_chance * (kSecondsPerHour * 1e6);
    const double pages = phase.usage_memory_bytes * memory_chance * (1 / kPageBytes);
    // Adding it leaves a NULL a NULL, and is cheaper than asking.
    numbers[PodRow::kUsageCpu][row] += static_cast<double>(static_cast<int64_t>(micros)) / 1e6;
    numbers[PodRow::kUsageMemory][row] +=
        static_cast<double>(static_cast<int64_t>(pages)) * (kPageBytes * kSecondsPerHour);
  }
}

// A pod that started within the hour has a part of everything but the node's capacity.
void CutPartialHours(std::span<const RowPhase> phases, std::span<const size_t> order, int32_t hour,
                     std::span<double* const> numbers) {
  for (size_t row = 0; row < order.size(); ++row) {
    const RowPhase& phase = phases[order[row]];
    if (phase.partial_hour != hour) continue;
    for (const auto number : {PodRow::kUsageCpu, PodRow::kRequestCpu, PodRow::kLimitCpu}) {
      numbers[number][row] = SixDecimals(numbers[number][row] * phase.partial_share);
    }
    for (const auto number : {PodRow::kUsageMemory, PodRow::kRequestMemory, PodRow::kLimitMemory}) {
      numbers[number][row] = std::nearbyint(numbers[number][row] * phase.partial_share);
    }
  }
}

}  // namespace

std::vector<RowPhase> PhasesOf(GeneratedReport report, const Cluster& cluster, int32_t day) {
  std::vector<RowPhase> phases;
  switch (report) {
    case GeneratedReport::kPods:
      AddPodPhases(cluster, day, phases);
      break;
    case GeneratedReport::kStorage:
      AddStoragePhases(cluster, day, phases);
      break;
    case GeneratedReport::kNodeLabels:
      AddLabelPhases(cluster.nodes, phases);
      break;
    case GeneratedReport::kNamespaceLabels:
      AddLabelPhases(cluster.namespaces, phases);
      break;
  }
  return phases;
}

base::Status AddDayRows(GeneratedReport report, const Cluster& cluster,
                        std::span<const RowPhase> phases, std::span<const EntityId> entities,
                        const DayFiles& files, Random& random, ReportWriter& writer) {
  std::vector<size_t> order;
  std::vector<EntityId> row_entities;
  for (int32_t hour = files.first_hour; hour < files.end_hour; ++hour) {
    order.clear();
    for (size_t index = 0; index < phases.size(); ++index) {
      if (phases[index].first_hour <= hour && hour < phases[index].end_hour) order.push_back(index);
    }
    Shuffle(order, random);
    row_entities.clear();
    for (const size_t index : order) row_entities.push_back(entities[index]);

    const int64_t start_millis =
        files.start_millis == kNullHour ? kNullHour : files.start_millis + hour * kMillisPerHour;
    const auto numbers = writer.AddRows(start_millis, row_entities);
    for (size_t row = 0; row < order.size(); ++row) {
      const RowPhase& phase = phases[order[row]];
      for (size_t number = 0; number < numbers.size(); ++number) {
        numbers[number][row] = phase.numbers[number];
      }
    }
    if (report == GeneratedReport::kPods) {
      SetUsage(cluster, phases, order, files.day * 24 + hour, random, numbers);
      CutPartialHours(phases, order, hour, numbers);
    }
    MATOME_RETURN_IF_ERROR(writer.WriteFullBatches());
  }
  return {};
}

}  // namespace matome::datagen
