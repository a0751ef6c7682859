#include "graveler/fsck/refs.h"

#include "graveler/fsck/scan.h"
#include "kv/errors.h"

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

#include <utility>

namespace tarn::graveler::fsck {
namespace {

constexpr std::string_view kBranches = "branches/";
constexpr std::string_view kTags = "tags/";
constexpr std::string_view kCommits = "commits/";
constexpr std::string_view kMetadata = "repo-metadata";

/// Rows whose messages others own: they must be messages.
struct OtherRows {
  std::string_view prefix;
  std::string_view name;
};
constexpr OtherRows kOtherRows[] = {
    {"imports/", "import"},
    {"pulls/", "pull request"},
    {"settings/", "setting"},
    {"tasks/", "task"},
};

bool is_message(ByteView bytes) {
  google::protobuf::UnknownFieldSet fields;
  return fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// A ref may have moved, and still name nothing.
Task<Result<bool>> names_nothing(Context ctx, kv::Store& now, kv::Key ref, bool is_branch) {
  Result<Bytes> row = co_await now.get(ctx, ref);
  if (!row && row.error().is(kv::kKeyNotFound)) {
    co_return false;
  }
  TARN_CO_TRY(const Bytes bytes, std::move(row));
  // A row that cannot be decoded names nothing, too.
  std::string commit;
  if (is_branch) {
    const Result<Branch> branch = decode_branch(bytes);
    commit = branch ? branch->commit_id.str() : "";
  } else {
    const Result<Tag> tag = decode_tag(bytes);
    commit = tag ? tag->commit_id.str() : "";
  }
  kv::Key key{ref.partition, std::string(kCommits) + commit};
  const StillThere absent = row_absent(std::move(key));
  co_return co_await absent(std::move(ctx), now);
}

}  // namespace

void RefCheck::bad_row(const kv::Entry& row, std::string subject, std::string message) {
  Damage damage;
  damage.kind = DamageKind::kBadRow;
  damage.subject = std::move(subject);
  damage.message = std::move(message);
  suspects_.note(std::move(damage), same_row(key_of(row.key), row.value));
}

Task<Result<void>> RefCheck::read(Context ctx, kv::Store& rows) {
  const std::function<void(const kv::Entry&)> visit = [this](const kv::Entry& row) {
    const auto below = [&row](std::string_view folder) { return row.key.starts_with(folder); };
    if (below(kBranches)) {
      read_branch(row, row.key.substr(kBranches.size()));
    } else if (below(kCommits)) {
      read_commit(row, row.key.substr(kCommits.size()));
    } else if (below(kTags)) {
      read_tag(row, row.key.substr(kTags.size()));
    } else {
      read_other(row);
    }
  };
  co_return co_await scan_rows(std::move(ctx), rows, repository_.partition(), std::string(),
                               suspects_, visit);
}

void RefCheck::read_branch(const kv::Entry& row, std::string name) {
  ++summary_.branches;
  has_default_branch_ = has_default_branch_ || name == repository_.default_branch.str();
  const std::string subject = "branch " + name;
  Result<Branch> branch = decode_branch(row.value);
  if (!branch) {
    return bad_row(row, subject, branch.error().message());
  }
  if (branch->id.str() != name) {
    bad_row(row, subject, fmt::format("its row is of the branch {}", branch->id));
  }
  if (branch->staging_token.empty()) {
    bad_row(row, subject, "it has no staging token");
  } else {
    tokens_.push_back({BranchId::trusted(name), branch->tokens()});
  }
  refs_.push_back({subject, row.key, branch->commit_id.str()});
}

void RefCheck::read_tag(const kv::Entry& row, std::string name) {
  ++summary_.tags;
  const std::string subject = "tag " + name;
  const Result<Tag> tag = decode_tag(row.value);
  if (!tag) {
    return bad_row(row, subject, tag.error().message());
  }
  if (tag->id.str() != name) {
    bad_row(row, subject, fmt::format("its row is of the tag {}", tag->id));
  }
  refs_.push_back({subject, row.key, tag->commit_id.str()});
}

void RefCheck::read_commit(const kv::Entry& row, std::string name) {
  ++summary_.commits;
  const std::string subject = "commit " + name;
  const std::optional<Id> id = Id::parse(name);
  if (!id) {
    return bad_row(row, subject, "its key is no commit id");
  }
  const Result<CommitRecord> record = decode_commit(row.value);
  if (!record) {
    // It is there, so that who names it is not to blame.
    history_.add(*id, Commit());
    return bad_row(row, subject, record.error().message());
  }
  if (!record->id.empty() && record->id.str() != name) {
    bad_row(row, subject, fmt::format("its row is of the commit {}", record->id));
  }
  const CommitId computed = commit_id_of(record->commit);
  if (computed.str() != name) {
    Damage damage;
    damage.kind = DamageKind::kBadCommit;
    damage.subject = subject;
    damage.message = fmt::format("its content has the id {}", computed);
    suspects_.note(std::move(damage), same_row(key_of(row.key), row.value));
  }
  if (!MetaRangeId::parse(record->commit.meta_range_id.str())) {
    bad_row(row, subject, "its metarange id is none");
  }
  history_.add(*id, record->commit);
}

void RefCheck::read_other(const kv::Entry& row) {
  if (row.key.starts_with(kMetadata)) {
    ++summary_.other_rows;
    const Result<Metadata> metadata = decode_repository_metadata(row.value);
    if (!metadata) {
      bad_row(row, "repository metadata", metadata.error().message());
    }
    return;
  }
  for (const OtherRows& kind : kOtherRows) {
    if (row.key.starts_with(kind.prefix)) {
      ++summary_.other_rows;
      if (!is_message(row.value)) {
        bad_row(row, fmt::format("{} {}", kind.name, row.key.substr(kind.prefix.size())),
                "it is no message");
      }
    }
  }
}

Task<Result<void>> RefCheck::check(Context ctx) {
  for (const Ref& ref : refs_) {
    const bool is_branch = ref.key.starts_with(kBranches);
    const std::optional<Id> commit = Id::parse(ref.commit);
    if (commit && history_.has(*commit)) {
      history_.reach(*commit);
      continue;
    }
    Damage damage;
    damage.kind = DamageKind::kMissingCommit;
    damage.subject = ref.name;
    damage.message = fmt::format("its commit {} does not exist", ref.commit);
    kv::Key key = key_of(ref.key);
    StillThere still_there = [key, is_branch](Context at, kv::Store& now) {
      return names_nothing(std::move(at), now, key, is_branch);
    };
    TARN_CO_CHECK_OK(co_await suspects_.add(ctx, std::move(damage), std::move(still_there)));
  }
  // A bare repository has none, until it is restored.
  if (summary_.branches > 0 && !has_default_branch_) {
    Damage damage;
    damage.kind = DamageKind::kBadRow;
    damage.subject = "repository " + repository_.id.str();
    damage.message =
        fmt::format("its default branch {} does not exist", repository_.default_branch);
    StillThere still_there =
        row_absent(key_of(std::string(kBranches) + repository_.default_branch.str()));
    suspects_.note(std::move(damage), std::move(still_there));
  }
  history_.check_parents([this](const History::BadParent& bad) {
    Damage damage;
    damage.subject = "commit " + bad.commit.str();
    StillThere still_there = row_exists(key_of(std::string(kCommits) + bad.commit.str()));
    if (bad.missing) {
      damage.kind = DamageKind::kMissingCommit;
      damage.message = fmt::format("its parent {} does not exist", bad.parent);
      still_there =
          both(std::move(still_there), row_absent(key_of(std::string(kCommits) + bad.parent)));
    } else {
      damage.kind = DamageKind::kBadCommit;
      damage.message = fmt::format("its generation {} is not above {}, that of its parent {}",
                                   bad.generation, bad.parent_generation, bad.parent);
    }
    suspects_.note(std::move(damage), std::move(still_there));
  });
  summary_.unreachable_commits = history_.unreachable();
  co_return Result<void>();
}

}  // namespace tarn::graveler::fsck
