// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "pg/connection.h"
#include "sink/postgres_output.h"
#include "testing/dataset.h"
#include "testing/naive_summary.h"
#include "testing/postgres_server.h"

namespace matome::differential {

using RowsByDay = std::map<int64_t, std::vector<testing::ExpectedRow>>;

/// A tenant whose reports lie beside its tables as line items, and SQL that makes their summary
/// (line_item_summary.sql). For one month after the other, on a server of its own that lies in
/// memory where the system allows.
class LineItemDatabase {
 public:
  /// `collated`: texts are ordered as in a dictionary and not by bytes.
  explicit LineItemDatabase(bool collated);

  /// Replaces all rows, and the tenant's reference data, by those of a month. No text of the data
  /// set may hold a NUL; a node without name is left out, as the tenant's table has none such.
  void Load(const testing::Dataset& dataset, const testing::SummaryParameters& parameters);

  /// Summarises a day by SQL; why it fails, if it does, and then without any row.
  std::optional<std::string> Summarize(int64_t day, const std::string& source_uuid);

  /// What Summarize() made.
  RowsByDay SqlRows();
  /// What lies in the tenant's table; it has no CSI handle.
  RowsByDay TableRows();

  /// The values that are the same in many rows, as a text: of what Summarize() made, and of the
  /// tenant's table.
  std::string SqlConstants();
  std::string TableConstants();

  /// The tenant, for a run to write to.
  sink::PostgresTarget Target() const;

 private:
  void Copy(const std::string& table_and_columns, const std::string& text);
  RowsByDay ReadRows(const std::string& table, const std::string& csi_volume_handle);
  std::string ReadConstants(const std::string& table);

  testing::PostgresServer server_;
  std::string database_;
  pg::Connection connection_;
};

}  // namespace matome::differential
