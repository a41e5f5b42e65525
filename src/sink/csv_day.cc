// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "model/decimal.h"
#include "model/table_schema.h"
#include "sink/day_file.h"
#include "sink/ordered_day.h"

namespace matome::sink {
namespace {

using model::ColumnSource;
using model::SummaryRow;

constexpr size_t kFlushBytes = size_t{256} * 1024;
constexpr std::string_view kLineEnd = "\r\n";

/// A field of text. Empty text is quoted, so that it differs from NULL.
void AppendText(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of("\",\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::vector<std::string> Quoted(const RankedTexts& ranked) {
  std::vector<std::string> fields(ranked.texts.size());
  for (size_t rank = 0; rank < fields.size(); ++rank) AppendText(ranked.texts[rank], fields[rank]);
  return fields;
}

/// Writes the rows of a day. Each distinct text is quoted once.
class CsvDay {
 public:
  CsvDay(const OrderedDay& day, const model::RunConstants& constants, model::Semantics semantics)
      : day_(day),
        semantics_(semantics),
        date_(day.summary.day.ToString()),
        labels_(Quoted(day.labels)) {
    for (size_t name = 0; name < model::kNameCount; ++name) names_[name] = Quoted(day.names[name]);
    report_period_id_ = std::to_string(constants.report_period_id);
    AppendText(constants.cluster_id, cluster_id_);
    if (constants.cluster_alias) AppendText(*constants.cluster_alias, cluster_alias_);
    AppendText(constants.source_uuid, source_uuid_);
    AppendText(model::kInfrastructureUsageCost, usage_cost_);
  }

  void AppendRow(const SummaryRow& row, std::string& out) const {
    bool first = true;
    for (const auto& column : model::SummaryColumns()) {
      if (!first) out.push_back(',');
      first = false;
      AppendField(column, row, out);
    }
    out += kLineEnd;
  }

 private:
  void AppendField(const model::SummaryColumn& column, const SummaryRow& row,
                   std::string& out) const {
    switch (column.source) {
      case ColumnSource::kUuid:
        return;
      case ColumnSource::kReportPeriodId:
        out += report_period_id_;
        return;
      case ColumnSource::kClusterId:
        out += cluster_id_;
        return;
      case ColumnSource::kClusterAlias:
        out += cluster_alias_;
        return;
      case ColumnSource::kDataSource:
        out += row.kind == model::RowKind::kStorage ? "Storage" : "Pod";
        return;
      case ColumnSource::kUsageDay:
        out += date_;
        return;
      case ColumnSource::kName:
        return AppendRanked(day_.code(row, column.name_index()), names_[column.index], out);
      case ColumnSource::kLabels:
        return AppendRanked(day_.code(row, column.labels_index()), labels_, out);
      case ColumnSource::kNumber:
        if (row.has(column.number_index())) {
          model::AppendDecimal(row.number(column.number_index()), semantics_, out);
        }
        return;
      case ColumnSource::kSourceUuid:
        out += source_uuid_;
        return;
      case ColumnSource::kInfrastructureUsageCost:
        if (row.kind != model::RowKind::kUnallocated) out += usage_cost_;
        return;
      case ColumnSource::kCostCategoryId:
        if (row.has_cost_category) out += std::to_string(row.cost_category_id);
        return;
    }
  }

  static void AppendRanked(int32_t rank, const std::vector<std::string>& fields, std::string& out) {
    if (rank != RankedTexts::kNull) out += fields[static_cast<size_t>(rank)];
  }

  const OrderedDay& day_;
  model::Semantics semantics_;
  std::string date_, report_period_id_, cluster_id_, cluster_alias_, source_uuid_, usage_cost_;
  std::array<std::vector<std::string>, model::kNameCount> names_;
  std::vector<std::string> labels_;
};

}  // namespace

base::Status WriteCsvDay(const model::DaySummary& summary, const model::RunConstants& constants,
                         model::Semantics semantics, const arrow_io::ByteSink& sink) {
  const OrderedDay ordered(summary);
  const CsvDay csv(ordered, constants, semantics);
  std::string buffer;
  const auto flush = [&] {
    base::Status status = sink({reinterpret_cast<const uint8_t*>(buffer.data()), buffer.size()});
    buffer.clear();
    return status;
  };
  for (const auto& column : model::SummaryColumns()) {
    if (!buffer.empty()) buffer.push_back(',');
    buffer += column.name;
  }
  buffer += kLineEnd;
  for (size_t at = 0; at < ordered.order.size(); ++at) {
    csv.AppendRow(ordered.row(at), buffer);
    if (buffer.size() >= kFlushBytes) MATOME_RETURN_IF_ERROR(flush());
  }
  return flush();
}

}  // namespace matome::sink
