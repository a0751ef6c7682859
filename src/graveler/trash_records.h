#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "graveler/records.h"

#include <cstdint>
#include <string>

namespace tarn::graveler {

enum class TrashState : std::uint8_t { kDeleted = 0, kUndeleting = 1, kPurging = 2 };

struct DeletedRepository {
  Repository repository;
  WallTime deleted_at;
  TrashState state = TrashState::kDeleted;
  /// What lies in its storage namespace goes, too.
  bool purge_data = false;

  /// Tells deleted repositories of one name apart, newest last: `<repository>/<instance uid>`.
  std::string key() const { return repository.id.str() + "/" + repository.instance_uid; }
};

struct DeletedBranch {
  Branch branch;
  WallTime deleted_at;
  TrashState state = TrashState::kDeleted;
  RepositoryId repository_id;
  std::string instance_uid;
  /// New for each deletion; newer ones sort last.
  std::string uid;

  /// `<branch>/<uid>`.
  std::string key() const { return branch.id.str() + "/" + uid; }
};

// Codecs of the rows. Decoding errors: kCorruption.
Bytes encode(const DeletedRepository& deleted);
Bytes encode(const DeletedBranch& deleted);
Result<DeletedRepository> decode_deleted_repository(ByteView bytes);
Result<DeletedBranch> decode_deleted_branch(ByteView bytes);

}  // namespace tarn::graveler
