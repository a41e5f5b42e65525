// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "s3/s3_options.h"
#include "s3/s3_store.h"

namespace matome::testing {

struct MinioOptions {
  /// https, with a certificate for localhost, kHost, hosts below it, and 127.0.0.1, by an authority
  /// of its own.
  bool tls = false;
  /// Where the server's folder is made; empty: in memory where there is such a place.
  std::string parent_directory;
};

/// A MinIO server of its own for a test: on a free port of 127.0.0.1, gone with the object, or with
/// the process if that dies. tools/bootstrap.sh --servers builds the program. Whatever keeps it
/// from running ends the process with the reason: a test never passes without it.
class MinioServer {
 public:
  static constexpr const char* kAccessKey = "matome";
  /// A name for 127.0.0.1. Buckets are also found as hosts below it.
  static constexpr const char* kHost = "s3.localhost";
  static constexpr const char* kSecretKey = "correct/horse+battery=staple";

  explicit MinioServer(MinioOptions options = {});
  MinioServer(const MinioServer&) = delete;
  MinioServer& operator=(const MinioServer&) = delete;
  ~MinioServer();

  /// The one that the tests of a process share, without TLS.
  static MinioServer& Shared();

  /// A new, empty bucket; its name.
  std::string MakeBucket();
  void MakeBucket(const std::string& name);

  uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT" or "https://localhost:PORT"
  std::string Url() const;
  /// How to reach what is below `prefix` of a bucket. Back-offs are short.
  s3::S3Options Options(const std::string& bucket, const std::string& prefix = "") const;
  std::unique_ptr<s3::S3Store> Open(const std::string& bucket,
                                    const std::string& prefix = "") const;
  /// The authority's certificate, of a server with TLS.
  std::string CaFile() const { return directory_ + "/ca.crt"; }

  /// kill -9, and waits until the server is gone.
  void Kill();
  /// Starts it again at the same port, and waits until it answers.
  void Start();

  /// What the server logged so far.
  std::string Log() const;

 private:
  void Launch();

  MinioOptions options_;
  std::string directory_;
  uint16_t port_ = 0;
  pid_t process_ = -1;
  int buckets_ = 0;
};

/// A failure ends the process with the reason.
std::unique_ptr<s3::S3Store> MustOpen(s3::S3Options options);
void MustPut(store::WritableStore& store, const std::string& key, std::string_view bytes);
/// Puts every file below `directory`, at its path there.
void MustPutTree(store::WritableStore& store, const std::string& directory);

}  // namespace matome::testing
