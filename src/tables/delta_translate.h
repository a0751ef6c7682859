#pragma once

#include "runtime/blocking_pool.h"
#include "tables/delta_addresses.h"
#include "tables/delta_checkpoint.h"
#include "tables/delta_log.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Writes versions of a Delta log again, with the addresses of the objects in the store for their
/// paths: `add`, `remove` and `cdc` get that of their file, with its path percent-encoded, and
/// deletion vectors in files become absolute ones (`storageType` `p`). Everything else stays, byte
/// by byte but for blanks. What is absolute already stays, and so does the path of a removed file
/// that is gone. A checkpoint, of whatever kind, becomes one of one file. On one loop; memory: some
/// 200 bytes for each file that the versions name, up to 32 MiB of the log, and of a checkpoint one
/// file at a time and the one that is made.
class DeltaTranslator {
 public:
  /// Null `pool`: actions are parsed on the loop.
  DeltaTranslator(Context ctx, ObjectReader& reader, DeltaLog log, BlockingPool* pool);
  DeltaTranslator(const DeltaTranslator&) = delete;
  DeltaTranslator& operator=(const DeltaTranslator&) = delete;

  /// Reads the whole log, and looks up all that it names. Errors: kBadDelta when a file that is
  /// part of the table is missing, kBadDeltaAction and kBadParquet with the place, those of the
  /// reader. Once.
  Task<Result<void>> read();
  /// The same for versions from `first` on, without the checkpoint.
  Task<Result<void>> read_from(std::uint64_t first);
  /// A version that was read, as engines find it.
  Task<Result<Bytes>> translate(std::uint64_t version);
  /// The log's checkpoint, after read().
  Task<Result<DeltaCheckpointWriter::Made>> translate_checkpoint();

  const DeltaLog& log() const { return log_; }
  /// Of the last metaData that was read, if any was.
  const std::optional<std::string>& schema() const { return schema_; }
  /// How many objects were looked up.
  std::size_t objects() const { return addresses_.size(); }

 private:
  using Lines = DeltaAddresses::Lines;
  /// Of lines, and the path of the file that they are of.
  using Visit = std::function<Task<Result<void>>(std::string, Bytes)>;

  Task<Result<Bytes>> get(std::string path);
  void keep(std::string path, Bytes text);
  Task<Result<Lines>> parse(std::string path, const Bytes& text);
  Task<Result<void>> read_versions(std::uint64_t first, std::size_t count);
  Task<Result<void>> read_one(std::string path, Bytes& to);
  /// Visits the lines of the checkpoint, those of its sidecars among them, some at a time.
  Task<Result<void>> each_part(Visit visit);
  Task<Result<void>> each_part_of(std::string path, std::vector<std::string>& sidecars,
                                  const Visit& visit);
  Task<Result<void>> read_part(std::string path, Bytes text);
  Task<Result<void>> add_part(std::string path, Bytes text, DeltaCheckpointWriter& writer);
  void note_schema(const Lines& lines);

  const Context ctx_;
  ObjectReader& reader_;
  const DeltaLog log_;
  BlockingPool* const pool_;
  DeltaAddresses addresses_;
  std::optional<std::string> schema_;
  /// Files of the log that need not be read again, by path.
  std::map<std::string, Bytes> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace tarn::tables
