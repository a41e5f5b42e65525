// SPDX-License-Identifier: Apache-2.0
#include "model/table_schema.h"

#include <array>

namespace matome::model {
namespace {

constexpr SummaryColumn Of(std::string_view name, ColumnSource source) { return {name, source, 0}; }
constexpr SummaryColumn Of(std::string_view name, Name index) {
  return {name, ColumnSource::kName, static_cast<uint8_t>(index)};
}
constexpr SummaryColumn Of(std::string_view name, Labels index) {
  return {name, ColumnSource::kLabels, static_cast<uint8_t>(index)};
}

constexpr std::array kLeading = {
    Of("uuid", ColumnSource::kUuid),
    Of("report_period_id", ColumnSource::kReportPeriodId),
    Of("cluster_id", ColumnSource::kClusterId),
    Of("cluster_alias", ColumnSource::kClusterAlias),
    Of("data_source", ColumnSource::kDataSource),
    Of("usage_start", ColumnSource::kUsageDay),
    Of("usage_end", ColumnSource::kUsageDay),
    Of("namespace", Name::kNamespace),
    Of("node", Name::kNode),
    Of("resource_id", Name::kResourceId),
    Of("pod_labels", Labels::kPodLabels),
};
constexpr std::array kMiddle = {
    Of("persistentvolumeclaim", Name::kPersistentVolumeClaim),
    Of("persistentvolume", Name::kPersistentVolume),
    Of("storageclass", Name::kStorageClass),
    Of("volume_labels", Labels::kVolumeLabels),
    Of("all_labels", Labels::kAllLabels),
};
constexpr std::array kTrailing = {
    Of("source_uuid", ColumnSource::kSourceUuid),
    Of("infrastructure_usage_cost", ColumnSource::kInfrastructureUsageCost),
    Of("cost_category_id", ColumnSource::kCostCategoryId),
    Of("csi_volume_handle", Name::kCsiVolumeHandle),
};
constexpr size_t kPodNumbers = static_cast<size_t>(Number::kPersistentVolumeClaimCapacityGigabyte);

using Columns =
    std::array<SummaryColumn, kLeading.size() + kMiddle.size() + kTrailing.size() + kNumberCount>;

Columns MakeColumns() {
  Columns columns{};
  size_t next = 0;
  const auto add_numbers = [&](size_t from, size_t to) {
    for (size_t number = from; number < to; ++number) {
      columns[next++] = {NumberName(static_cast<Number>(number)), ColumnSource::kNumber,
                         static_cast<uint8_t>(number)};
    }
  };
  for (const auto& column : kLeading) columns[next++] = column;
  add_numbers(0, kPodNumbers);
  for (const auto& column : kMiddle) columns[next++] = column;
  add_numbers(kPodNumbers, kNumberCount);
  for (const auto& column : kTrailing) columns[next++] = column;
  return columns;
}

}  // namespace

std::span<const SummaryColumn> SummaryColumns() {
  static const Columns columns = MakeColumns();
  return columns;
}

}  // namespace matome::model
