// SPDX-License-Identifier: Apache-2.0
#include "support/run_options.h"

#include <atomic>
#include <vector>

#include "support/lake_writer.h"

namespace matome::support {

pipeline::SummarizeOptions MakeRunOptions(const testing::SummaryParameters& parameters, Roles roles,
                                          const std::string& output_directory) {
  pipeline::SummarizeOptions options;
  options.account = kAccount;
  options.source_uuid = parameters.source_uuid;
  options.days = {{static_cast<int32_t>(parameters.start_day)},
                  {static_cast<int32_t>(parameters.end_day)}};
  options.semantics = parameters.semantics == testing::Semantics::kTrino
                          ? model::Semantics::kTrino
                          : model::Semantics::kKokuPostgresql;
  options.reference = {.cluster_id = parameters.cluster_id,
                       .cluster_alias = parameters.cluster_alias,
                       .report_period_id = parameters.report_period_id,
                       .storage_exists = parameters.storage_exists,
                       .enabled_tag_keys = parameters.enabled_keys,
                       .cost_categories = {},
                       .nodes = {}};
  for (const auto& [pattern, category] : parameters.patterns) {
    options.reference.cost_categories.push_back({pattern, category});
  }
  if (roles == Roles::kGiven) {
    options.reference.nodes.emplace();
    for (const auto& [node, resource_id, role] : parameters.nodes) {
      options.reference.nodes->push_back({node, resource_id, role});
    }
  }
  options.outputs = {sink::TreeTarget{.directory = output_directory}};
  options.program_version = "test";
  return options;
}

std::string OutputDirectory(const pipeline::SummarizeOptions& options) {
  if (options.outputs.empty()) return {};
  return std::get<sink::TreeTarget>(options.outputs.front()).directory;
}

base::Result<model::RunResult> Summarize(const store::ObjectStore& lake,
                                         const pipeline::SummarizeOptions& options) {
  const std::atomic<bool> stop = false;
  return pipeline::SummarizeSource(lake, options, [](const model::ProgressEvent&) {}, stop);
}

}  // namespace matome::support
