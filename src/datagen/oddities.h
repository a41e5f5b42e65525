// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "datagen/cluster.h"
#include "datagen/day_rows.h"
#include "datagen/report_layout.h"
#include "datagen/report_writer.h"

namespace matome::datagen {

/// What makes a lake messy (semantics §2.2 to §2.4, §5.4 to §5.6). None of it makes a summary fail:
/// label texts are valid, and every mounted volume has a node. It goes round by day and row, so
/// that a few days have all of it.
class Oddities {
 public:
  /// Adds the odd texts, node roles and volumes to `cluster`, which must outlive this.
  explicit Oddities(Cluster& cluster);

  /// Changes some of a day's rows.
  void Alter(GeneratedReport report, int32_t day, std::vector<RowPhase>& phases) const;

  /// How the files of a day are written.
  FileForm FormOf(GeneratedReport report, int32_t day) const;

  /// Starts, in milliseconds, of days outside the month to which a few rows of this day's file
  /// belong; kNullHour stands for rows without a time.
  std::vector<int64_t> StrayDays(int32_t day) const;

 private:
  void AlterPod(size_t oddity, std::vector<RowPhase>& phases, size_t index) const;
  void AlterStorage(size_t oddity, std::vector<RowPhase>& phases, size_t index) const;
  void AlterLabels(size_t oddity, std::vector<RowPhase>& phases, size_t index) const;
  bool MountsVolume(const RowPhase& phase) const;

  const Cluster& cluster_;
  std::vector<base::TextId> special_namespaces_;
  base::TextId labels_one_way_;
  base::TextId labels_other_way_;
  base::TextId labels_other_team_;
  base::TextId labels_beyond_ascii_;
  base::TextId labels_empty_texts_;
  base::TextId no_such_pod_;
  base::TextId other_resource_id_;
};

/// Objects that readers must pass over: hidden ones and such of zero bytes. `directory` ends in
/// '/'.
base::Status WriteStrayObjects(const std::string& directory);

}  // namespace matome::datagen
