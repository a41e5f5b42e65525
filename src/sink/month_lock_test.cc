// SPDX-License-Identifier: Apache-2.0
#include "sink/month_lock.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "sink/directory_for_test.h"
#include "sink/tree_target.h"

namespace matome::sink {
namespace {

using ::testing::HasSubstr;

class MonthLockTest : public DirectoryTest {
 protected:
  base::Result<std::unique_ptr<store::Lock>> Acquire(const std::string& source = "u-1",
                                                     model::Month month = {2025, 10}) {
    const auto store = OpenStore({.directory = root()}, "run").value();
    return TakeMonthLock(*store, source, month);
  }
};

TEST_F(MonthLockTest, IsHeldByOneAtATime) {
  auto first = Acquire();
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value()->Check().ok());
  const auto second = Acquire();
  EXPECT_EQ(second.status().code(), base::Code::kLocked);
  EXPECT_EQ(base::ExitCodeOf(second.status().code()), 11);
  EXPECT_THAT(second.status().message(), HasSubstr("another run summarises source u-1 of 2025-10"));
  first.value().reset();
  EXPECT_TRUE(Acquire().ok());
}

TEST_F(MonthLockTest, OtherMonthsAndSourcesAreFree) {
  const auto first = Acquire();
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(Acquire("u-1", {2025, 11}).ok());
  EXPECT_TRUE(Acquire("u-2").ok());
}

TEST_F(MonthLockTest, WhoLooksMakesNothing) {
  const auto store = OpenStore({.directory = root()}, "run").value();
  EXPECT_FALSE(IsMonthLocked(*store, "u-1", {2025, 10}).value());
  EXPECT_FALSE(Exists("_matome"));
  auto lock = Acquire();
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(IsMonthLocked(*store, "u-1", {2025, 10}).value());
  EXPECT_FALSE(IsMonthLocked(*store, "u-1", {2025, 11}).value());
  lock.value().reset();
  EXPECT_FALSE(IsMonthLocked(*store, "u-1", {2025, 10}).value());
}

TEST_F(MonthLockTest, AnotherProcessIsLockedOutAndItsDeathFreesTheLock) {
  int ready[2];
  int go_on[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = Acquire();
    char byte = held.ok() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1 || ::read(go_on[0], &byte, 1) != 1) ::_exit(1);
    ::_exit(0);  // Without giving the lock back.
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_EQ(Acquire().status().code(), base::Code::kLocked);
  ASSERT_EQ(::write(go_on[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Acquire().ok());
  for (const int descriptor : {ready[0], ready[1], go_on[0], go_on[1]}) ::close(descriptor);
}

TEST_F(MonthLockTest, AnOutputThatCannotBeIsAnError) {
  Write("_matome", "a file");
  const auto lock = Acquire();
  EXPECT_EQ(lock.status().code(), base::Code::kFailed);
  EXPECT_THAT(lock.status().message(), HasSubstr("_matome/ledger/source=u-1"));
}

}  // namespace
}  // namespace matome::sink
