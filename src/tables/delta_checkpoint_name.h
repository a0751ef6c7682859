#pragma once

#include "tables/object_reader.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// The protocol has a long.
inline constexpr std::uint64_t kDeltaVersionMax = INT64_MAX;

/// What the name of a file of a checkpoint says, in the log's folder:
///
/// | Name | What |
/// | --- | --- |
/// | `<20 digits of a version>.checkpoint.parquet` | all of it |
/// | `<version>.checkpoint.<10 digits>.<10 digits>.parquet` | a part, from 1 on; of so many |
/// | `<version>.checkpoint.<UUID>.parquet`, `….json` | all of it (V2), mostly in sidecars |
struct DeltaCheckpointName {
  std::uint64_t version = 0;
  std::uint64_t part = 1;
  std::uint64_t parts = 1;
  /// Its middle; empty for the first two.
  std::string uuid = {};
  friend bool operator==(const DeltaCheckpointName&, const DeltaCheckpointName&) = default;
};

/// Nothing for the names of other files.
std::optional<DeltaCheckpointName> parse_delta_checkpoint_name(std::string_view name);

std::string delta_checkpoint_name(std::uint64_t version);

/// The hint at the newest checkpoint that writers leave in the log.
inline constexpr std::string_view kDeltaLastCheckpoint = "_last_checkpoint";

/// The state of a table at a version, so that nobody needs the versions up to it.
struct DeltaCheckpoint {
  std::uint64_t version = 0;
  /// Of its parts, in order.
  std::vector<std::string> paths;
};

/// Checkpoints of a log, found one file after the other.
class DeltaCheckpoints {
 public:
  void add(const DeltaCheckpointName& name, std::string path);

  bool empty() const { return found_.empty(); }
  /// Whole ones, the newest first.
  std::vector<DeltaCheckpoint> whole() const;
  /// The first part that the newest one lacks, and one that is there; for messages.
  struct Hole {
    std::string there;
    std::string missing;
  };
  std::optional<Hole> hole() const;

 private:
  /// One that was written as a whole.
  struct Group {
    std::uint64_t parts = 1;
    std::map<std::uint64_t, std::string> paths;
    bool is_whole() const { return paths.size() == parts; }
  };
  /// By version, number of parts and UUID: what was written together.
  struct Key {
    std::uint64_t version = 0;
    std::string uuid;
    std::uint64_t parts = 1;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  std::map<Key, Group> found_;
};

}  // namespace tarn::tables
