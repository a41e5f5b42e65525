// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "cli/commands.h"
#include "cli/output_targets.h"
#include <fmt/format.h>

#include "config/reference_file_writer.h"
#include "pg/connection.h"
#include "pg/reference_reader.h"

namespace matome::cli {
namespace {

model::Month ThisMonth() {
  const std::chrono::year_month_day today{
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
  return {static_cast<int>(today.year()),
          static_cast<int32_t>(static_cast<unsigned>(today.month()))};
}

}  // namespace

base::Result<int> RunReference(const RunContext& context, const std::vector<std::string>& words) {
  const auto& settings = context.settings;
  if (words.empty() || words.front() != "export" || words.size() > 2) {
    return base::Usage("what is to be done with the reference data? matome reference export [URL]");
  }
  const auto source = settings.Uuid("source");
  if (!source) return base::Usage("reference export needs --source");
  MATOME_ASSIGN_OR_RETURN(const auto target,
                          FindDatabase(settings, words.size() > 1 ? words[1] : "postgresql://",
                                       "reference export", config::Origin::kFlag));
  const auto month_text = settings.Text("month");
  const model::Month month = month_text ? *model::Month::Parse(*month_text) : ThisMonth();

  MATOME_ASSIGN_OR_RETURN(auto connection, pg::Connection::Open(target.connection));
  MATOME_ASSIGN_OR_RETURN(auto tenant,
                          pg::ReadTenantReference(connection, target.schema, *source, month));
  for (const auto& warning : tenant.warnings) context.logger.Warning("{}", warning);
  if (!tenant.source_name) {
    context.logger.Warning("schema {} knows no source {}", target.schema, *source);
  } else if (!tenant.report_period_id) {
    context.logger.Warning(
        "schema {} has no report period of source {} for {}; choose a month with "
        "--month",
        target.schema, *source, month.ToString());
  }
  MATOME_RETURN_IF_ERROR(WriteResult(config::ReferenceYaml(tenant.data)));
  return 0;
}

}  // namespace matome::cli
