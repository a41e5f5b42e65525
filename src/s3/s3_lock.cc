// SPDX-License-Identifier: Apache-2.0
#include "s3/s3_lock.h"

#include <unistd.h>

#include <array>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "s3/object.h"

namespace matome::s3 {
namespace {

using Kind = S3Request::Kind;
using base::Code;
using base::Status;

constexpr std::chrono::milliseconds kRemovalDeadline{10'000};

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

std::string UtcNow() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// The object's text; absent if it is not there.
base::Result<std::optional<std::string>> ReadText(const Client& client, const std::string& key) {
  MATOME_ASSIGN_OR_RETURN(
      HttpAnswer answer,
      client.Send({.kind = Kind::kGet, .key = key, .also_answers = {404}, .urgent = true}));
  if (answer.status == 404) return std::optional<std::string>();
  return std::optional(std::move(answer.body));
}

/// "process 12 on host h since 2025-11-03T10:00:00Z", as far as the text says.
std::string DescribeOwner(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return "somebody";
  const auto field = [&](const char* name) {
    const auto found = json.find(name);
    if (found == json.end()) return std::string("?");
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
  return fmt::format("process {} on host {} since {}", field("pid"), field("host"),
                     field("taken_at"));
}

bool IsStale(const ObjectState& state, const LockTimes& times) {
  return state.age > times.stale_after;
}

}  // namespace

base::Result<bool> S3Lock::IsHeld(const Client& client, const std::string& key, LockTimes times) {
  MATOME_ASSIGN_OR_RETURN(const auto state, StateOf(client, key));
  return state && !IsStale(*state, times);
}

base::Result<std::unique_ptr<S3Lock>> S3Lock::Take(const Client& client, std::string key,
                                                   LockTimes times) {
  MATOME_ASSIGN_OR_RETURN(const auto state, StateOf(client, key));
  if (state && !IsStale(*state, times)) {
    MATOME_ASSIGN_OR_RETURN(const auto text, ReadText(client, key));
    return Status(Code::kLocked,
                  fmt::format("{} is held by {}; if that is gone, it is free {} s after its last "
                              "renewal",
                              client.Describe(key), DescribeOwner(text.value_or("")),
                              times.stale_after.count() / 1000));
  }
  std::unique_ptr<S3Lock> lock(new S3Lock(client, std::move(key), times));
  if (Status made = lock->Make(state ? state->version : ""); !made.ok()) {
    // It may be there nevertheless.
    if (!lock->version_.empty()) lock->Remove();
    return made;
  }
  lock->renewing_ = std::thread([raw = lock.get()] { raw->KeepRenewing(); });
  return lock;
}

S3Lock::S3Lock(const Client& client, std::string key, LockTimes times)
    : client_(client),
      key_(std::move(key)),
      times_(times),
      owner_(RandomId()),
      taken_at_(UtcNow()),
      held_since_(Clock::now()) {}

S3Lock::~S3Lock() {
  if (!renewing_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    ends_ = true;
  }
  ends_changed_.notify_one();
  renewing_.join();
  if (failure_.code() != Code::kLocked) Remove();
}

std::string S3Lock::Text() {
  return nlohmann::json{{"owner", owner_},
                        {"host", HostName()},
                        {"pid", getpid()},
                        {"taken_at", taken_at_},
                        {"renewals", renewals_++}}
      .dump();
}

Status S3Lock::Make(const std::string& expected_version) {
  const std::string text = Text();
  auto version = PutObject(
      client_, {.key = key_, .bytes = text, .expected_version = expected_version, .urgent = true});
  if (version.ok()) {
    version_ = *version;
    MATOME_RETURN_IF_ERROR(Probe());
  } else if (version.status().code() == Code::kFailed) {
    conditional_ = false;
    version = PutObject(client_, {.key = key_, .bytes = text, .urgent = true});
  }
  MATOME_RETURN_IF_ERROR(version.status());
  if (conditional_) return {};

  if (client_.options().warn) {
    client_.options().warn(fmt::format(
        "{}: the store knows no conditional writes, so two runs that start at the same moment may "
        "both take this lock; see to it that they do not",
        client_.Describe(key_)));
  }
  MATOME_ASSIGN_OR_RETURN(const bool ours, IsOurs());
  if (ours) return {};
  return {Code::kLocked, client_.Describe(key_) + " was taken by somebody else just now"};
}

Status S3Lock::Probe() {
  const std::string text = Text();
  MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer,
                          client_.Send({.kind = Kind::kPut,
                                        .key = key_,
                                        .headers = {{"If-None-Match", "*"}},
                                        .body = text,
                                        .also_answers = {409, 412},
                                        .urgent = true}));
  conditional_ = !answer.ok();
  return {};
}

base::Result<bool> S3Lock::IsOurs() const {
  MATOME_ASSIGN_OR_RETURN(const auto text, ReadText(client_, key_));
  if (!text) return false;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  return json.is_object() && json.value("owner", "") == owner_;
}

Status S3Lock::RenewWithoutConditions() {
  MATOME_ASSIGN_OR_RETURN(const bool ours, IsOurs());
  if (!ours) return {Code::kLocked, client_.Describe(key_) + " is not ours any more"};
  const std::string text = Text();
  return PutObject(client_,
                   {.key = key_, .bytes = text, .urgent = true, .deadline = times_.renew_every})
      .status();
}

Status S3Lock::Renew() {
  if (!conditional_) return RenewWithoutConditions();
  const std::string text = Text();
  MATOME_ASSIGN_OR_RETURN(version_, PutObject(client_, {.key = key_,
                                                        .bytes = text,
                                                        .expected_version = version_,
                                                        .urgent = true,
                                                        .deadline = times_.renew_every}));
  return {};
}

void S3Lock::KeepRenewing() {
  std::unique_lock guard(mutex_);
  while (!ends_changed_.wait_for(guard, times_.renew_every, [&] { return ends_; })) {
    guard.unlock();
    const auto began = Clock::now();
    Status status = Renew();
    guard.lock();
    if (status.ok()) held_since_ = began;
    failure_ = std::move(status);
    if (failure_.code() == Code::kLocked) return;
  }
}

Status S3Lock::Check() const {
  const std::lock_guard guard(mutex_);
  if (failure_.code() == Code::kLocked) {
    return {Code::kLocked, fmt::format("this run has lost its lock: {}; another run may be writing",
                                       failure_.message())};
  }
  if (Clock::now() - held_since_ < times_.lost_after) return {};
  return {Code::kTemporary, fmt::format("the lock {} could not be renewed for {} s{}{}; run again",
                                        client_.Describe(key_), times_.lost_after.count() / 1000,
                                        failure_.ok() ? "" : ": ", failure_.message())};
}

void S3Lock::Remove() const {
  S3Request request{
      .kind = Kind::kDelete, .key = key_, .also_answers = {404, 409, 412, 501}, .urgent = true};
  request.deadline = kRemovalDeadline;
  if (conditional_) request.headers.emplace_back("If-Match", fmt::format("\"{}\"", version_));
  // Not every store that knows conditions for writing knows them for removing.
  const auto ours = IsOurs();
  if (!ours.ok() || !*ours) return;
  const auto answer = client_.Send(request);
  if (answer.ok() && answer.value().status == 501) {
    request.headers.clear();
    [[maybe_unused]] const auto again = client_.Send(request);
  }
}

}  // namespace matome::s3
