// SPDX-License-Identifier: Apache-2.0
#include "aggregate/storage_aggregator.h"

#include <algorithm>
#include <array>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "aggregate/audit.h"
#include "aggregate/sql_semantics.h"
#include "base/hash.h"
#include "model/report.h"
#include "model/units.h"

namespace matome::aggregate {
namespace {

using model::AuditCause;
using model::DailyStorage;
using model::LabelSetId;
using model::Name;
using model::Number;

struct Key {
  std::array<uint32_t, 8>
      parts;  // namespace, node, resource id, claim, volume, class, handle, labels
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  uint64_t operator()(const Key& key) const {
    return base::HashBytes({reinterpret_cast<const char*>(key.parts.data()), sizeof(key.parts)});
  }
};

struct Triple {
  uint32_t namespace_id, pod, claim;
  bool operator==(const Triple&) const = default;
};

struct TripleHash {
  uint64_t operator()(const Triple& key) const {
    return base::HashInteger(uint64_t{key.namespace_id} << 32 | key.pod) +
           base::HashInteger(key.claim);
  }
};

/// Of each claim of a pod, its distinct volumes; NULL counts as one (semantics §5.5.1).
using ClaimVolumes = absl::flat_hash_map<Triple, std::vector<base::TextId>, TripleHash>;
/// Of each volume, the distinct nodes that are not NULL. Present for every volume that some pod row
/// mounts.
using VolumeNodes = absl::flat_hash_map<base::TextId, std::vector<base::TextId>>;

template <typename T>
void AddDistinct(std::vector<T>& values, T value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

}  // namespace

void StorageCodes::Reset(const Vocabulary& vocabulary) {
  for (CodeMap* map : {&namespaces, &pods, &claims, &volumes, &classes, &handles}) {
    map->Reset(base::kNullText);
  }
  for (CodeMap* map : {&volume_labels, &claim_labels}) map->Reset(vocabulary.labels.FromNull());
}

void StorageCodes::Extend(const batch::Block& block, Vocabulary& vocabulary) {
  const auto intern = [&](CodeMap& map, DailyStorage::Text column, base::Interner& interner) {
    map.Extend(block.texts[column], interner);
  };
  intern(namespaces, DailyStorage::kNamespace, vocabulary.names(Name::kNamespace));
  intern(pods, DailyStorage::kPod, vocabulary.storage_pods);
  intern(claims, DailyStorage::kPersistentVolumeClaim,
         vocabulary.names(Name::kPersistentVolumeClaim));
  intern(volumes, DailyStorage::kPersistentVolume, vocabulary.names(Name::kPersistentVolume));
  intern(classes, DailyStorage::kStorageClass, vocabulary.names(Name::kStorageClass));
  intern(handles, DailyStorage::kCsiVolumeHandle, vocabulary.names(Name::kCsiVolumeHandle));
  const auto labels = [&](std::span<const std::string_view> texts, model::LabelSetId* ids) {
    vocabulary.labels.FromTexts(texts, ids);
  };
  volume_labels.Extend(block.texts[DailyStorage::kVolumeLabels], labels);
  claim_labels.Extend(block.texts[DailyStorage::kClaimLabels], labels);
}

void StorageAggregator::Add(const batch::Block& block, const StorageCodes& codes, int64_t first,
                            int64_t last, Vocabulary& vocabulary, VolumeMounts& mounts,
                            const RowOrigin& origin, BadRows& bad_rows) {
  const auto code = [&](DailyStorage::Text text, int64_t row) {
    return block.texts[text].codes[row];
  };
  for (int64_t row = first; row < last; ++row) {
    const LabelSetId volume_labels = codes.volume_labels[code(DailyStorage::kVolumeLabels, row)];
    const LabelSetId claim_labels = codes.claim_labels[code(DailyStorage::kClaimLabels, row)];
    if (labels::LabelStore::IsBad(volume_labels)) {
      bad_rows.AddLabelText(origin, row, "persistentvolume_labels",
                            vocabulary.labels.bad_text(volume_labels));
      continue;
    }
    if (labels::LabelStore::IsBad(claim_labels)) {
      bad_rows.AddLabelText(origin, row, "persistentvolumeclaim_labels",
                            vocabulary.labels.bad_text(claim_labels));
      continue;
    }
    Record record{.namespace_id = codes.namespaces[code(DailyStorage::kNamespace, row)],
                  .pod = codes.pods[code(DailyStorage::kPod, row)],
                  .claim = codes.claims[code(DailyStorage::kPersistentVolumeClaim, row)],
                  .volume = codes.volumes[code(DailyStorage::kPersistentVolume, row)],
                  .storage_class = codes.classes[code(DailyStorage::kStorageClass, row)],
                  .handle = codes.handles[code(DailyStorage::kCsiVolumeHandle, row)],
                  .labels = vocabulary.labels.Merge(volume_labels, claim_labels),
                  .present = 0,
                  .numbers = {}};
    for (size_t number = 0; number < DailyStorage::kNumberCount; ++number) {
      if (!block.numbers[number].has(row)) continue;
      record.numbers[number] = block.numbers[number].values[row];
      record.present = static_cast<uint8_t>(record.present | 1U << number);
    }
    if (record.namespace_id != base::kNullText && record.pod != base::kNullText) {
      mounts.Expect(record.namespace_id, record.pod);
    }
    records_.push_back(record);
  }
}

/// An output row in the making.
struct StorageAggregator::Group {
  Key key;
  double numbers[DailyStorage::kNumberCount] = {};
  uint8_t present = 0;
  uint16_t causes = 0;
  base::TextId first_pod = base::kNullText;
  double largest_capacity_byte_seconds = 0;  // Of one pod's rows, for the audit.
};

void StorageAggregator::Finish(const VolumeMounts& mounts, const OwnerLabels& node_labels,
                               const OwnerLabels& namespace_labels, int32_t month_days,
                               Vocabulary& vocabulary, std::vector<model::SummaryRow>& rows,
                               model::Audit& audit, BadRows& bad_rows) {
  ClaimVolumes claim_volumes;
  VolumeNodes volume_nodes;
  for (const Record& record : records_) {
    const auto places = mounts.Of(record.namespace_id, record.pod);
    if (places.empty()) continue;
    AddDistinct(claim_volumes[{record.namespace_id, record.pod, record.claim}], record.volume);
    if (record.volume == base::kNullText) continue;
    auto& nodes = volume_nodes[record.volume];
    for (const auto& place : places) {
      if (place.node != base::kNullText) AddDistinct(nodes, place.node);
    }
  }

  std::vector<Group> groups;
  absl::flat_hash_map<Key, size_t, KeyHash> numbers;
  static constexpr VolumeMounts::Place kNowhere[] = {{base::kNullText, base::kNullText}};
  for (const Record& record : records_) {
    auto places = mounts.Of(record.namespace_id, record.pod);
    int volumes = 1;
    if (places.empty() || record.claim == base::kNullText) {
      places = kNowhere;
    } else {
      volumes =
          static_cast<int>(claim_volumes[{record.namespace_id, record.pod, record.claim}].size());
    }
    const auto namespace_sets = namespace_labels.Of(record.namespace_id);
    const size_t patterns =
        vocabulary.categories.Match(record.namespace_id, vocabulary.names(Name::kNamespace))
            .count();
    const int copies = volumes * static_cast<int>(std::max<size_t>(patterns, 1));
    const double gigabyte_months =
        model::GigabyteMonths(record.numbers[DailyStorage::kCapacityByteSeconds], month_days);
    const auto count = [&](AuditCause cause, size_t times) {
      if (times < 2) return uint16_t{0};
      auto& entry = audit[static_cast<size_t>(cause)];
      ++entry.input_rows;
      entry.extra_gigabyte_months += gigabyte_months * static_cast<double>(times - 1);
      AddExample(entry, [&] {
        return fmt::format("claim {} of pod {} in {} × {}",
                           vocabulary.names(Name::kPersistentVolumeClaim).text(record.claim),
                           vocabulary.storage_pods.text(record.pod),
                           vocabulary.names(Name::kNamespace).text(record.namespace_id), times);
      });
      return CauseBit(cause);
    };
    const auto row_causes = static_cast<uint16_t>(
        count(AuditCause::kClaimWithSeveralVolumes, static_cast<size_t>(volumes)) |
        count(AuditCause::kPodOnSeveralNodes, places.size()) |
        count(AuditCause::kNamespaceLabelSets, namespace_sets.size()) |
        count(AuditCause::kSeveralPatterns, patterns));
    for (const auto& place : places) {
      const auto node_sets = node_labels.Of(place.node);
      const auto causes =
          static_cast<uint16_t>(row_causes | count(AuditCause::kNodeLabelSets, node_sets.size()));
      ForEachOverlay(node_sets, namespace_sets, vocabulary.labels, [&](LabelSetId overlay) {
        const Key key{{record.namespace_id, place.node, place.resource_id, record.claim,
                       record.volume, record.storage_class, record.handle,
                       vocabulary.labels.Merge(overlay, record.labels)}};
        const auto [found, added] = numbers.try_emplace(key, groups.size());
        if (added) {
          groups.push_back({.key = key, .first_pod = record.pod});
        }
        Group& group = groups[found->second];
        group.causes |= causes;
        if (group.first_pod != record.pod) {
          group.causes |= count(AuditCause::kPodsSharingVolume, 2);
        }
        for (size_t number = 0; number < DailyStorage::kNumberCount; ++number) {
          if ((record.present >> number & 1) == 0) continue;
          const double value = record.numbers[number];
          double& total = group.numbers[number];
          if (number != DailyStorage::kCapacityBytes) {
            total += value * copies;
          } else if ((group.present >> number & 1) == 0 || IsGreater(value, total, semantics_)) {
            total = value;
          }
          group.present = static_cast<uint8_t>(group.present | 1U << number);
        }
      });
    }
  }

  absl::flat_hash_map<Key, int, KeyHash> without_handle;
  for (const Group& group : groups) {
    Key key = group.key;
    key.parts[6] = 0;
    ++without_handle[key];
  }
  for (Group& group : groups) {
    const auto& part = group.key.parts;
    Key key = group.key;
    key.parts[6] = 0;
    if (without_handle[key] > 1) {
      group.causes |= CauseBit(AuditCause::kVolumeHandleLost);
      auto& entry = audit[static_cast<size_t>(AuditCause::kVolumeHandleLost)];
      AddExample(entry, [&] {
        return fmt::format("volume {}", vocabulary.names(Name::kPersistentVolume).text(part[4]));
      });
    }
    CountGroups(group.causes, audit);

    model::SummaryRow row{};
    row.kind = model::RowKind::kStorage;
    row.name(Name::kNamespace) = part[0];
    row.name(Name::kNode) = part[1];
    row.name(Name::kResourceId) = part[2];
    row.name(Name::kPersistentVolumeClaim) = part[3];
    row.name(Name::kPersistentVolume) = part[4];
    row.name(Name::kStorageClass) = part[5];
    row.name(Name::kCsiVolumeHandle) = part[6];
    row.label(model::Labels::kVolumeLabels) = part[7];
    row.label(model::Labels::kAllLabels) =
        part[7] == model::kNullLabelSet ? model::kEmptyLabelSet : part[7];
    const auto& match = vocabulary.categories.Match(part[0], vocabulary.names(Name::kNamespace));
    row.has_cost_category = match.count() > 0;
    row.cost_category_id = match.largest;

    const auto has = [&](DailyStorage::Number number) {
      return (group.present >> number & 1) != 0;
    };
    if (has(DailyStorage::kCapacityBytes)) {
      row.set(Number::kPersistentVolumeClaimCapacityGigabyte,
              model::Gigabytes(group.numbers[DailyStorage::kCapacityBytes]));
    }
    if (has(DailyStorage::kCapacityByteSeconds)) {
      row.set(Number::kPersistentVolumeClaimCapacityGigabyteMonths,
              model::GigabyteMonths(group.numbers[DailyStorage::kCapacityByteSeconds], month_days));
    }
    // A volume that no pod row mounts has no n. Trino then knows no share, PostgreSQL's rewrite
    // takes it whole.
    std::optional<double> sharing_nodes;
    if (const auto found = volume_nodes.find(part[4]); found != volume_nodes.end()) {
      sharing_nodes = static_cast<double>(found->second.size());
    } else if (semantics_ == model::Semantics::kKokuPostgresql) {
      sharing_nodes = 1.0;
    }
    bool divided_by_no_node = false;
    const auto set_share = [&](DailyStorage::Number from, Number to) {
      if (!sharing_nodes || !has(from)) return;
      if (*sharing_nodes == 0) {
        if (std::exchange(divided_by_no_node, true)) return;
        bad_rows.Add(
            {.object = {},
             .row_group = {},
             .row = {},
             .column = std::string(model::NumberName(to)),
             .reason = fmt::format("volume {} would be divided by 0 nodes: every pod row that "
                                   "mounts it has a NULL node",
                                   vocabulary.names(Name::kPersistentVolume).text(part[4])),
             .raw_text = {}});
        return;
      }
      row.set(to, model::GigabyteMonths(group.numbers[from] / *sharing_nodes, month_days));
    };
    set_share(DailyStorage::kRequestByteSeconds, Number::kVolumeRequestStorageGigabyteMonths);
    set_share(DailyStorage::kUsageByteSeconds, Number::kPersistentVolumeClaimUsageGigabyteMonths);
    if (!divided_by_no_node) rows.push_back(row);
  }
}

}  // namespace matome::aggregate
