// SPDX-License-Identifier: Apache-2.0
#include "testing/random_fault.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/naive_labels.h"

namespace matome::testing {
namespace {

using Text = std::optional<std::string>;
using Number = std::optional<double>;

enum class Fault : uint8_t {
  kBrokenLabels,
  kDuplicateKey,
  kNestedValue,
  kBlankLabels,
  kNotAnObject,
  kNullLabels,
  kLoneSurrogate,
  kNulInLabel,
  kNulInName,
  kLongName,
  kNan,
  kInfinity,
  kHugeNumber,
  kLargestNumber,
  kNodesAllNull,
  kCount,
};

class FaultInjector {
 public:
  FaultInjector(const SummaryParameters& parameters, RandomSource* random, Dataset* dataset)
      : parameters_(parameters), random_(random), dataset_(dataset) {}

  void Inject(Fault fault) {
    static constexpr std::array<std::string_view, 17> kBroken = {"{",
                                                                 "{\"a\": \"b\",}",
                                                                 "{\"a\" \"b\"}",
                                                                 "{'a': 'b'}",
                                                                 "{\"a\": NaN}",
                                                                 "{\"a\": 01}",
                                                                 "{\"a\": \"\t\"}",
                                                                 "{\"a\": \"b\"} x",
                                                                 "{\"a\": .5}",
                                                                 "{\"a\": 1.}",
                                                                 "{\"a\": \"\\x\"}",
                                                                 "{\"a\": \"\\u12g4\"}",
                                                                 "{\"a\": tru}",
                                                                 "/**/{}",
                                                                 "{a: 1}",
                                                                 "{}{}",
                                                                 "{\"a\": +1}"};
    static constexpr std::array<std::string_view, 5> kNotObjects = {"[]", "1", "\"text\"", "true",
                                                                    "[{\"a\": 1}]"};
    switch (fault) {
      case Fault::kBrokenLabels:
        return SpoilLabels(std::string(random_->Pick(kBroken)));
      case Fault::kDuplicateKey:
        return SpoilLabels(random_->Percent(50) ? R"({"env": "one", "env": "two"})"
                                                : R"({"never": "one", "nev\u0065r": "one"})");
      case Fault::kNestedValue:
        return SpoilLabels(random_->Percent(50) ? R"({"never": {}})" : R"({"env": [1, null]})");
      case Fault::kBlankLabels:
        return SpoilLabels(random_->Percent(50) ? "" : "   ");
      case Fault::kNotAnObject:
        return SpoilLabels(std::string(random_->Pick(kNotObjects)));
      case Fault::kNullLabels:
        return SpoilLabels("null");
      case Fault::kLoneSurrogate:
        return SpoilLabels(R"({"env": "\ud83d\ud83d\ude00"})");
      case Fault::kNulInLabel:
        return SpoilLabels(NaiveCanonicalText(
            {{parameters_.enabled_keys.empty() ? "vm_kubevirt_io_name"
                                               : random_->Pick(parameters_.enabled_keys),
              std::string("x\0", 2)}}));
      case Fault::kNulInName:
        return SpoilName(std::string("n\0m", 3));
      case Fault::kLongName:
        return SpoilName(std::string(254, 'l'));
      case Fault::kNan:
        return SpoilNumber(std::numeric_limits<double>::quiet_NaN());
      case Fault::kInfinity:
        return SpoilNumber(random_->Percent(50) ? std::numeric_limits<double>::infinity()
                                                : -std::numeric_limits<double>::infinity());
      case Fault::kHugeNumber:
        return SpoilNumber(random_->Percent(50) ? 1e300 : 5e33);
      case Fault::kLargestNumber:
        return SpoilNumber(999999999999999872.0);
      case Fault::kNodesAllNull:
        return LoseNodes();
      case Fault::kCount:
        return;
    }
  }

 private:
  void SpoilLabels(std::string text) {
    std::vector<Text*> places;
    for (LabelRow& row : dataset_->node_labels) {
      places.push_back(&row.labels);
    }
    for (LabelRow& row : dataset_->namespace_labels) {
      places.push_back(&row.labels);
    }
    for (PodRow& row : dataset_->pod_daily) {
      places.push_back(&row.pod_labels);
    }
    for (StorageRow& row : dataset_->storage) {
      places.push_back(&row.persistentvolume_labels);
      places.push_back(&row.persistentvolumeclaim_labels);
    }
    if (!places.empty()) {
      *random_->Pick(places) = std::move(text);
    }
  }

