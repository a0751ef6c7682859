#pragma once

#include "runtime/blocking_pool.h"
#include "tables/delta_log.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Writes versions of a Delta log again, with the addresses of the objects in the store for their
/// paths: `add`, `remove` and `cdc` get that of their file, with its path percent-encoded, and
/// deletion vectors in files become absolute ones (`storageType` `p`). Everything else stays, byte
/// by byte but for blanks. What is absolute already stays, and so does the path of a removed file
/// that is gone. On one loop; memory: some 200 bytes for each file that the versions name, and up
/// to 32 MiB of the log.
class DeltaTranslator {
 public:
  /// Null `pool`: actions are parsed on the loop.
  DeltaTranslator(Context ctx, ObjectReader& reader, DeltaLog log, BlockingPool* pool);
  DeltaTranslator(const DeltaTranslator&) = delete;
  DeltaTranslator& operator=(const DeltaTranslator&) = delete;

  /// Reads the versions from `first` on and looks up all that they name. Errors: kBadDelta when a
  /// file that is part of the table is missing, kBadDeltaAction with the place, those of the
  /// reader. Once.
  Task<Result<void>> read(std::uint64_t first);
  /// A version that was read, as engines find it.
  Task<Result<Bytes>> translate(std::uint64_t version);

  const DeltaLog& log() const { return log_; }
  /// Of the last metaData that was read, if any was.
  const std::optional<std::string>& schema() const { return schema_; }
  /// How many objects were looked up.
  std::size_t objects() const { return known_.size(); }

 private:
  struct Line;
  using Lines = std::vector<Line>;

  Task<Result<void>> read_batch(std::uint64_t first, std::size_t count);
  Task<Result<void>> get(std::uint64_t version, Bytes& to);
  Task<Result<Lines>> parse(std::uint64_t version, const Bytes& text);
  Result<Lines> parse_lines(std::string_view text) const;
  Task<Result<void>> look_up(std::vector<std::string> paths);
  Task<Result<void>> look_up_one(std::string path, std::string& to);
  void note_missing(const Lines& lines);
  Result<void> require_all() const;
  Bytes rewrite(const Lines& lines) const;

  const Context ctx_;
  ObjectReader& reader_;
  const DeltaLog log_;
  BlockingPool* const pool_;
  std::optional<std::string> schema_;
  /// URIs by path; empty = there is no such object.
  std::map<std::string, std::string> known_;
  /// Paths of files that are part of the table and are not there, by what they are to it.
  std::map<std::string, std::string> missing_;
  /// Texts of versions that need not be read again.
  std::map<std::uint64_t, Bytes> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace tarn::tables
