// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/signals.h"
#include "cli/summarize_request.h"

#include "pipeline/month_plan.h"
#include "report/outcome.h"
#include "report/plan_table.h"

namespace matome::cli {

base::Result<int> RunPlan(const RunContext& context) {
  MATOME_ASSIGN_OR_RETURN(const SummarizeRequest request, MakeSummarizeRequest(context.settings));
  for (const auto& warning : request.warnings) context.logger.Warning("{}", warning);
  std::vector<report::SourcePlan> sources;
  int exit_code = 0;
  for (const auto& source : request.work.source_uuids) {
    if (StopRequested()) break;
    auto& entry = sources.emplace_back();
    entry.account = request.work.account;
    entry.source_uuid = source;
    entry.range = request.work.days;
    pipeline::SummarizeOptions options = request.options;
    options.source_uuid = source;
    auto plan = pipeline::PlanSource(*request.lake, options, StopRequested());
    if (plan.ok()) {
      entry.plan = *std::move(plan);
    } else {
      entry.status = std::move(plan).status();
      exit_code = report::WorseExitCode(exit_code, base::ExitCodeOf(entry.status.code()));
    }
  }
  if (StopRequested()) exit_code = 128 + ReceivedSignal();
  MATOME_RETURN_IF_ERROR(WriteResult(context.json
                                         ? report::FormatPlanJson(sources, exit_code)
                                         : report::FormatPlan(sources, context.color_stdout)));
  return exit_code;
}

}  // namespace matome::cli
