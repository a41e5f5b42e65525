// SPDX-License-Identifier: Apache-2.0
#include "doctor/output_checks.h"

#include <limits>

#include <gmock/gmock.h>

#include "sink/directory_for_test.h"
#include "sink/month_lock.h"

namespace matome::doctor {
namespace {

using ::testing::HasSubstr;

class OutputChecksTest : public sink::DirectoryTest {
 protected:
  Checks Run(const std::string& directory) {
    return CheckTree({.directory = directory}, "u-1", {{2025, 10}});
  }
};

TEST_F(OutputChecksTest, ADirectoryThatCanBeMadePasses) {
  const Checks checks = Run(root() + "/a/b");
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].verdict, Verdict::kOk);
  EXPECT_THAT(checks[0].finding, HasSubstr("will be made"));
  EXPECT_EQ(checks[1].verdict, Verdict::kOk);
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(Run(root())[0].finding, "writable");
}

TEST_F(OutputChecksTest, AFileInItsPlaceFails) {
  Write("file", "x");
  const Checks checks = Run(root() + "/file/out");
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].exit_code, 1);
  EXPECT_THAT(checks[0].finding, HasSubstr("is not a directory"));
}

TEST_F(OutputChecksTest, WhereNobodyMayWriteFails) {
  // Of the file systems of Linux /proc is the one that refuses even root.
  EXPECT_EQ(Run("/proc/matome")[0].verdict, Verdict::kFailed);
}

TEST_F(OutputChecksTest, AnotherFormatFails) {
  Write("reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=10/day=3/part-0.csv",
        "x");
  const Checks checks = Run(root());
  EXPECT_EQ(checks[0].exit_code, 2);
  EXPECT_THAT(checks[0].finding, HasSubstr("holds csv files"));
}

TEST_F(OutputChecksTest, ALockThatIsHeldFails) {
  const auto store = sink::OpenStore({.directory = root()}, "run").value();
  const auto lock = sink::TakeMonthLock(*store, "u-1", {2025, 10});
  ASSERT_TRUE(lock.ok());
  const Checks checks = Run(root());
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[1].exit_code, 11);
  EXPECT_EQ(ExitCodeOf(checks), 11);
}

TEST_F(OutputChecksTest, TooLittleRoomFails) {
  EXPECT_EQ(CheckFreeDisk(root() + "/not/there", 1).verdict, Verdict::kOk);
  const Check check = CheckFreeDisk(root(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(check.verdict, Verdict::kFailed);
  EXPECT_EQ(check.exit_code, 1);
}

}  // namespace
}  // namespace matome::doctor
