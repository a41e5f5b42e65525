// SPDX-License-Identifier: Apache-2.0
// Random faults, by seed. Those that end leave no trace; under those that do not the run ends all
// the same.
#include <mutex>
#include <random>

#include <fmt/format.h>

#include "case_runner/summary_tree.h"
#include "s3_faults/fault_world.h"

namespace matome::s3_faults {
namespace {

using testing::HttpFault;
using testing::HttpMessage;
using namespace std::chrono_literals;

/// The same store, but objects are read range by range however small they are.
class RangedStore final : public store::ObjectStore {
 public:
  explicit RangedStore(const store::ObjectStore& store) : store_(store) {}

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override {
    return store_.List(prefix);
  }
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override {
    return store_.ListDirectories(prefix);
  }
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override {
    return store_.Open(object);
  }
  std::string Describe(std::string_view key) const override { return store_.Describe(key); }
  store::ReadShape read_shape() const override {
    return {.merge_gap_bytes = 100, .whole_object_bytes = 0, .reads_in_flight = 8};
  }
  store::Traffic traffic() const override { return store_.traffic(); }

 private:
  const store::ObjectStore& store_;
};

/// By seed. Odd ones read ranges, even ones whole objects.
class ScheduleTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  std::unique_ptr<s3::S3Store> Open(std::chrono::milliseconds deadline) {
    auto options = world_.server().Options(world_.bucket(), "new");
    options.endpoint = proxy_.Url();
    options.requests_in_flight = 8;
    options.retry.first_delay = 1ms;
    options.retry.longest_delay = 4ms;
    options.retry.request_deadline = deadline;
    options.retry.run_deadline = 4 * deadline;
    options.retry.stall_timeout = 500ms;
    return testing::MustOpen(std::move(options));
  }

  PipelineEnd Summarize(const s3::S3Store& store) {
    if (GetParam() % 2 == 1) return RunPipeline(RangedStore(store), output_);
    return RunPipeline(store, output_);
  }

  Tree Days() const { return case_runner::ReadTree(output_); }

  /// A fault of a random kind. Stalls are rare, as each takes its time: one in some schedules.
  HttpFault RandomFault() {
    const auto index = std::uniform_int_distribution<size_t>(0, kPassingFaults.size() - 1)(random_);
    auto fault = kPassingFaults[index];
    if (fault == PassingFault::kStall && stalls_left_-- <= 0) fault = PassingFault::kCut;
    // Often near the beginning, as many answers are small.
    const size_t most = random_() % 2 == 0 ? 200 : 20'000;
    return MakeFault(fault, std::uniform_int_distribution<size_t>(0, most)(random_));
  }

  World& world_ = World::Get();
  support::ScratchDirectory scratch_;
  std::string output_ = scratch_.Path("summary");
  std::mt19937 random_{GetParam()};
  int stalls_left_ = GetParam() % 8 == 0 ? 1 : 0;
  testing::HttpFaultProxy proxy_{world_.server().port()};
};

class PassingScheduleTest : public ScheduleTest {};

TEST_P(PassingScheduleTest, TheRunEndsRight) {
  const int last = std::uniform_int_distribution<int>(1, 120)(random_);
  const uint32_t one_in = 1 + random_() % 4;
  int64_t errors = 0;
  proxy_.Decide([&](const HttpMessage&, int number) {
    if (number >= last || random_() % one_in != 0) return HttpFault();
    HttpFault fault = RandomFault();
    errors += fault.answer ? 1 : 0;
    return fault;
  });
  const auto store = Open(120s);
  const auto end = Summarize(*store);
  EXPECT_EQ(end.exit_code, 0) << "seed " << GetParam() << ": " << end.why;
  EXPECT_EQ(Difference(Days(), world_.new_tree()), "");
  EXPECT_GE(end.traffic.retries, errors);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PassingScheduleTest, Seeds(200));

class LastingScheduleTest : public ScheduleTest {};

TEST_P(LastingScheduleTest, TheRunEndsWithWhatItHas) {
  const int first = std::uniform_int_distribution<int>(0, 40)(random_);
  const auto kind = kPassingFaults[1 + random_() % 6];  // That lets no whole answer through.
  proxy_.Decide([&](const HttpMessage& request, int number) {
    if (number < first) return HttpFault();
    // An answer may be as short as that.
    return MakeFault(request.method == "HEAD" ? PassingFault::kReset : kind, 0);
  });
  const auto store = Open(100ms);
  const auto end = Summarize(*store);
  const Tree days = Days();
  for (const auto& [day, bytes] : days) EXPECT_TRUE(bytes == world_.new_tree().at(day)) << day;
  if (days.size() == kDays) {
    EXPECT_EQ(end.exit_code, 0) << end.why;
  } else if (days.empty()) {
    EXPECT_TRUE(end.exit_code == 10 || end.exit_code == 75) << end.exit_code << ": " << end.why;
  } else {
    EXPECT_EQ(end.exit_code, 3) << end.why;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LastingScheduleTest, Seeds(30));

}  // namespace
}  // namespace matome::s3_faults
