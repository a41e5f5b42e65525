// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>

#include "cli/commands.h"
#include "cli/output_targets.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/forget.h"
#include "report/text.h"

namespace matome::cli {

base::Result<int> RunForget(const RunContext& context) {
  const auto& settings = context.settings;
  const auto source = settings.Uuid("source");
  if (!source)
    return base::Usage("forget needs --source; without --month it removes all months of it");
  MATOME_ASSIGN_OR_RETURN(const auto outputs, FindOutputTargets(settings));
  std::error_code error;
  if (outputs.tree && !outputs.tree->s3 &&
      !std::filesystem::is_directory(outputs.tree->directory, error)) {
    return base::Usage(fmt::format("the output {} does not exist", outputs.tree->directory));
  }
  std::optional<model::Month> month;
  if (const auto text = settings.Text("month")) month = model::Month::Parse(*text);

  pipeline::ForgetResult forgotten;
  auto targets = outputs.InOrder();
  WarnThrough(context.logger, targets);
  for (const auto& target : targets) {
    MATOME_ASSIGN_OR_RETURN(const auto one, pipeline::Forget(target, *source, month));
    forgotten.days += one.days;
    forgotten.ledgers += one.ledgers;
    forgotten.rows += one.rows;
    forgotten.cost_model_rows += one.cost_model_rows;
    forgotten.rows_kept += one.rows_kept;
  }
  const std::string output = outputs.Describe();
  const std::string what =
      fmt::format("source {}{}", *source, month ? ", " + month->ToString() : "");
  if (context.json) {
    nlohmann::ordered_json json = {
        {"program", "matome"},
        {"command", "forget"},
        {"output", output},
        {"source", *source},
        {"month", month ? nlohmann::ordered_json(month->ToString()) : nullptr},
        {"days_removed", forgotten.days},
        {"ledgers_removed", forgotten.ledgers}};
    if (outputs.database) {
      json["rows_removed"] = forgotten.rows;
      json["cost_model_rows_removed"] = forgotten.cost_model_rows;
      json["rows_with_infrastructure_cost_kept"] = forgotten.rows_kept;
    }
    MATOME_RETURN_IF_ERROR(WriteResult(
        json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"));
    return 0;
  }
  std::string text =
      forgotten.days == 0 && forgotten.ledgers == 0
          ? fmt::format("nothing of {} in {}\n", what, output)
          : fmt::format("removed {} of {} from {}\n",
                        report::Counted(forgotten.days, "day", "days"), what, output);
  if (forgotten.cost_model_rows > 0) {
    text += fmt::format("with them {} of the cost model; let Koku compute it anew\n",
                        report::Counted(forgotten.cost_model_rows, "row", "rows"));
  }
  if (forgotten.rows_kept > 0) {
    text += fmt::format("{} with infrastructure cost stay: they are OpenShift on cloud's\n",
                        report::Counted(forgotten.rows_kept, "row", "rows"));
  }
  MATOME_RETURN_IF_ERROR(WriteResult(text));
  return 0;
}

}  // namespace matome::cli
