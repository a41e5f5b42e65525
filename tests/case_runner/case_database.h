// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "case_runner/case_file.h"
#include "case_runner/summary_tree.h"
#include "model/cluster_topology.h"
#include "pg/connection.h"
#include "sink/postgres_output.h"

namespace matome::case_runner {

/// The database that the cases of a process go through one after the other, on a server of its own.
class CaseDatabase {
 public:
  static CaseDatabase& Shared();

  /// Empties the tenant, and puts into its tables what the case says of tag keys, categories,
  /// nodes, cluster and report period.
  void Prepare(const CaseFile& source);

  /// Fills the tenant's tables with what reports show of the cluster.
  base::Status Fill(const CaseFile& source, const model::ClusterTopology& topology);

  sink::PostgresTarget Target() const;

  /// The rows as the output tree would have them: labels as canonical text, numbers as decimal
  /// text. The columns of a tree that the table lacks are NULL.
  base::Result<std::vector<SummaryRowValues>> ReadRows();

 private:
  CaseDatabase();

  std::string database_;
  pg::Connection connection_;
};

/// Cluster id and alias that are too long for the tenant's tables, to be given to the run itself.
model::ReferenceData WhatNoColumnTakes(const CaseFile& source);

/// Whether a database can say what the case does: it knows no "there is no storage table".
bool FitsDatabase(const CaseFile& source);

}  // namespace matome::case_runner
