// SPDX-License-Identifier: Apache-2.0
#include "observe/log.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

namespace matome::observe {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

std::string_view LevelColor(LogLevel level) {
  switch (level) {
    case LogLevel::kWarning:
      return "\x1b[33m";
    case LogLevel::kError:
      return "\x1b[31m";
    default:
      return "";
  }
}

struct WallClock {
  std::tm calendar = {};
  int millis = 0;
};

WallClock Now(bool utc) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  WallClock clock;
  if (utc) {
    gmtime_r(&seconds, &clock.calendar);
  } else {
    localtime_r(&seconds, &clock.calendar);
  }
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  clock.millis = static_cast<int>(millis % 1000);
  return clock;
}

std::string FormatJson(LogLevel level, std::string_view message, const LogContext& context) {
  const WallClock now = Now(/*utc=*/true);
  nlohmann::ordered_json line;
  line["timestamp"] =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", now.calendar.tm_year + 1900,
                  now.calendar.tm_mon + 1, now.calendar.tm_mday, now.calendar.tm_hour,
                  now.calendar.tm_min, now.calendar.tm_sec, now.millis);
  line["level"] = LevelName(level);
  line["message"] = message;
  const auto add = [&line](const char* key, const std::string& value) {
    if (!value.empty()) line[key] = value;
  };
  add("tracing_id", context.tracing_id);
  add("schema", context.schema);
  add("provider_uuid", context.provider_uuid);
  add("cluster_id", context.cluster_id);
  add("start_date", context.start_date);
  add("end_date", context.end_date);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Logger::SetContext(LogContext context) {
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
}

void Logger::Log(LogLevel level, std::string_view message,
                 const std::optional<LogContext>& only_here) {
  if (level < options_.lowest) return;
  const std::lock_guard lock(mutex_);
  std::string text;
  if (!status_line_.empty()) text += kEraseLine;
  text += FormatLine(level, message, only_here ? *only_here : context_);
  text += '\n';
  text += status_line_;
  WriteLocked(text);
}

void Logger::SetStatusLine(std::string line) {
  if (!options_.terminal) return;
  const std::lock_guard lock(mutex_);
  if (line == status_line_) return;
  WriteLocked(std::string(kEraseLine) + line);
  status_line_ = std::move(line);
}

std::string Logger::FormatLine(LogLevel level, std::string_view message,
                               const LogContext& context) const {
  if (options_.format == LogFormat::kJson) return FormatJson(level, message, context);
  const WallClock now = Now(/*utc=*/false);
  const std::string_view color = options_.color ? LevelColor(level) : "";
  std::string line =
      fmt::format("{:02}:{:02}:{:02} {}{}{}: ", now.calendar.tm_hour, now.calendar.tm_min,
                  now.calendar.tm_sec, color, LevelName(level), color.empty() ? "" : "\x1b[0m");
  // A message is one line whatever names it quotes.
  for (const char byte : message) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", code);
    } else {
      line += byte;
    }
  }
  return line;
}

void Logger::WriteLocked(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace matome::observe
