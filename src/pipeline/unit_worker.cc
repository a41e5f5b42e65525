// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unit_worker.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "observe/phase_timer.h"
#include "pipeline/read_ahead.h"
#include "scan/row_group_scan.h"

namespace matome::pipeline {
namespace {

using model::DayState;

/// A worker's texts may grow to this before it starts afresh, so that a month of ever new texts
/// stays bounded.
constexpr size_t kMostVocabularyBytes = size_t{12} << 20;
/// Beyond this a finished day's buffers are given back rather than kept for the next day.
constexpr size_t kMostKeptBytes = size_t{32} << 20;
/// Memory is looked at once per so many blocks.
constexpr int64_t kBlocksPerMemoryCheck = 16;
/// What writing a day's rows takes beside the rows themselves, per row. Measured
/// (docs/design/memory.md).
constexpr int64_t kBytesPerWrittenRow = 450;

/// So many damaged row groups of a unit are read again, each once.
constexpr size_t kMostReadAgain = 4;

/// What an attempt found that the next one, over the days still open, does otherwise.
struct Lessons {
  /// Row groups that are left out, and why.
  std::vector<std::pair<const catalog::RowGroupRef*, model::BadInput>> excluded;
  /// Row groups that came damaged over the network, and may come well the second time.
  std::set<const catalog::RowGroupRef*> read_again;

  size_t count() const { return excluded.size() + read_again.size(); }
};

}  // namespace

/// One try at the days of a unit that are not done yet.
class UnitWorker::Attempt final : public scan::BlockVisitor {
 public:
  Attempt(UnitWorker& worker, const WorkUnit& unit, Lessons& lessons, std::set<model::Day>& done)
      : worker_(worker), context_(worker.context_), unit_(unit), lessons_(lessons), done_(done) {
    const model::Day first = unit.days.front()->day;
    states_.resize(
        static_cast<size_t>(unit.days.back()->day.days_since_epoch - first.days_since_epoch) + 1);
    for (const DayPlan* day : unit.days) {
      if (done.contains(day->day)) continue;
      State& state = StateOf(day->day);
      state.plan = day;
      state.aggregator = worker.free_aggregators_.empty()
                             ? std::make_unique<aggregate::DayAggregator>(context_.rules)
                             : std::move(worker.free_aggregators_.back());
      if (!worker.free_aggregators_.empty()) worker.free_aggregators_.pop_back();
      state.aggregator->Start(day->day);
      state.result.day = day->day;
      state.result.objects = static_cast<int64_t>(day->files.size());
    }
    for (const auto* group : unit.row_groups) {
      ForEachDay(group->days, [](State& state) { ++state.row_groups_left; });
    }
  }

  ~Attempt() override {
    for (State& state : states_) Release(state);
  }

  /// kMemoryExceeded and kInterrupted end the attempt as a whole. So does kBadInput of a row group
  /// that is to be left out or read again: the lessons are more then, and no day that it concerns
  /// was committed.
  base::Status Run() {
    for (State& state : states_) {
      if (state.plan != nullptr && state.row_groups_left == 0) MATOME_RETURN_IF_ERROR(Close(state));
    }
    for (const auto* group : unit_.row_groups) {
      if (!IsExcluded(group)) {
        base::Status status = Read(*group);
        if (status.code() == base::Code::kInterrupted ||
            status.code() == base::Code::kMemoryExceeded)
          return status;
        if (status.code() == base::Code::kBadInput && MayReadAgain(context_.input) &&
            lessons_.read_again.size() < kMostReadAgain && lessons_.read_again.insert(group).second)
          return status;
        if (!status.ok()) {
          const std::string object =
              context_.input.Describe(context_.plan.catalog.files[group->file].file.object.key);
          if (status.code() == base::Code::kBadInput &&
              context_.options.on_bad_input == OnBadInput::kQuarantine) {
            lessons_.excluded.emplace_back(group, model::BadInput{.object = object,
                                                                  .row_group = group->row_group,
                                                                  .row = {},
                                                                  .column = {},
                                                                  .reason = status.message(),
                                                                  .raw_text = {}});
            return status;
          }
          const base::Status failure = std::move(status).WithContext(object);
          ForEachDay(group->days, [&](State& state) {
            if (state.failure.ok()) state.failure = failure;
          });
        }
      }
      base::Status closed;
      ForEachDay(group->days, [&](State& state) {
        if (--state.row_groups_left == 0 && closed.ok()) closed = Close(state);
      });
      MATOME_RETURN_IF_ERROR(std::move(closed));
    }
    return {};
  }

  base::Status OnBlock(const batch::Block& block) override {
    origin_.first_row = block.first_row;
    MATOME_RETURN_IF_ERROR(worker_.codes_.Extend(block, *worker_.vocabulary_));
    if (++blocks_ % kBlocksPerMemoryCheck != 0) return {};
    return CheckMemory(0);
  }

