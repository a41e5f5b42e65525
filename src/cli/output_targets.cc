// SPDX-License-Identifier: Apache-2.0
#include "cli/output_targets.h"

#include <array>
#include <chrono>
#include <utility>

#include "cli/signals.h"
#include "cli/stores.h"
#include <fmt/format.h>

#include "config/database_url.h"
#include "config/s3_url.h"
#include "pg/conninfo.h"

namespace matome::cli {
namespace {

constexpr int kDefaultWriters = 2;
constexpr int64_t kDefaultRetrySeconds = 120;

/// Settings of the database's address, and libpq's word for each.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAddress = {
    {{"postgresql-host", "host"},
     {"postgresql-port", "port"},
     {"postgresql-database", "dbname"},
     {"postgresql-user", "user"},
     {"postgresql-password", "password"}}};

/// An error of what was given at `where`, in the class that fits its origin.
base::Status At(const std::string& where, config::Origin origin, std::string_view message) {
  const auto code =
      origin == config::Origin::kFlag ? base::Code::kUsage : base::Code::kConfigInvalid;
  return {code, fmt::format("{}: {}", where, message)};
}

/// Who describes a database for matome itself: variables that are around for other programs do not.
const config::GivenValue* AddressForUs(const config::Settings& settings) {
  for (const auto& [name, word] : kAddress) {
    const auto* value = settings.Find(name);
    if (value != nullptr && value->origin >= config::Origin::kFile) return value;
  }
  return nullptr;
}

}  // namespace

std::vector<sink::OutputTarget> OutputTargets::InOrder() const {
  std::vector<sink::OutputTarget> targets;
  if (tree) targets.emplace_back(*tree);
  if (database) targets.emplace_back(*database);
  return targets;
}

std::string OutputTargets::Describe() const {
  std::string text = tree ? tree->Describe() : std::string();
  if (!database) return text;
  if (tree) text += " and ";
  return text + fmt::format("{}, schema {}", pg::Describe(database->connection), database->schema);
}

base::Result<sink::PostgresTarget> FindDatabase(const config::Settings& settings,
                                                const std::string& url, const std::string& where,
                                                config::Origin origin) {
  const auto schema = settings.Text("schema");
  if (!schema) {
    return base::Usage(
        "with PostgreSQL --schema must be given: the tenant's schema, e.g. org1234567");
  }
  std::vector<pg::ConnectWord> address;
  for (const auto& [name, word] : kAddress) {
    if (const auto value = settings.Text(name)) address.emplace_back(word, *value);
  }
  auto conninfo = pg::CompleteConninfo(url, address);
  if (!conninfo.ok()) return At(where, origin, conninfo.status().message());

  sink::PostgresTarget target;
  target.connection = {.conninfo = *std::move(conninfo), .stop = &StopRequested()};
  target.schema = *schema;
  target.ledger = !settings.Switch("no-ledger");
  target.lock_timeout = std::chrono::seconds(settings.Count("lock-timeout").value_or(0));
  target.retry.deadline =
      std::chrono::seconds(settings.Count("retry-timeout").value_or(kDefaultRetrySeconds));
  target.writers = static_cast<int>(settings.Count("writers").value_or(kDefaultWriters));
  target.create_partitions = settings.Switch("create-partitions");
  target.create_report_period = settings.Switch("create-report-period");
  target.cluster_id = settings.Text("cluster-id");
  target.cluster_alias = settings.Text("cluster-alias");
  target.synchronous_commit = settings.Text("synchronous-commit") != "off";
  return target;
}

base::Result<OutputTargets> FindOutputTargets(const config::Settings& settings) {
  OutputTargets targets;
  const auto* given = settings.Find("output");
  if (given == nullptr) {
    if (const auto* address = AddressForUs(settings)) {
      MATOME_ASSIGN_OR_RETURN(targets.database, FindDatabase(settings, "postgresql://",
                                                             address->where, address->origin));
      return targets;
    }
  }
  const std::vector<std::string> outputs =
      given == nullptr ? std::vector<std::string>{"./summary"} : given->texts;
  for (const auto& output : outputs) {
    if (config::IsDatabaseUrl(output)) {
      if (targets.database) return At(given->where, given->origin, "more than one database");
      MATOME_ASSIGN_OR_RETURN(targets.database,
                              FindDatabase(settings, output, given->where, given->origin));
      continue;
    }
    if (targets.tree) return At(given->where, given->origin, "more than one directory or bucket");
    const bool csv = settings.Text("format") == "csv";
    targets.tree = sink::TreeTarget{
        .directory = output, .format = csv ? sink::FileFormat::kCsv : sink::FileFormat::kParquet};
    if (config::IsS3Url(output)) {
      MATOME_ASSIGN_OR_RETURN(targets.tree->s3,
                              FindBucket(settings, output, given->where, given->origin));
    } else if (config::HasScheme(output)) {
      return At(given->where, given->origin,
                fmt::format("{}: only directories, s3://bucket[/prefix] and postgresql:// are "
                            "written",
                            config::WithoutUrlSecrets(output)));
    }
  }
  return targets;
}

void WarnThrough(observe::Logger& logger, std::vector<sink::OutputTarget>& outputs) {
  for (auto& output : outputs) {
    auto* const tree = std::get_if<sink::TreeTarget>(&output);
    if (tree == nullptr || !tree->s3) continue;
    tree->s3->warn = [&logger](const std::string& message) { logger.Warning("{}", message); };
  }
}

base::Result<std::string> OnlyDirectory(const config::Settings& settings,
                                        const std::string& fallback) {
  const auto* given = settings.Find("output");
  if (given == nullptr) return fallback;
  if (given->texts.size() > 1) return At(given->where, given->origin, "is given twice");
  if (config::HasScheme(given->texts[0])) {
    return At(given->where, given->origin,
              fmt::format("{}: this command writes directories only",
                          config::WithoutUrlSecrets(given->texts[0])));
  }
  return given->texts[0];
}

}  // namespace matome::cli
