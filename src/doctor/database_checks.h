// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "doctor/check.h"
#include "model/day.h"
#include "sink/postgres_output.h"

namespace matome::doctor {

/// What `summarize` would do there.
struct DatabaseWork {
  std::vector<std::string> source_uuids;
  std::vector<model::Month> months;
  bool fill_reference_tables = false;
};

/// A server as it was found.
struct ServerFacts {
  std::string where;
  int version = 0;  // 150018 is 15.18.
  std::string tls;  // Empty: none.
  double round_trip_seconds = 0;
};

/// Whether matome is known to work well with such a server.
Check JudgeServer(const ServerFacts& server);

/// Whether a database can take the summary: reachable, tables as expected, privileges, partitions,
/// report periods, tag keys, locks. A check that needs an earlier one that failed is left out.
/// Changes nothing.
Checks CheckDatabase(const sink::PostgresTarget& target, const DatabaseWork& work);

}  // namespace matome::doctor
