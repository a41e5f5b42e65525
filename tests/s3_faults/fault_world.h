// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/run_result.h"
#include "pipeline/summarize.h"
#include "support/program_run.h"
#include "support/scratch_directory.h"
#include "testing/http_fault_proxy.h"
#include "testing/minio_server.h"

namespace matome::s3_faults {

inline constexpr int kDays = 3;
inline constexpr const char* kSource = "3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21";
inline constexpr const char* kSchema = "org1234567";
inline constexpr const char* kMonth = "2025-10";

/// Day files by their path below the table's directory.
using Tree = std::map<std::string, std::string>;

/// In which days they differ, a line for each; empty if in none.
std::string Difference(const Tree& actual, const Tree& expected);

/// A MinIO server whose bucket holds two lakes of the same source and month, with other rows in
/// each day; both are also in directories. Made once.
class World {
 public:
  static World& Get();

  testing::MinioServer& server() { return server_; }
  const std::string& bucket() const { return bucket_; }
  const std::string& old_lake() const { return old_lake_; }
  const std::string& new_lake() const { return new_lake_; }
  /// What clean runs of local lakes make of them.
  const Tree& old_tree() const { return old_tree_; }
  const Tree& new_tree() const { return new_tree_; }
  /// A prefix of the bucket that nobody used yet.
  std::string NewPrefix();
  /// The bucket as it is, without a proxy.
  s3::S3Store& store() { return *store_; }

 private:
  World();
  void Generate(const std::string& lake, int seed) const;

  support::ScratchDirectory scratch_;
  testing::MinioServer& server_ = testing::MinioServer::Shared();
  std::string bucket_ = server_.MakeBucket();
  std::unique_ptr<s3::S3Store> store_ = server_.Open(bucket_);
  std::string old_lake_ = scratch_.Path("old");
  std::string new_lake_ = scratch_.Path("new");
  Tree old_tree_;
  Tree new_tree_;
  int prefixes_ = 0;
};

/// The words of a run of `input` into `output`, after which more may come. Back-off and deadlines
/// are short.
std::vector<std::string> SummarizeWords(const std::string& input, const std::string& output);

/// The program, with the bucket's keys, over the endpoint at `url`.
std::vector<std::string> Environment(const std::string& url);

/// The day files of an output tree in the bucket.
Tree TreeInBucket(const std::string& prefix);

/// How a run of the pipeline ended, as an exit code, and why.
struct PipelineEnd {
  int exit_code = 0;
  std::string why;
  model::InputTraffic traffic;
};

/// The lake of new rows through `lake` into the directory `output`.
PipelineEnd RunPipeline(const store::ObjectStore& lake, const std::string& output);

/// Faults that a store or a network may have for a while.
enum class PassingFault : uint8_t {
  kSlow,
  kInternalError,
  kSlowDown,
  kTooManyRequests,
  kReset,
  kLostAnswer,
  kCut,
  kEnd,
  kShort,
  kStall,
  kDrip,
};
inline constexpr std::array kPassingFaults = {
    PassingFault::kSlow,     PassingFault::kInternalError,
    PassingFault::kSlowDown, PassingFault::kTooManyRequests,
    PassingFault::kReset,    PassingFault::kLostAnswer,
    PassingFault::kCut,      PassingFault::kEnd,
    PassingFault::kShort,    PassingFault::kStall,
    PassingFault::kDrip};
std::string_view NameOf(PassingFault fault);
inline void PrintTo(PassingFault fault, std::ostream* out) { *out << NameOf(fault); }

/// A fault of a kind, with `size` saying after how many bytes of the body.
testing::HttpFault MakeFault(PassingFault fault, size_t size);

/// A proxy in front of the world's server, and an output directory where the old lake was
/// summarised.
class FaultTest : public ::testing::Test {
 protected:
  FaultTest();

  /// The program from the bucket, over the proxy, into the directory.
  support::Ended RunNew(const std::vector<std::string>& more = {});
  std::vector<std::string> WordsOfNew() const;
  std::vector<std::string> ProxyEnvironment() const { return Environment(proxy_.Url()); }
  Tree Days() const;
  /// How many days are new; a day that is neither old nor new is a failure.
  int CountNewDays() const;
  /// Exit 0, and all days new.
  void ExpectSuccess(const support::Ended& ended) const;
  /// This exit code, a message that holds `words`, and all days old.
  void ExpectFailure(const support::Ended& ended, int exit_code, std::string_view words) const;
  /// Another run, without faults, makes all days new.
  void ExpectNextRunIsRight();

  World& world_ = World::Get();
  support::ScratchDirectory scratch_;
  std::string output_ = scratch_.Path("summary");
  testing::HttpFaultProxy proxy_{world_.server().port()};
};

/// The seeds of random tests: 1 to `count`, or to MATOME_SEEDS.
::testing::internal::ParamGenerator<uint32_t> Seeds(uint32_t count);

}  // namespace matome::s3_faults