  void OnRows(const batch::Block& block, model::Day day, int64_t millis, int64_t first,
              int64_t last) override {
    State* state = FindState(day);
    if (state == nullptr || state->plan == nullptr || !state->failure.ok()) return;
    state->aggregator->Add(block, worker_.codes_, millis, first, last, origin_,
                           *worker_.vocabulary_);
  }

  /// Tells the results of all days that were not closed, with `status` as their failure.
  void FailOpenDays(const base::Status& status) {
    for (State& state : states_) {
      if (state.plan == nullptr || state.closed) continue;
      state.result.state = DayState::kFailed;
      state.result.status = status;
      state.closed = true;
      context_.on_day(std::move(state.result), {});
    }
  }

  bool closed_any() const { return closed_any_; }

 private:
  struct State {
    const DayPlan* plan = nullptr;
    std::unique_ptr<aggregate::DayAggregator> aggregator;
    int64_t row_groups_left = 0;
    base::Status failure;
    bool closed = false;
    model::DayResult result;
  };

  bool IsExcluded(const catalog::RowGroupRef* group) const {
    return std::any_of(lessons_.excluded.begin(), lessons_.excluded.end(),
                       [&](const auto& each) { return each.first == group; });
  }

  State& StateOf(model::Day day) {
    return states_[static_cast<size_t>(day.days_since_epoch -
                                       unit_.days.front()->day.days_since_epoch)];
  }
  State* FindState(model::Day day) {
    if (day < unit_.days.front()->day || day > unit_.days.back()->day) return nullptr;
    return &StateOf(day);
  }

  template <typename Visit>
  void ForEachDay(model::DayRange days, Visit visit) {
    const model::Day first = std::max(days.first, unit_.days.front()->day);
    const model::Day last = std::min(days.last, unit_.days.back()->day);
    for (model::Day day = first; day <= last; day = day + 1) {
      if (State& state = StateOf(day); state.plan != nullptr) visit(state);
    }
  }

  base::Status Read(const catalog::RowGroupRef& group) {
    const auto& file = context_.plan.catalog.files[group.file];
    const std::string object = context_.input.Describe(file.file.object.key);
    origin_ = {.object = object, .row_group = group.row_group};
    worker_.codes_.Reset(file.report, *worker_.vocabulary_);
    const double cpu_before = observe::ThreadCpuSeconds();
    const auto scanned =
        scan::ScanRowGroup(context_.input, file, group, model::SummaryProjection(file.report),
                           {.batch_rows = context_.options.tuning.batch_rows,
                            .days = {unit_.days.front()->day, unit_.days.back()->day}},
                           context_.stop, *this);
    // A row group of several days counts for the first of them that is being done.
    bool counted = false;
    ForEachDay(group.days, [&](State& state) {
      if (!std::exchange(counted, true))
        state.result.read_seconds += observe::ThreadCpuSeconds() - cpu_before;
    });
    if (!scanned.ok()) return scanned.status();
    worker_.rows_read_ += scanned->rows;
    worker_.bytes_read_ += scanned->bytes;
    return CheckMemory(0);
  }

  base::Status CheckMemory(int64_t extra_bytes) {
    if (!context_.budget.limited()) return {};
    int64_t bytes = worker_.allocated_bytes() + extra_bytes;
    for (const State& state : states_) {
      if (state.aggregator) bytes += static_cast<int64_t>(state.aggregator->allocated_bytes());
    }
    switch (context_.budget.Update(worker_.number_, bytes, arrow_io::PoolBytes())) {
      case MemoryBudget::Use::kFits:
        return {};
      case MemoryBudget::Use::kCrowded:
        // Days that are told cannot be told again, so a unit that has closed one goes on.
        if (!closed_any_) return {base::Code::kMemoryExceeded, "crowded"};
        return {};
      case MemoryBudget::Use::kTooLarge:
        break;
    }
    return {base::Code::kMemoryExceeded,
            fmt::format("needs more memory than there is: {:.1f} MiB at work, of {:.1f} MiB that "
                        "--memory-limit "
                        "leaves; raise --memory-limit",
                        static_cast<double>(bytes + arrow_io::PoolBytes()) * 0x1p-20,
                        static_cast<double>(context_.budget.budget_bytes()) * 0x1p-20)};
  }

