// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

namespace matome::cli {

/// From now on SIGINT and SIGTERM ask the run to stop, the second time they end the process at
/// once; a closed pipe is an error of write() only. Call once.
void HandleSignals();

/// Becomes true when a signal asks to stop.
const std::atomic<bool>& StopRequested();

/// The first signal that came, 0 if none, and its name.
int ReceivedSignal();
std::string ReceivedSignalName();

}  // namespace matome::cli
