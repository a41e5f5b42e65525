// SPDX-License-Identifier: Apache-2.0
#include "s3_faults/fault_world.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "case_runner/summary_tree.h"
#include "store/local_store.h"

namespace matome::s3_faults {

using case_runner::ReadTree;
using std::chrono::milliseconds;
using support::Ended;
using support::ProgramRun;
using testing::HttpFault;

namespace {

constexpr std::string_view kTable = "reporting_ocpusagelineitem_daily_summary/";

void Must(const Ended& ended) {
  if (ended.exit_code == 0) return;
  fmt::print(stderr, "exit {}:\n{}\n", ended.exit_code, ended.output);
  std::exit(1);
}

Ended RunProgram(std::vector<std::string> words, const std::vector<std::string>& environment = {}) {
  words.insert(words.begin(), MATOME_PROGRAM);
  return ProgramRun(words, environment).Wait();
}

}  // namespace

// --- World

World& World::Get() {
  static World world;
  return world;
}

World::World() {
  Generate(old_lake_, 1);
  Generate(new_lake_, 2);
  for (const auto& [lake, name, tree] :
       {std::tuple(&old_lake_, "old", &old_tree_), std::tuple(&new_lake_, "new", &new_tree_)}) {
    const std::string output = scratch_.Path("summary of " + std::string(name));
    Must(RunProgram(SummarizeWords(*lake, output)));
    *tree = ReadTree(output);
    testing::MustPutTree(*server_.Open(bucket_, name), *lake);
  }
  bool right = old_tree_.size() == kDays && new_tree_.size() == kDays;
  for (const auto& [day, bytes] : old_tree_) right = right && new_tree_[day] != bytes;
  if (!right) {
    fmt::print(stderr, "the lakes should give each day other rows\n");
    std::exit(1);
  }
}

void World::Generate(const std::string& lake, int seed) const {
  Must(RunProgram({"generate",
                   "--output",
                   lake,
                   "--source",
                   kSource,
                   "--schema",
                   kSchema,
                   "--month",
                   kMonth,
                   "--days",
                   std::to_string(kDays),
                   "--nodes",
                   "2",
                   "--pods-per-node",
                   "20",
                   "--namespaces",
                   "8",
                   "--seed",
                   std::to_string(seed),
                   "--quiet"}));
}

std::string World::NewPrefix() { return fmt::format("out-{}", ++prefixes_); }

std::string Difference(const Tree& actual, const Tree& expected) {
  std::string difference;
  for (const auto& [day, bytes] : expected) {
    const auto found = actual.find(day);
    if (found == actual.end()) {
      difference += day + " is missing\n";
    } else if (found->second != bytes) {
      difference += day + " has other bytes\n";
    }
  }
  for (const auto& [day, bytes] : actual) {
    if (!expected.contains(day)) difference += day + " should not be there\n";
  }
  return difference;
}

// --- Runs

std::vector<std::string> SummarizeWords(const std::string& input, const std::string& output) {
  return {"summarize", input,     "--output", output,      "--schema",
          kSchema,     "--month", kMonth,     "--threads", "2"};
}

std::vector<std::string> Environment(const std::string& url) {
  return {fmt::format("S3_ENDPOINT={}", url),
          fmt::format("S3_ACCESS_KEY={}", testing::MinioServer::kAccessKey),
          fmt::format("S3_SECRET={}", testing::MinioServer::kSecretKey)};
}

Tree TreeInBucket(const std::string& prefix) {
  auto& store = World::Get().store();
  const std::string table = fmt::format("{}/{}", prefix, kTable);
  Tree tree;
  const auto objects = store.List(table);
  if (!objects.ok()) ADD_FAILURE() << objects.status().message();
  for (const auto& object : objects.ok() ? *objects : std::vector<store::ObjectRef>()) {
    const auto got = store.Get(object.key);
    if (!got.ok() || !*got) {
      ADD_FAILURE() << object.key << " cannot be read";
      continue;
    }
    tree[object.key.substr(table.size())] = (*got)->bytes;
  }
  return tree;
}

PipelineEnd RunPipeline(const store::ObjectStore& lake, const std::string& output) {
  pipeline::SummarizeOptions options;
  options.account = kSchema;
  options.source_uuid = kSource;
  const model::Month month{2025, 10};
  options.days = {month.first_day(), month.last_day()};
  options.outputs = {sink::TreeTarget{.directory = output}};
  options.threads = 2;
  options.program_version = "test";
  const std::atomic<bool> stop = false;
  const auto result =
      pipeline::SummarizeSource(lake, options, [](const model::ProgressEvent&) {}, stop);
  if (!result.ok()) {
    return {.exit_code = base::ExitCodeOf(result.status().code()),
            .why = result.status().message(),
            .traffic = {}};
  }
  PipelineEnd end{.exit_code = result->ExitCode(), .why = {}, .traffic = result->traffic};
  for (const auto& day : result->days) {
    if (!day.status.ok()) end.why += day.status.message() + "\n";
  }
  return end;
}

// --- Faults

std::string_view NameOf(PassingFault fault) {
  switch (fault) {
    case PassingFault::kSlow:
      return "Slow";
    case PassingFault::kInternalError:
      return "InternalError";
    case PassingFault::kSlowDown:
      return "SlowDown";
    case PassingFault::kTooManyRequests:
      return "TooManyRequests";
    case PassingFault::kReset:
      return "Reset";
    case PassingFault::kLostAnswer:
      return "LostAnswer";
    case PassingFault::kCut:
      return "Cut";
    case PassingFault::kEnd:
      return "End";
    case PassingFault::kShort:
      return "Short";
    case PassingFault::kStall:
      return "Stall";
    case PassingFault::kDrip:
      return "Drip";
  }
  return "?";
}

HttpFault MakeFault(PassingFault fault, size_t size) {
  switch (fault) {
    case PassingFault::kSlow:
      return {.delay = milliseconds(5)};
    case PassingFault::kInternalError:
      return {.answer = testing::S3Error(500, "InternalError")};
    case PassingFault::kSlowDown:
      return {.answer = testing::S3Error(503, "SlowDown")};
    case PassingFault::kTooManyRequests:
      return {.answer = testing::S3Error(429, "TooManyRequests")};
    case PassingFault::kReset:
      return {.drop = true};
    case PassingFault::kLostAnswer:
      return {.lose_answer = true};
    case PassingFault::kCut:
      return {.cut_after = size};
    case PassingFault::kEnd:
      return {.end_after = size};
    case PassingFault::kShort:
      return {.shorten_to = size};
    case PassingFault::kStall:
      return {.stall_after = size};
    case PassingFault::kDrip:
      return {.drip_bytes = 100 + size};
  }
  return {};
}

// --- FaultTest

FaultTest::FaultTest() {
  Must(RunProgram(SummarizeWords(world_.old_lake(), output_)));
  EXPECT_EQ(Difference(Days(), world_.old_tree()), "");
}

std::vector<std::string> FaultTest::WordsOfNew() const {
  auto words = SummarizeWords(fmt::format("s3://{}/new", world_.bucket()), output_);
  words.insert(words.begin(), MATOME_PROGRAM);
  return words;
}

Ended FaultTest::RunNew(const std::vector<std::string>& more) {
  auto words = WordsOfNew();
  words.insert(words.end(), more.begin(), more.end());
  return ProgramRun(words, ProxyEnvironment()).Wait();
}

Tree FaultTest::Days() const { return ReadTree(output_); }

int FaultTest::CountNewDays() const {
  int count = 0;
  const Tree days = Days();
  EXPECT_EQ(days.size(), kDays);
  for (const auto& [day, bytes] : days) {
    const bool is_new = bytes == world_.new_tree().at(day);
    EXPECT_TRUE(is_new || bytes == world_.old_tree().at(day)) << day << " is neither old nor new";
    count += is_new ? 1 : 0;
  }
  return count;
}

void FaultTest::ExpectSuccess(const Ended& ended) const {
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_EQ(CountNewDays(), kDays);
}

void FaultTest::ExpectFailure(const Ended& ended, int exit_code, std::string_view words) const {
  EXPECT_EQ(ended.exit_code, exit_code) << ended.output;
  EXPECT_NE(ended.output.find(words), std::string::npos) << ended.output;
  // No secret is in what it says.
  EXPECT_EQ(ended.output.find(testing::MinioServer::kSecretKey), std::string::npos);
  EXPECT_EQ(ended.output.find("Signature="), std::string::npos) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
}

void FaultTest::ExpectNextRunIsRight() {
  proxy_.Decide(nullptr);
  ExpectSuccess(RunNew());
}

::testing::internal::ParamGenerator<uint32_t> Seeds(uint32_t count) {
  const char* wanted = std::getenv("MATOME_SEEDS");
  const uint32_t last = wanted == nullptr ? count : static_cast<uint32_t>(std::atoi(wanted));
  return ::testing::Range(uint32_t{1}, last + 1);
}

}  // namespace matome::s3_faults
