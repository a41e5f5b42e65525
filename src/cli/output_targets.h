// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/settings.h"
#include "observe/log.h"
#include "sink/open_output.h"

namespace matome::cli {

/// Where settings want the summary to go.
struct OutputTargets {
  std::optional<sink::TreeTarget> tree;
  std::optional<sink::PostgresTarget> database;

  /// The database last, because what is committed there is seen by users.
  std::vector<sink::OutputTarget> InOrder() const;
  /// For people; no secrets.
  std::string Describe() const;
};

/// What --output names, at most one directory or bucket, and one database; else the database that
/// postgresql.host and its neighbours of the YAML file or of MATOME_ variables describe; else
/// ./summary. kUsage, or kConfigInvalid where the file or a variable is wrong.
base::Result<OutputTargets> FindOutputTargets(const config::Settings& settings);

/// Lets outputs tell the logger, which must outlive their use, what the user should know.
void WarnThrough(observe::Logger& logger, std::vector<sink::OutputTarget>& outputs);

/// The database at `url`, completed by the settings of the database's address, and of how to work
/// with it. `where` names who gave the URL. kUsage without --schema.
base::Result<sink::PostgresTarget> FindDatabase(const config::Settings& settings,
                                                const std::string& url, const std::string& where,
                                                config::Origin origin);

/// kUsage if --output names anything but one directory.
base::Result<std::string> OnlyDirectory(const config::Settings& settings,
                                        const std::string& fallback);

}  // namespace matome::cli
