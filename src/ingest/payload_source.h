// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/byte_source.h"
#include "ingest/manifest.h"

namespace matome::ingest {

/// What a payload may hold at most: a small archive can claim to be anything.
struct PayloadLimits {
  int64_t members = 10'000;          // Of an archive, of all kinds.
  int64_t bytes = int64_t{1} << 38;  // Unpacked, in all.
  int64_t ratio = 500;  // Unpacked to packed, once more than ratio_free_bytes came out.
  int64_t ratio_free_bytes = int64_t{64} << 20;
  int64_t manifest_bytes = int64_t{10} << 20;
};

struct PayloadOptions {
  PayloadLimits limits;
  /// Refuses "./manifest.json", as Koku does.
  bool strict_names = false;
  /// Told how many packed bytes have been read so far while the payload is opened. May be empty.
  std::function<void(int64_t bytes)> on_progress;
};

/// A CSV to convert.
struct PayloadCsv {
  std::string name;        // Without folder: "pod.csv".
  std::string where;       // For messages: "payload.tar.gz: pod.csv".
  size_t index = 0;        // In the manifest's files; without a manifest, in this payload.
  int64_t size_bytes = 0;  // Of the member or file: packed, if it is itself a .gz. For progress.
};

/// An archive, a folder, or a file, that was looked at from end to end and found sound as far as
/// that can be told without reading the CSVs as such. Nothing of it is ever written to disk, but
/// for standard input, which is kept in a temporary file without a name.
class Payload {
 public:
  virtual ~Payload() = default;

  /// For messages: the path, or "standard input".
  const std::string& name() const { return name_; }
  /// Absent for loose CSV files.
  const std::optional<Manifest>& manifest() const { return manifest_; }
  /// The CSVs that the manifest lists and that are here, or all there are if there is none.
  const std::vector<PayloadCsv>& csvs() const { return csvs_; }
  /// Names that the manifest lists and that are not here: usual in one of several archives.
  const std::vector<std::string>& missing() const { return missing_; }
  /// Names that are here and not converted, because the manifest does not list them.
  const std::vector<std::string>& ignored() const { return ignored_; }

  /// Reads a CSV's bytes, unpacked. kInputChanged if the input is no longer what it was.
  /// Thread-safe, and cheap for every member of an archive. The payload outlives what it returns.
  virtual base::Result<std::unique_ptr<ByteSource>> OpenCsv(size_t csv) const = 0;

 protected:
  std::string name_;
  std::optional<Manifest> manifest_;
  std::vector<PayloadCsv> csvs_;
  std::vector<std::string> missing_;
  std::vector<std::string> ignored_;
};

/// What one payload lies in.
struct PayloadInput {
  enum class Kind : uint8_t {
    kFile,    // An archive, a CSV, or either packed: its bytes tell.
    kFolder,  // An unpacked payload, with a manifest; or loose CSVs.
    kStandardInput,
  };
  Kind kind = Kind::kFile;
  std::string path;
  std::vector<std::string> files = {};  // Of a folder: the names of its manifest and CSVs, sorted.
  int64_t size_bytes = 0;               // On disk, as far as known before reading; for progress.
};

/// The payloads that a path names, in order of their names: a file is one; "-" is standard input; a
/// folder (not those below it) is one per archive in it, and one of its CSVs. kUsage if there is no
/// such path, or nothing in the folder.
base::Result<std::vector<PayloadInput>> FindPayloads(const std::string& path);

/// Looks at a payload, reading an archive from end to end. kBadInput if it is damaged, has members
/// that no payload has (links, devices, names that lead out of it), breaks a limit, or has no good
/// manifest. `stop` is looked at between blocks; kInterrupted then.
base::Result<std::unique_ptr<Payload>> OpenPayload(const PayloadInput& input,
                                                   const PayloadOptions& options,
                                                   const std::atomic<bool>& stop);

}  // namespace matome::ingest
