#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "block/adapter.h"
#include "kv/store.h"
#include "names/ids.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Does everything that is stored hold together? Reads only, also beside a running server
/// (docs/fsck.md says what is checked).
namespace tarn::graveler::fsck {

enum class DamageKind : std::uint8_t {
  /// A row that cannot be decoded or contradicts its key.
  kBadRow,
  /// A branch, tag or commit names a commit that is not there.
  kMissingCommit,
  /// A commit's content has another id, or its generation is not above that of its parents.
  kBadCommit,
  kMissingTable,
  /// A range or metarange whose bytes, id, order, bounds, counts or records are wrong.
  kBadTable,
  /// What is staged cannot be read as such, or would be lost.
  kBadStaging,
  kMissingObject,
  /// An object of another size than its entry, or an entry whose address nothing can have.
  kBadObject,
  /// The store would not say: nothing is known.
  kUnreadable,
};

/// `bad_row`, `missing_commit`, …: stable, for machines.
std::string_view to_string(DamageKind kind);

struct Damage {
  DamageKind kind = DamageKind::kBadRow;
  /// Empty for rows of the server as a whole.
  std::string repository;
  /// `branch main`, `commit 01ab…`, `range 23cd…`
  std::string subject;
  /// What is wrong with it, and who needs it.
  std::string message;
};

struct Summary {
  std::string repository;
  std::string storage_namespace;
  bool in_deletion = false;

  std::uint64_t branches = 0;
  std::uint64_t tags = 0;
  std::uint64_t commits = 0;
  std::uint64_t metaranges = 0;
  std::uint64_t ranges = 0;
  /// Records of distinct ranges.
  std::uint64_t entries = 0;
  /// Staged rows, tombstones included.
  std::uint64_t staged = 0;
  std::uint64_t objects = 0;
  /// In stores that this server does not read.
  std::uint64_t objects_elsewhere = 0;
  /// Imports, settings, runs of actions and other rows that were decoded.
  std::uint64_t other_rows = 0;

  // Not damage.
  /// That neither branch nor tag leads to.
  std::uint64_t unreachable_commits = 0;
  /// That no commit names: left by crashes and lost races, dumps, or made while this ran.
  std::uint64_t unreferenced_tables = 0;
  std::uint64_t unreferenced_table_bytes = 0;
  /// Findings that were not there any more on a second look.
  std::uint64_t changed_meanwhile = 0;

  std::uint64_t damages = 0;
  std::uint64_t unreadable = 0;
};

/// What comes of it, as it is found. Calls come one at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void damage(const Damage& damage) = 0;
  virtual void summary(const Summary& summary) = 0;
};

/// Rows that other modules own.
struct RowKind {
  std::string partition;
  /// Of the key; for rows of a repository below `repos/<repository>/`.
  std::string prefix;
  /// `action run`
  std::string name;
  bool of_repository = false;
  std::function<Result<void>(ByteView value)> decode;
};

struct Options {
  /// Empty = all.
  std::vector<RepositoryId> repositories;
  /// Ask the block store for every object, too.
  bool objects = false;
  /// Tables checked at once.
  std::size_t width = 2;
  /// Questions to the block store at once.
  std::size_t object_width = 16;
  /// Folder of ranges and metaranges below a storage namespace.
  std::string table_prefix = "_lakefs";
};

struct Services {
  block::Adapter& blocks;
  /// Reads and hashes tables.
  BlockingPool& pool;
  /// The rows as they are now; blocking. A view does not change (kv::open_read_only).
  std::function<Result<std::shared_ptr<kv::Store>>()> view;
  std::vector<RowKind> row_kinds;
};

/// Checks all repositories of `options`, then the rows of the server as a whole (if no repository
/// was named). `sink` outlives the call. Memory: some hundred bytes for every commit, branch and
/// distinct table of the repository at hand, and the tables under way. Errors:
/// kRepositoryNotFound for a named one, those of the rows' store; damage is not an error.
Task<Result<void>> check(Context ctx, Services services, Options options, Sink& sink);

}  // namespace tarn::graveler::fsck
