// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>

#include "cli/commands.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/forget.h"
#include "report/text.h"

namespace matome::cli {

base::Result<int> RunForget(const RunContext& context) {
  const auto& settings = context.settings;
  MATOME_RETURN_IF_ERROR(RequireDirectories(settings, /*reads=*/false));
  const auto source = settings.Uuid("source");
  if (!source)
    return base::Usage("forget needs --source; without --month it removes all months of it");
  const std::string output = settings.TextOr("output", "./summary");
  std::error_code error;
  if (!std::filesystem::is_directory(output, error)) {
    return base::Usage(fmt::format("the output {} does not exist", output));
  }
  std::optional<model::Month> month;
  if (const auto text = settings.Text("month")) month = model::Month::Parse(*text);

  MATOME_ASSIGN_OR_RETURN(const auto forgotten, pipeline::Forget(output, *source, month));
  const std::string what =
      fmt::format("source {}{}", *source, month ? ", " + month->ToString() : "");
  if (context.json) {
    const nlohmann::ordered_json json = {
        {"program", "matome"},
        {"command", "forget"},
        {"output", output},
        {"source", *source},
        {"month", month ? nlohmann::ordered_json(month->ToString()) : nullptr},
        {"days_removed", forgotten.days},
        {"ledgers_removed", forgotten.ledgers}};
    MATOME_RETURN_IF_ERROR(WriteResult(
        json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"));
    return 0;
  }
  if (forgotten.days == 0 && forgotten.ledgers == 0) {
    MATOME_RETURN_IF_ERROR(WriteResult(fmt::format("nothing of {} in {}\n", what, output)));
    return 0;
  }
  MATOME_RETURN_IF_ERROR(WriteResult(fmt::format(
      "removed {} of {} from {}\n", report::Counted(forgotten.days, "day", "days"), what, output)));
  return 0;
}

}  // namespace matome::cli
