// SPDX-License-Identifier: Apache-2.0
#include "ingest/batch_writer.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace matome::ingest {
namespace {

TEST(BatchWriterTest, DoesAllWork) {
  for (const int threads : {0, 1, 3}) {
    std::atomic<int> done = 0;
    std::mutex mutex;
    std::set<std::thread::id> workers;
    {
      BatchWriter writer(threads);
      for (int piece = 0; piece < 200; ++piece) {
        EXPECT_TRUE(writer
                        .Submit([&] {
                          ++done;
                          const std::lock_guard lock(mutex);
                          workers.insert(std::this_thread::get_id());
                          return base::Status::Ok();
                        })
                        .ok());
      }
      EXPECT_TRUE(writer.Finish().ok());
      EXPECT_EQ(done, 200);
    }
    EXPECT_LE(workers.size(), static_cast<size_t>(threads) + 1);
  }
}

TEST(BatchWriterTest, TheCallerWorksWhenAllOthersAreBusy) {
  BatchWriter writer(1);
  std::atomic<bool> go_on = false;
  EXPECT_TRUE(writer
                  .Submit([&] {
                    while (!go_on) std::this_thread::yield();
                    return base::Status::Ok();
                  })
                  .ok());
  const auto caller = std::this_thread::get_id();
  std::thread::id worker;
  EXPECT_TRUE(writer
                  .Submit([&] {
                    worker = std::this_thread::get_id();
                    return base::Status::Ok();
                  })
                  .ok());
  EXPECT_EQ(worker, caller);
  go_on = true;
  EXPECT_TRUE(writer.Finish().ok());
}

TEST(BatchWriterTest, ReturnsTheFirstErrorAndBeginsNothingAfterIt) {
  for (const int threads : {0, 2}) {
    BatchWriter writer(threads);
    base::Status submitted = writer.Submit([] { return base::Failed("first"); });
    EXPECT_EQ(writer.Finish().message(), "first");
    bool begun = false;
    submitted = writer.Submit([&] {
      begun = true;
      return base::Failed("second");
    });
    EXPECT_EQ(submitted.message(), "first");
    EXPECT_EQ(writer.Finish().message(), "first");
    EXPECT_FALSE(begun);
  }
}

TEST(BatchWriterTest, EndsItsWorkWhenDestroyed) {
  std::atomic<int> done = 0;
  {
    BatchWriter writer(2);
    for (int piece = 0; piece < 2; ++piece) {
      EXPECT_TRUE(writer
                      .Submit([&] {
                        ++done;
                        return base::Status::Ok();
                      })
                      .ok());
    }
  }
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace matome::ingest
