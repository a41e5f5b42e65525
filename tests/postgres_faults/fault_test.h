// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "postgres_faults/program_run.h"
#include "support/scratch_directory.h"
#include "testing/postgres_server.h"
#include "testing/tcp_proxy.h"

namespace matome::postgres_faults {

inline constexpr std::string_view kTable = "org1234567.reporting_ocpusagelineitem_daily_summary";

/// A text for each day.
using Days = std::map<std::string, std::string>;

/// What a table holds of each day: all rows, uuid left out, and what a dashboard would show.
struct Version {
  Days rows;
  Days totals;

  bool operator==(const Version&) const = default;
};

/// A server, and two lakes of the same source and month with other rows in each day. Made once.
class World {
 public:
  static World& Get();

  testing::PostgresServer& server() { return server_; }
  const std::string& old_lake() const { return old_lake_; }
  const std::string& new_lake() const { return new_lake_; }
  /// Foreign rows alone; and together with those of a clean run of a lake.
  const Version& blank() const { return blank_; }
  const Version& old_version() const { return old_; }
  const Version& new_version() const { return new_; }
  /// The tables of a database that a clean run has written to.
  const std::string& tables() const { return tables_; }
  /// About how many bytes a run of the new lake over the old one exchanges with the server.
  int64_t run_bytes(testing::TcpProxy::Flow flow) const {
    return run_bytes_[static_cast<size_t>(flow)];
  }

  /// A database with the rows of the old lake and their ledger, or with neither. Both have the
  /// reference data of both lakes, and rows that are none of ours.
  std::string CopyOld() { return Copy(old_database_); }
  std::string CopyBlank() { return Copy(blank_database_); }

 private:
  World();
  std::string Copy(const std::string& database);
  void Generate(const std::string& lake, int seed);

  support::ScratchDirectory scratch_;
  testing::PostgresServer server_;
  std::string old_lake_ = scratch_.Path("old");
  std::string new_lake_ = scratch_.Path("new");
  std::string old_database_;
  std::string blank_database_;
  Version blank_, old_, new_;
  std::string tables_;
  std::array<int64_t, 2> run_bytes_{};
  int copies_ = 0;
};

/// What the summary's table in `database` holds now.
Version Read(const std::string& database);

/// Reads each day's totals in `database` again and again, on a connection of its own that it makes
/// anew when the server was away. Every day must always be that of one of two versions.
class DayReader {
 public:
  DayReader(std::string database, const Version& before, const Version& after);
  DayReader(const DayReader&) = delete;
  DayReader& operator=(const DayReader&) = delete;
  /// Fails the test if a day ever was anything else.
  ~DayReader();

 private:
  void Poll();
  void Check(const Days& totals);

  std::string database_;
  std::array<const Days*, 2> versions_;
  std::atomic<bool> ends_ = false;
  std::string wrong_;
  int64_t polls_ = 0;
  std::thread thread_;
};

/// A moment in the replacement of a day, as the bytes between program and server show it.
enum class Moment : uint8_t {
  kDeleteAnswered,    // On its way: the answer to DELETE.
  kCopyBegins,        // On its way: the first rows.
  kCommitSent,        // On its way: COMMIT.
  kCommitUnanswered,  // On its way: the answer to COMMIT.
};
inline constexpr std::array kMoments = {Moment::kDeleteAnswered, Moment::kCopyBegins,
                                        Moment::kCommitSent, Moment::kCommitUnanswered};
std::string_view NameOf(Moment moment);
inline void PrintTo(Moment moment, std::ostream* out) { *out << NameOf(moment); }

/// A watcher that calls `act`, once, when a day comes to `moment` for the `count`th time, counted
/// from 1; the chunk that is on its way is treated as `act` says.
testing::TcpProxy::Watcher AtMoment(Moment moment, int count,
                                    std::function<testing::TcpProxy::Verdict()> act);

/// A database in which the old lake was summarised, a proxy in front of the server, and a reader
/// who looks on all the time.
class FaultTest : public ::testing::Test {
 protected:
  using Flow = testing::TcpProxy::Flow;
  using Verdict = testing::TcpProxy::Verdict;

  FaultTest() : FaultTest(World::Get().CopyOld(), World::Get().old_version()) {}
  FaultTest(std::string database, const Version& before)
      : database_(std::move(database)), before_(before) {}

  /// The words of a run of the new lake into the database at `url`.
  std::vector<std::string> SummarizeNew(const std::string& url) const;
  /// The same over the proxy.
  std::vector<std::string> SummarizeNew() const { return SummarizeNew(Url()); }
  std::string Url(const std::string& parameters = "") const;
  std::string DirectUrl() const { return world_.server().Url(database_); }

  /// A session that is not taken for one of the program's.
  pg::Connection Connect() const;
  Days Rows() const { return Read(database_).rows; }
  std::string Query(const std::string& sql) const;
  /// How many days are new; a day that is neither old nor new is a failure.
  int CountNewDays() const;
  /// Waits for the end of the program's sessions; then no lock may be left.
  void ExpectNoLocks() const;
  /// Checks the days, runs once more, directly, and looks at what that leaves: the rows of a clean
  /// run, no lock, no table too many.
  void ExpectNextRunIsRight() const;

  World& world_ = World::Get();
  std::string database_;
  const Version& before_;
  testing::TcpProxy proxy_{world_.server().port()};
  DayReader reader_{database_, before_, world_.new_version()};
};

/// The seeds of random tests: 1 to `count`, or to MATOME_SEEDS.
::testing::internal::ParamGenerator<uint32_t> Seeds(uint32_t count);

}  // namespace matome::postgres_faults
