// SPDX-License-Identifier: Apache-2.0
#include "model/run_result.h"

#include <algorithm>

#include "base/check.h"

namespace matome::model {
namespace {

constexpr size_t kMaxExamples = 3;

}  // namespace

std::string_view AuditCauseName(AuditCause cause) {
  switch (cause) {
    case AuditCause::kNodeLabelSets:
      return "node_label_sets";
    case AuditCause::kNamespaceLabelSets:
      return "namespace_label_sets";
    case AuditCause::kNullAndEmptyLabels:
      return "null_and_empty_labels";
    case AuditCause::kSeveralPatterns:
      return "several_patterns";
    case AuditCause::kClaimWithSeveralVolumes:
      return "claim_with_several_volumes";
    case AuditCause::kPodOnSeveralNodes:
      return "pod_on_several_nodes";
    case AuditCause::kPodsSharingVolume:
      return "pods_sharing_volume";
    case AuditCause::kVolumeHandleLost:
      return "volume_handle_lost";
    case AuditCause::kCount:
      break;
  }
  return "unknown";
}

std::string_view AuditCauseExplanation(AuditCause cause) {
  switch (cause) {
    case AuditCause::kNodeLabelSets:
      return "A node had several label sets on one day; its usage counts once for each.";
    case AuditCause::kNamespaceLabelSets:
      return "A namespace had several label sets on one day; its usage counts once for each.";
    case AuditCause::kNullAndEmptyLabels:
      return "Absent and empty labels of one owner on one day are two label sets; usage counts for "
             "both.";
    case AuditCause::kSeveralPatterns:
      return "A namespace matches several cost category patterns; its usage counts once for each.";
    case AuditCause::kClaimWithSeveralVolumes:
      return "A pod's claim had several volumes on one day; their amounts count once for each.";
    case AuditCause::kPodOnSeveralNodes:
      return "A volume's pod was on several nodes, or had several resource ids, on one day; the "
             "full "
             "capacity counts for each.";
    case AuditCause::kPodsSharingVolume:
      return "Several pods of one node share a volume; its capacity counts once for each pod.";
    case AuditCause::kVolumeHandleLost:
      return "Rows differ only in csi_volume_handle, which PostgreSQL does not get: there they "
             "look the "
             "same.";
    case AuditCause::kCount:
      break;
  }
  return "unknown";
}

void MergeAudit(const Audit& from, Audit& into) {
  for (size_t cause = 0; cause < kAuditCauseCount; ++cause) {
    into[cause].input_rows += from[cause].input_rows;
    into[cause].groups += from[cause].groups;
    into[cause].extra_core_hours += from[cause].extra_core_hours;
    into[cause].extra_gigabyte_months += from[cause].extra_gigabyte_months;
    auto& examples = into[cause].examples;
    for (const auto& example : from[cause].examples) {
      if (examples.size() >= kMaxExamples) break;
      if (std::find(examples.begin(), examples.end(), example) == examples.end()) {
        examples.push_back(example);
      }
    }
  }
}

std::string_view DayStateName(DayState state) {
  switch (state) {
    case DayState::kWritten:
      return "written";
    case DayState::kUnchanged:
      return "unchanged";
    case DayState::kEmpty:
      return "empty";
    case DayState::kRemoved:
      return "removed";
    case DayState::kIncomplete:
      return "incomplete";
    case DayState::kFailed:
      return "failed";
  }
  return "unknown";
}

int RunResult::ExitCode() const {
  const DayResult* first_failed = nullptr;
  bool some_succeeded = false;
  bool some_incomplete = false;
  for (const auto& day : days) {
    switch (day.state) {
      case DayState::kFailed:
        if (first_failed == nullptr) first_failed = &day;
        break;
      case DayState::kIncomplete:
        some_incomplete = true;
        break;
      case DayState::kWritten:
      case DayState::kUnchanged:
      case DayState::kRemoved:
        some_succeeded = true;
        break;
      case DayState::kEmpty:
        break;  // There was nothing to succeed with.
    }
  }
  if (first_failed == nullptr) return some_incomplete ? 3 : 0;
  if (some_succeeded || some_incomplete) return 3;
  return base::ExitCodeOf(first_failed->status.code());
}

}  // namespace matome::model
