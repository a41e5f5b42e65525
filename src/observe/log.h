// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace matome::observe {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : uint8_t { kText, kJson };

/// What each line of a run's log says about the run; empty fields are left out. The names are those
/// of Koku's log.
struct LogContext {
  std::string tracing_id = {};
  std::string schema = {};
  std::string provider_uuid = {};
  std::string cluster_id = {};
  std::string start_date = {};
  std::string end_date = {};
};

/// Writes the log of a run to a file descriptor, one line a message, and keeps a status line below
/// it on a terminal.
///
/// Text is for people: "10:15:02 warning: message". JSON has one object a line with `timestamp`,
/// `level`, `message` and the context's keys. A message is written whole or, if the descriptor
/// takes no more, not at all: logging never fails a run. Thread-safe.
class Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::kText;
    LogLevel lowest = LogLevel::kInfo;
    bool terminal = false;  // The descriptor is one that a status line can be drawn on.
    bool color = false;
  };

  /// `descriptor` must stay open as long as the logger lives.
  Logger(int descriptor, Options options) : descriptor_(descriptor), options_(options) {}
  ~Logger() { SetStatusLine({}); }
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void SetContext(LogContext context);

  /// `only_here` stands in for the logger's context, for a message about one of several sources.
  void Log(LogLevel level, std::string_view message,
           const std::optional<LogContext>& only_here = std::nullopt);

  template <typename... Args>
  void Info(fmt::format_string<Args...> format, Args&&... args) {
    Log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Warning(fmt::format_string<Args...> format, Args&&... args) {
    Log(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Error(fmt::format_string<Args...> format, Args&&... args) {
    Log(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
  }

  /// Replaces the line below the log; empty removes it. Does nothing unless on a terminal.
  void SetStatusLine(std::string line);

  bool terminal() const { return options_.terminal; }

 private:
  std::string FormatLine(LogLevel level, std::string_view message, const LogContext& context) const;
  void WriteLocked(std::string_view text);

  const int descriptor_;
  const Options options_;
  std::mutex mutex_;
  LogContext context_;       // Guarded by mutex_.
  std::string status_line_;  // Guarded by mutex_.
};

}  // namespace matome::observe
