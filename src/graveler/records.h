#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "graveler/entry.h"
#include "names/ids.h"
#include "sstable/value.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::graveler {

enum class RepositoryState : std::uint8_t { kActive = 0, kInDeletion = 1 };

struct Repository {
  RepositoryId id;
  StorageNamespace storage_namespace;
  BranchId default_branch;
  WallTime creation_date;
  RepositoryState state = RepositoryState::kActive;
  /// New for each creation, so that a name used again starts from nothing.
  std::string instance_uid;
  bool read_only = false;
  std::string storage_id;

  /// The KV partition of everything in the repository.
  std::string partition() const { return id.str() + "-" + instance_uid; }
};

struct Branch {
  BranchId id;
  CommitId commit_id;
  /// Receives writes.
  StagingToken staging_token;
  /// Former staging tokens on their way into a commit, newest first.
  std::vector<StagingToken> sealed_tokens;
  bool hidden = false;

  /// All tokens, newest first.
  std::vector<StagingToken> tokens() const;
};

struct Tag {
  TagId id;
  CommitId commit_id;
};

struct Commit {
  std::string committer;
  std::string message;
  WallTime creation_date;
  MetaRangeId meta_range_id;
  std::vector<CommitId> parents;
  Metadata metadata;
  std::int32_t version = 1;
  std::int32_t generation = 0;
};

/// A commit with its id.
struct CommitRecord {
  CommitId id;
  Commit commit;
};

/// The content address of a commit; covers whole seconds, neither version nor generation
/// (docs/formats/identifiers.md).
CommitId commit_id_of(const Commit& commit);

// Codecs of the KV rows. Decoding errors: kCorruption.
Bytes encode(const Repository& repository);
Bytes encode(const Branch& branch);
Bytes encode(const Tag& tag);
Bytes encode(const CommitRecord& record);
Bytes encode_staged(ByteView key, const Value& value);
Bytes encode_repository_metadata(const Metadata& metadata);
Result<Repository> decode_repository(ByteView bytes);
Result<Branch> decode_branch(ByteView bytes);
Result<Tag> decode_tag(ByteView bytes);
Result<CommitRecord> decode_commit(ByteView bytes);
Result<Value> decode_staged(ByteView bytes);
/// The same without a copy; the parts point into `bytes`.
Result<sstable::Value> view_staged(ByteView bytes);
Result<Metadata> decode_repository_metadata(ByteView bytes);

/// What a metarange keeps about one range.
struct RangeInfo {
  RangeId id;
  std::string min_key;
  std::string max_key;
  std::uint64_t estimated_size_bytes = 0;
  std::int64_t count = 0;
};
/// The data part of a metarange record; the identity part is the id's text.
Bytes encode_range_data(const RangeInfo& range);
Result<RangeInfo> decode_range(ByteView identity, ByteView data);

}  // namespace tarn::graveler