  base::Status Close(State& state) {
    state.closed = true;
    model::Audit audit;
    if (!state.failure.ok()) {
      state.result.state = DayState::kFailed;
      state.result.status = state.failure;
    } else {
      auto& aggregator = *state.aggregator;
      {
        const observe::PhaseTimer timer(state.result.aggregate_seconds);
        aggregator.Finish(*worker_.vocabulary_, *worker_.output_check_, worker_.summary_, audit);
      }
      state.result.rows_in = aggregator.rows_in();
      state.result.groups = aggregator.group_count();
      const auto rows = static_cast<int64_t>(worker_.summary_.rows.size());
      const auto row_bytes = rows * static_cast<int64_t>(sizeof(model::SummaryRow)) +
                             (context_.options.dry_run ? 0 : rows * kBytesPerWrittenRow);
      if (base::Status status = CheckMemory(row_bytes); !status.ok()) {
        state.closed = false;
        return status;
      }
      std::vector<model::BadInput> bad;
      for (const uint32_t file : state.plan->unreadable) {
        const auto& unreadable = context_.plan.catalog.files[file];
        bad.push_back({.object = context_.input.Describe(unreadable.file.object.key),
                       .row_group = {},
                       .row = {},
                       .column = {},
                       .reason = unreadable.status.message(),
                       .raw_text = {}});
      }
      for (const auto& [group, why] : lessons_.excluded) {
        if (group->days.Contains(state.plan->day)) bad.push_back(why);
      }
      const auto file_problems = static_cast<int64_t>(bad.size());
      const auto& kept = aggregator.bad_rows().kept();
      bad.insert(bad.end(), kept.begin(), kept.end());
      context_.committer.Commit(*state.plan, worker_.summary_, aggregator, std::move(bad),
                                file_problems + aggregator.bad_rows().count(), state.result);
    }
    Release(state);
    closed_any_ = true;
    done_.insert(state.plan->day);
    const bool counts = state.result.state != DayState::kFailed;
    context_.on_day(std::move(state.result), counts ? audit : model::Audit{});
    return {};
  }

  void Release(State& state) {
    if (!state.aggregator) return;
    if (state.aggregator->allocated_bytes() <= kMostKeptBytes && !context_.budget.limited()) {
      worker_.free_aggregators_.push_back(std::move(state.aggregator));
    }
    state.aggregator.reset();
  }

  UnitWorker& worker_;
  const MonthContext& context_;
  const WorkUnit& unit_;
  Lessons& lessons_;
  std::set<model::Day>& done_;  // Days closed, by this attempt or one before.
  std::vector<State>
      states_;  // By day, from the unit's first; without a plan where the day is not in the unit.
  aggregate::RowOrigin origin_;
  int64_t blocks_ = 0;
  bool closed_any_ = false;
};

UnitWorker::UnitWorker(const MonthContext& context, int number)
    : context_(context), number_(number) {
  Renew();
}

UnitWorker::~UnitWorker() = default;

void UnitWorker::Renew() {
  AddKeyCounts(earlier_key_counts_);
  // The summary's dictionaries are those of the vocabulary.
  summary_ = {};
  free_aggregators_.clear();
  output_check_ = std::make_unique<aggregate::OutputCheck>();
  vocabulary_ = std::make_unique<aggregate::Vocabulary>(context_.rules);
}

int64_t UnitWorker::allocated_bytes() const {
  return static_cast<int64_t>(vocabulary_->allocated_bytes() +
                              summary_.rows.capacity() * sizeof(model::SummaryRow));
}

void UnitWorker::AddKeyCounts(std::map<std::string, int64_t>& counts) const {
  if (vocabulary_) {
    for (const auto& [key, count] : vocabulary_->labels.key_counts()) counts[key] += count;
  }
  if (&counts == &earlier_key_counts_) return;
  for (const auto& [key, count] : earlier_key_counts_) counts[key] += count;
}

bool UnitWorker::Run(const WorkUnit& unit, bool alone) {
  if (context_.stop) {
    std::set<model::Day> none;
    Lessons lessons;
    Attempt(*this, unit, lessons, none).FailOpenDays({base::Code::kInterrupted, "interrupted"});
    return true;
  }
  if (alone) {
    context_.budget.EnterAlone(number_);
  } else {
    context_.budget.Enter(number_, unit.estimated_memory_bytes);
  }
  Lessons lessons;
  std::set<model::Day> days_done;
  bool done = false;
  bool crowded = false;
  while (!done && !crowded) {
    const size_t known = lessons.count();
    Attempt attempt(*this, unit, lessons, days_done);
    const base::Status status = attempt.Run();
    // Some of its rows may have been added already, so the days still open start over.
    if (lessons.count() > known) continue;
    if (status.code() == base::Code::kMemoryExceeded && !alone && !attempt.closed_any()) {
      crowded = true;
    } else {
      attempt.FailOpenDays(status);
      done = true;
    }
  }
  if (vocabulary_->allocated_bytes() > kMostVocabularyBytes || context_.budget.limited()) Renew();
  context_.budget.Leave(number_);
  return done;
}

}  // namespace matome::pipeline
