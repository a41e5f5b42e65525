// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace matome::testing {

/// Forwards TCP connections of 127.0.0.1 to a port there, and breaks them as it is told. All it
/// does it does in one thread. Its methods are thread-safe.
class TcpProxy {
 public:
  enum class Flow : uint8_t { kToServer, kToClient };

  /// Bytes that are about to be forwarded. Where they begin and end is chance.
  struct Chunk {
    int connection;  // 0, 1, … as they came.
    Flow flow;
    std::string_view bytes;
  };
  enum class Verdict : uint8_t {
    kForward,
    kHold,  // Stalls the connection, this chunk included.
    kCut,   // Cuts the connection; the chunk is lost.
  };
  /// Called in the proxy's thread; must not call the proxy.
  using Watcher = std::function<Verdict(const Chunk&)>;

  explicit TcpProxy(uint16_t target_port);
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;
  /// Cuts what is open.
  ~TcpProxy();

  uint16_t port() const { return port_; }

  /// Sees every chunk from now on. Once this has returned, an earlier watcher is not called again.
  void Watch(Watcher watcher);

  /// Resets every open connection, on both sides.
  void Cut();
  /// The same once exactly `bytes` more were forwarded in one direction, on all connections
  /// together. Happens once.
  void CutAfter(Flow flow, int64_t bytes);

  /// Stops forwarding on all open connections, in both directions; later ones flow.
  void Stall();
  void Resume();

  /// Every chunk read from now on is kept for so long.
  void Delay(std::chrono::milliseconds delay);

  /// New connections get "connection refused".
  void Refuse(bool refuse);

  /// Bytes forwarded so far.
  int64_t forwarded(Flow flow) const;
  int open_connections() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Pending {
    Clock::time_point due;
    std::string bytes;
    bool watched = false;
  };
  /// One direction of a connection.
  struct Pipe {
    std::deque<Pending> pending;
    bool ended = false;   // No more comes in.
    bool closed = false;  // And the other side knows.
  };
  struct Connection {
    int number = 0;
    std::array<int, 2> sockets{-1, -1};  // By the flow that is read from it: client, server.
    std::array<Pipe, 2> pipes;           // By flow.
    bool stalled = false;
    bool cut = false;
  };

  void Run();
  void Accept();
  void Read(Connection& connection, size_t flow);
  void Write(Connection& connection, size_t flow);
  void CutAll();
  void Reap();
  void Wake();
  bool HasRoom(const Connection& connection, size_t flow) const;
  /// Whether something is to be written now, and if not, when.
  bool IsDue(const Connection& connection, size_t flow, Clock::time_point now) const;
  /// What to wait for; the sockets of each connection lie side by side after the first two.
  std::vector<pollfd> Wanted(std::chrono::milliseconds& timeout) const;

  uint16_t target_port_;
  uint16_t port_ = 0;
  int reservation_ = -1;  // Keeps the port while nobody listens.
  int listener_ = -1;
  std::array<int, 2> wake_{-1, -1};

  mutable std::mutex mutex_;
  bool ends_ = false;
  int connections_made_ = 0;
  std::list<Connection> connections_;
  Watcher watcher_;
  std::array<std::optional<int64_t>, 2> bytes_until_cut_;
  std::array<int64_t, 2> forwarded_{};
  std::chrono::milliseconds delay_{0};
  std::thread thread_;
};

}  // namespace matome::testing