  void SpoilName(std::string text) {
    if (!dataset_->storage.empty() && random_->Percent(50)) {
      StorageRow& row = dataset_->storage[random_->Below(dataset_->storage.size())];
      const std::array<Text*, 5> places = {&row.namespace_, &row.persistentvolumeclaim,
                                           &row.persistentvolume, &row.storageclass,
                                           &row.csi_volume_handle};
      *random_->Pick(places) = std::move(text);
    } else if (!dataset_->pod_daily.empty()) {
      PodRow& row = dataset_->pod_daily[random_->Below(dataset_->pod_daily.size())];
      const std::array<Text*, 4> places = {&row.namespace_, &row.node, &row.pod, &row.resource_id};
      *random_->Pick(places) = std::move(text);
    }
  }

  void SpoilNumber(double number) {
    const uint64_t which = random_->Below(3);
    if (which == 0 && !dataset_->storage.empty()) {
      StorageRow& row = dataset_->storage[random_->Below(dataset_->storage.size())];
      const std::array<Number*, 4> places = {&row.persistentvolumeclaim_capacity_bytes,
                                             &row.persistentvolumeclaim_capacity_byte_seconds,
                                             &row.volume_request_storage_byte_seconds,
                                             &row.persistentvolumeclaim_usage_byte_seconds};
      *random_->Pick(places) = number;
    } else if (which == 1 && !dataset_->pod_hourly.empty()) {
      PodRow& row = dataset_->pod_hourly[random_->Below(dataset_->pod_hourly.size())];
      const std::array<Number*, 2> places = {&row.node_capacity_cpu_core_seconds,
                                             &row.node_capacity_memory_byte_seconds};
      *random_->Pick(places) = number;
    } else if (!dataset_->pod_daily.empty()) {
      PodRow& row = dataset_->pod_daily[random_->Below(dataset_->pod_daily.size())];
      const std::array<Number*, 6> places = {
          &row.pod_usage_cpu_core_seconds,    &row.pod_request_cpu_core_seconds,
          &row.pod_limit_memory_byte_seconds, &row.pod_effective_usage_memory_byte_seconds,
          &row.node_capacity_cpu_cores,       &row.node_capacity_memory_bytes};
      *random_->Pick(places) = number;
    }
  }

  /// Takes the node from every pod that mounts some volume.
  void LoseNodes() {
    if (dataset_->storage.empty()) {
      return;
    }
    const StorageRow& volume = random_->Pick(dataset_->storage);
    for (const StorageRow& mount : dataset_->storage) {
      for (PodRow& pod : dataset_->pod_daily) {
        if (mount.persistentvolume == volume.persistentvolume && pod.pod == mount.pod &&
            pod.namespace_ == mount.namespace_) {
          pod.node = std::nullopt;
        }
      }
    }
  }

  const SummaryParameters& parameters_;
  RandomSource* random_;
  Dataset* dataset_;
};

}  // namespace

void InjectRandomFault(const SummaryParameters& parameters, RandomSource* random,
                       Dataset* dataset) {
  FaultInjector(parameters, random, dataset)
      .Inject(static_cast<Fault>(random->Below(static_cast<uint64_t>(Fault::kCount))));
}

void SilenceVolumesWithoutNode(Dataset* dataset) {
  for (StorageRow& row : dataset->storage) {
    bool known = false;
    bool on_a_node = false;
    for (const StorageRow& mount : dataset->storage) {
      if (mount.persistentvolume != row.persistentvolume ||
          DayOf(mount.interval_start_ms) != DayOf(row.interval_start_ms)) {
        continue;
      }
      for (const PodRow& pod : dataset->pod_daily) {
        if (DayOf(pod.interval_start_ms) == DayOf(mount.interval_start_ms) &&
            pod.namespace_ == mount.namespace_ && pod.pod == mount.pod) {
          known = true;
          on_a_node |= pod.node.has_value();
        }
      }
    }
    if (known && !on_a_node) {
      row.volume_request_storage_byte_seconds = std::nullopt;
      row.persistentvolumeclaim_usage_byte_seconds = std::nullopt;
    }
  }
}

}  // namespace matome::testing
