// SPDX-License-Identifier: Apache-2.0
#include "support/summary_reader.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "case_runner/summary_tree.h"
#include "model/day.h"
#include "model/summary_row.h"

namespace matome::support {
namespace {

using base::BadInput;
using base::Result;
using base::Status;
using case_runner::SummaryRowValues;
using testing::ExpectedRow;
using testing::SummaryParameters;
using Text = std::optional<std::string>;

const Text& TextOf(const SummaryRowValues& row, std::string_view column) {
  return row.find(column)->second.text;
}

Status CheckConstants(const SummaryRowValues& row, const SummaryParameters& parameters) {
  const bool unallocated = TextOf(row, "kind") == "unallocated";
  const std::pair<std::string_view, Text> constants[] = {
      {"uuid", std::nullopt},
      {"report_period_id", fmt::format("{}", parameters.report_period_id)},
      {"cluster_id", parameters.cluster_id},
      {"cluster_alias", parameters.cluster_alias},
      {"source_uuid", parameters.source_uuid},
      {"usage_end", TextOf(row, "usage_start")},
      {"infrastructure_usage_cost",
       unallocated ? Text()
                   : R"({"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000})"}};
  for (const auto& [column, expected] : constants) {
    const Text& actual = TextOf(row, column);
    if (actual != expected) {
      return BadInput(fmt::format("{} is {}, not {}", column, actual.value_or("NULL"),
                                  expected.value_or("NULL")));
    }
  }
  return Status::Ok();
}

Result<ExpectedRow> MakeRow(const SummaryRowValues& values) {
  ExpectedRow row;
  row.kind = TextOf(values, "kind").value_or("");
  row.data_source = TextOf(values, "data_source");
  row.namespace_ = TextOf(values, "namespace");
  row.node = TextOf(values, "node");
  row.resource_id = TextOf(values, "resource_id");
  row.pod_labels = TextOf(values, "pod_labels");
  row.volume_labels = TextOf(values, "volume_labels");
  row.all_labels = TextOf(values, "all_labels");
  row.persistentvolumeclaim = TextOf(values, "persistentvolumeclaim");
  row.persistentvolume = TextOf(values, "persistentvolume");
  row.storageclass = TextOf(values, "storageclass");
  row.csi_volume_handle = TextOf(values, "csi_volume_handle");
  row.has_infrastructure_usage_cost = TextOf(values, "infrastructure_usage_cost").has_value();
  if (const Text& category = TextOf(values, "cost_category_id")) {
    int32_t id = 0;
    const char* const end = category->data() + category->size();
    if (std::from_chars(category->data(), end, id).ptr != end) {
      return BadInput(fmt::format("not a cost category: {}", *category));
    }
    row.cost_category_id = id;
  }
  for (size_t number = 0; number < testing::kNumberColumns; ++number) {
    const auto& value = values.find(model::NumberName(static_cast<model::Number>(number)))->second;
    if (value.text) row.numbers[number] = value.number;
  }
  return row;
}

}  // namespace

Result<std::map<int64_t, std::vector<ExpectedRow>>> ReadSummary(
    const TreeBytes& tree, const SummaryParameters& parameters) {
  std::map<int64_t, std::vector<ExpectedRow>> days;
  for (const auto& [path, bytes] : tree) {
    const bool csv = path.ends_with(".csv");
    auto read = csv ? case_runner::ReadCsvDay(bytes) : case_runner::ReadParquetDay(bytes);
    if (!read.ok()) return std::move(read).status().WithContext(path);
    if (read->empty()) return BadInput(fmt::format("{} has no rows", path));
    for (const SummaryRowValues& values : *read) {
      const auto day = model::Day::Parse(TextOf(values, "usage_start").value_or(""));
      if (!day) return BadInput(fmt::format("{} has a row without a day", path));
      const auto month = model::Month::Of(*day);
      const std::string right =
          fmt::format("source={}/year={}/month={}/day={}/part-0.{}", parameters.source_uuid,
                      month.year, month.month, month.day_of(*day), csv ? "csv" : "parquet");
      if (path != right) return BadInput(fmt::format("{} should be {}", path, right));
      if (Status status = CheckConstants(values, parameters); !status.ok()) {
        return std::move(status).WithContext(path);
      }
      MATOME_ASSIGN_OR_RETURN(ExpectedRow row, MakeRow(values));
      row.usage_start_day = day->days_since_epoch;
      days[day->days_since_epoch].push_back(std::move(row));
    }
  }
  return days;
}

}  // namespace matome::support
