#pragma once

#include "graveler/tables.h"

#include <cstddef>
#include <memory>
#include <string>

namespace tarn::graveler {

/// Tables of one new tree, or of a chain of trees, on their way into the block store. Ranges are
/// uploaded as they come, several at once; metaranges when every range is durable. Until `wait` has
/// succeeded nothing may be published that names them. What is under way when its owner lets go
/// ends on its own, as garbage. Used by coroutines of one loop.
class TableUploads {
 public:
  enum class Reading : std::uint8_t {
    kNo,
    /// `find` gives what the store may not have yet, for a tree that is built on one of these.
    kYes,
  };

  TableUploads(Context ctx, Tables& tables, StorageNamespace storage_namespace,
               Reading reading = Reading::kNo);
  ~TableUploads();
  TableUploads(const TableUploads&) = delete;
  TableUploads& operator=(const TableUploads&) = delete;

  /// Starts the upload; first waits while too many are under way. Errors: those of earlier ones.
  Task<Result<void>> add_range(std::string id, Bytes file);
  /// Errors: kCorruption.
  Result<void> add_metarange(std::string id, Bytes file);
  /// All that was added is durable. Errors: those of the block store; nothing is published then.
  Task<Result<void>> wait();

  const StorageNamespace& storage_namespace() const;
  /// An upload has failed: nothing of this will ever be durable.
  bool failed() const;
  /// Null for what was not added here, or is in the store by now.
  TablePtr find(const std::string& id) const;
  /// Memory that `find` needs.
  std::size_t readable_bytes() const;

 private:
  struct State;
  static Task<void> upload(std::shared_ptr<State> state, std::string id, Bytes file);
  Task<Result<void>> start(std::string id, Bytes file);

  /// Shared with the uploads, which may outlive this.
  std::shared_ptr<State> state_;
};

}  // namespace tarn::graveler
