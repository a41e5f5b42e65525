// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "model/day.h"
#include "model/summary_row.h"

namespace matome::sink {

inline const model::RunConstants kConstantsForTest{.source_uuid = "u-1",
                                                   .cluster_id = "c-1",
                                                   .cluster_alias = std::nullopt,
                                                   .report_period_id = 7};

/// A day's summary made by hand. Label maps are JSON texts, as they are.
class DayForTest {
 public:
  explicit DayForTest(std::string_view day) : state_(std::make_unique<State>()) {
    summary_.day = *model::Day::Parse(day);
    for (size_t name = 0; name < model::kNameCount; ++name)
      summary_.dictionaries[name] = &state_->names[name];
    summary_.label_json = [state = state_.get()](model::LabelSetId id) {
      return std::string_view(state->labels[id]);
    };
  }

  model::SummaryRow& Add(model::RowKind kind) {
    auto& row = summary_.rows.emplace_back();
    row.kind = kind;
    Set(row, model::Labels::kAllLabels, "{}");
    return row;
  }

  void AddPod(std::string_view name_space, std::string_view node, double usage) {
    auto& row = Add(model::RowKind::kPod);
    Set(row, model::Name::kNamespace, name_space);
    Set(row, model::Name::kNode, node);
    row.set(model::Number::kPodUsageCpuCoreHours, usage);
  }

  void Set(model::SummaryRow& row, model::Name name, std::string_view text) {
    row.name(name) = state_->names[static_cast<size_t>(name)].Intern(text);
  }
  void Set(model::SummaryRow& row, model::Labels column, std::string_view json) {
    auto& labels = state_->labels;
    const auto found = std::find(labels.begin() + 1, labels.end(), json);
    row.label(column) = static_cast<model::LabelSetId>(found - labels.begin());
    if (found == labels.end()) labels.emplace_back(json);
  }

  model::DaySummary& summary() { return summary_; }

 private:
  struct State {
    std::array<base::Interner, model::kNameCount> names;
    std::vector<std::string> labels = {"", "{}"};  // By id; 0 is NULL, 1 the empty map.
  };
  std::unique_ptr<State> state_;  // Stays where it is when the day moves.
  model::DaySummary summary_;
};

}  // namespace matome::sink
