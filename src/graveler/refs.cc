#include "graveler/refs.h"

#include "graveler/errors.h"
#include "kv/errors.h"
#include "kv/row_scan.h"
#include "names/ref_expression.h"

#include <algorithm>
#include <type_traits>

namespace tarn::graveler {
namespace {

constexpr std::string_view kRepositoriesPartition = "graveler";
constexpr std::string_view kRepositories = "repos/";
constexpr std::string_view kBranches = "branches/";
constexpr std::string_view kTags = "tags/";
constexpr std::string_view kCommits = "commits/";
constexpr std::string_view kRepositoryMetadata = "repo-metadata";
constexpr int kMetadataSwapTriesMax = 10;

std::string join(std::string_view folder, std::string_view name) {
  return std::string(folder).append(name);
}

kv::Key repository_key(const RepositoryId& id) {
  return {std::string(kRepositoriesPartition), join(kRepositories, id.str())};
}
kv::Key key_in(const Repository& repository, std::string_view folder, std::string_view name) {
  return {repository.partition(), join(folder, name)};
}

std::string commit_cache_key(const RepositoryPtr& repository, const CommitId& id) {
  return repository->instance_uid + id.str();
}

/// Collects a page of decoded rows below `folder`; `keep` filters.
template <class T, class Decode, class Keep>
Task<Result<Paged<T>>> list_rows(Context ctx, kv::Store& store, std::string partition,
                                 std::string folder, PageRequest page, Decode decode, Keep keep) {
  Paged<T> out;
  kv::ScanOptions options;
  options.prefix = folder + page.prefix;
  if (!page.after.empty()) {
    options.start = kv::next_key(folder + page.after);
  }
  options.limit = page.amount + 1;
  for (kv::RowScan scan(store, std::move(partition), options); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(T item, decode(row.value));
      if constexpr (std::is_same_v<T, CommitRecord>) {
        // The id is the key: records of old versions may not carry it.
        item.id = CommitId::trusted(row.key.substr(folder.size()));
      }
      if (!keep(item)) {
        continue;
      }
      if (out.items.size() == page.amount) {
        out.more = true;
        co_return out;
      }
      out.items.push_back(std::move(item));
    }
  }
  co_return out;
}

template <class T>
bool keep_all(const T&) {
  return true;
}

/// Replaces the KV store's word for absence by the product's.
Error absent_as(Error error, const ErrorId& id) {
  return error.is(kv::kKeyNotFound) ? Error(id) : std::move(error);
}

}  // namespace

Result<void> check_writable(const RepositoryPtr& repository, bool force) {
  if (repository->read_only && !force) {
    return Error(kReadOnlyRepository);
  }
  return {};
}

Result<CommitId> commit_of(const ResolvedRef& ref, const std::string& text) {
  if (ref.staging_demanded) {
    return Error(kStagingNotACommit, "reference '" + text + "'");
  }
  return ref.commit_id;
}

Refs::Refs(kv::Store& store, const Clock& clock, RefsConfig config)
    : store_(store),
      clock_(clock),
      config_(config),
      repositories_(config.repository_cache_size),
      commits_(config.commit_cache_size) {}

Task<Result<Bytes>> Refs::read(Context ctx, kv::Key key) {
  std::optional<Result<Bytes>> now = store_.get_now(key);
  if (now) {
    co_return *std::move(now);
  }
  co_return co_await store_.get(ctx, std::move(key));
}

Task<Result<RepositoryPtr>> Refs::repository(Context ctx, RepositoryId id) {
  const std::optional<CachedRepository> cached = repositories_.get(id.str());
  if (cached && clock_.steady_now() < cached->expires) {
    co_return cached->repository;
  }
  TARN_CO_TRY(Repository row, co_await repository_uncached(ctx, id));
  if (row.state == RepositoryState::kInDeletion) {
    co_return Error(kRepositoryInDeletion);
  }
  RepositoryPtr repository = std::make_shared<const Repository>(std::move(row));
  CachedRepository fresh{repository,
                         clock_.steady_now() + std::chrono::duration_cast<SteadyTime::duration>(
                                                   config_.repository_cache_ttl)};
  repositories_.put(id.str(), std::move(fresh));
  co_return repository;
}

Task<Result<Repository>> Refs::repository_uncached(Context ctx, RepositoryId id) {
  Result<Bytes> bytes = co_await read(ctx, repository_key(id));
  if (!bytes) {
    co_return absent_as(std::move(bytes).error(), kRepositoryNotFound);
  }
  co_return decode_repository(*bytes);
}

Task<Result<void>> Refs::add_repository(Context ctx, Repository repository) {
  Result<void> written = co_await store_.set_if(ctx, repository_key(repository.id),
                                                encode(repository), kv::Predicate::absent());
  if (!written && written.error().is(kv::kPredicateFailed)) {
    co_return Error(kNotUnique);
  }
  co_return written;
}

Task<Result<void>> Refs::write_repository(Context ctx, Repository repository) {
  repositories_.erase(repository.id.str());
  co_return co_await store_.set(ctx, repository_key(repository.id), encode(repository));
}

Task<Result<void>> Refs::remove_repository(Context ctx, RepositoryId id) {
  Result<void> removed = co_await store_.remove(ctx, repository_key(id));
  repositories_.erase(id.str());
  co_return removed;
}

Task<Result<Paged<Repository>>> Refs::list_repositories(Context ctx, PageRequest page,
                                                        std::string search) {
  auto keep = [search](const Repository& repository) {
    return search.empty() || repository.id.str().find(search) != std::string::npos;
  };
  co_return co_await list_rows<Repository>(ctx, store_, std::string(kRepositoriesPartition),
                                           std::string(kRepositories), std::move(page),
                                           decode_repository, keep);
}

Task<Result<Refs::BranchRow>> Refs::branch(Context ctx, RepositoryPtr repository, BranchId id) {
  Result<Bytes> bytes = co_await read(ctx, key_in(*repository, kBranches, id.str()));
  if (!bytes) {
    co_return absent_as(std::move(bytes).error(), kBranchNotFound);
  }
  TARN_CO_TRY(Branch decoded, decode_branch(*bytes));
  BranchRow row{std::move(decoded), *std::move(bytes)};
  co_return row;
}

Task<Result<void>> Refs::add_branch(Context ctx, RepositoryPtr repository, Branch branch) {
  Result<void> written =
      co_await store_.set_if(ctx, key_in(*repository, kBranches, branch.id.str()), encode(branch),
                             kv::Predicate::absent());
  if (!written && written.error().is(kv::kPredicateFailed)) {
    co_return Error(kBranchExists);
  }
  co_return written;
}

Task<Result<void>> Refs::swap_branch(Context ctx, RepositoryPtr repository, Branch branch,
                                     Bytes expected) {
  kv::Predicate predicate = kv::Predicate::equals(std::move(expected));
  co_return co_await store_.set_if(ctx, key_in(*repository, kBranches, branch.id.str()),
                                   encode(branch), std::move(predicate));
}

Task<Result<void>> Refs::remove_branch(Context ctx, RepositoryPtr repository, BranchId id) {
  co_return co_await store_.remove(ctx, key_in(*repository, kBranches, id.str()));
}

Task<Result<Paged<Branch>>> Refs::list_branches(Context ctx, RepositoryPtr repository,
                                                PageRequest page, bool show_hidden) {
  auto keep = [show_hidden](const Branch& branch) { return show_hidden || !branch.hidden; };
  co_return co_await list_rows<Branch>(ctx, store_, repository->partition(), std::string(kBranches),
                                       std::move(page), decode_branch, keep);
}

Task<Result<Tag>> Refs::tag(Context ctx, RepositoryPtr repository, TagId id) {
  Result<Bytes> bytes = co_await read(ctx, key_in(*repository, kTags, id.str()));
  if (!bytes) {
    co_return absent_as(std::move(bytes).error(), kTagNotFound);
  }
  co_return decode_tag(*bytes);
}

Task<Result<void>> Refs::add_tag(Context ctx, RepositoryPtr repository, Tag tag) {
  Result<void> written = co_await store_.set_if(ctx, key_in(*repository, kTags, tag.id.str()),
                                                encode(tag), kv::Predicate::absent());
  if (!written && written.error().is(kv::kPredicateFailed)) {
    co_return Error(kTagExists);
  }
  co_return written;
}

Task<Result<void>> Refs::remove_tag(Context ctx, RepositoryPtr repository, TagId id) {
  co_return co_await store_.remove(ctx, key_in(*repository, kTags, id.str()));
}

Task<Result<Paged<Tag>>> Refs::list_tags(Context ctx, RepositoryPtr repository, PageRequest page) {
  co_return co_await list_rows<Tag>(ctx, store_, repository->partition(), std::string(kTags),
                                    std::move(page), decode_tag, keep_all<Tag>);
}

CommitPtr Refs::commit_in_memory(const RepositoryPtr& repository, const CommitId& id) {
  return commits_.get(commit_cache_key(repository, id)).value_or(nullptr);
}

CommitPtr Refs::commit_in_memory(const RepositoryPtr& repository, const std::string& ref) {
  // Only ids are keys of the cache, so that a text of their size is one if it is found.
  return ref.size() == kHexIdSize ? commit_in_memory(repository, CommitId::trusted(ref)) : nullptr;
}

Task<Result<CommitPtr>> Refs::commit(Context ctx, RepositoryPtr repository, CommitId id) {
  CommitPtr cached = commit_in_memory(repository, id);
  if (cached) {
    co_return cached;
  }
  Result<Bytes> bytes = co_await read(ctx, key_in(*repository, kCommits, id.str()));
  if (!bytes) {
    co_return absent_as(std::move(bytes).error(), kCommitNotFound);
  }
  TARN_CO_TRY(CommitRecord record, decode_commit(*bytes));
  // The id is the key: records of old versions may not carry it.
  record.id = id;
  CommitPtr commit = std::make_shared<const CommitRecord>(std::move(record));
  commits_.put(commit_cache_key(repository, id), commit);
  co_return commit;
}

Task<Result<Refs::Addressed>> Refs::address(Context ctx, RepositoryPtr repository, Commit made) {
  CommitRecord record;
  record.id = commit_id_of(made);
  Result<CommitPtr> known = co_await commit(ctx, repository, record.id);
  if (!known && !known.error().is(kCommitNotFound)) {
    co_return std::move(known).error();
  }
  Addressed out;
  out.stored = known.has_value();
  if (known) {
    out.commit = *std::move(known);
  } else {
    record.commit = std::move(made);
    out.commit = std::make_shared<const CommitRecord>(std::move(record));
  }
  co_return out;
}

Task<Result<CommitId>> Refs::add_commit(Context ctx, RepositoryPtr repository, Commit commit) {
  TARN_CO_TRY(const Addressed made, co_await address(ctx, repository, std::move(commit)));
  if (!made.stored) {
    const std::vector<CommitPtr> one{made.commit};
    TARN_CO_CHECK_OK(co_await add_commits(ctx, repository, one));
  }
  co_return made.commit->id;
}

Task<Result<void>> Refs::add_commits(Context ctx, RepositoryPtr repository,
                                     std::vector<CommitRecord> records) {
  std::vector<kv::Entry> rows;
  rows.reserve(records.size());
  for (const CommitRecord& record : records) {
    rows.push_back(kv::Entry{join(kCommits, record.id.str()), encode(record)});
  }
  co_return co_await store_.set_many(std::move(ctx), repository->partition(), std::move(rows));
}

Task<Result<Paged<CommitRecord>>> Refs::list_commits(Context ctx, RepositoryPtr repository,
                                                     PageRequest page) {
  co_return co_await list_rows<CommitRecord>(ctx, store_, repository->partition(),
                                             std::string(kCommits), std::move(page), decode_commit,
                                             keep_all<CommitRecord>);
}

Task<Result<void>> Refs::add_commits(Context ctx, RepositoryPtr repository,
                                     std::vector<CommitPtr> commits) {
  std::vector<kv::Entry> rows;
  for (const CommitPtr& commit : commits) {
    rows.push_back({join(kCommits, commit->id.str()), encode(*commit)});
  }
  TARN_CO_CHECK_OK(co_await store_.set_many(ctx, repository->partition(), std::move(rows)));
  for (CommitPtr& commit : commits) {
    const std::string key = commit_cache_key(repository, commit->id);
    commits_.put(key, std::move(commit));
  }
  co_return Result<void>();
}

Task<Result<void>> Refs::add_commit_record(Context ctx, RepositoryPtr repository,
                                           CommitRecord record) {
  Result<void> written = co_await store_.set_if(ctx, key_in(*repository, kCommits, record.id.str()),
                                                encode(record), kv::Predicate::absent());
  if (!written && written.error().is(kv::kPredicateFailed)) {
    co_return Error(kCommitExists);
  }
  co_return written;
}

Task<Result<std::optional<CommitId>>> Refs::commit_by_prefix(Context ctx, RepositoryPtr repository,
                                                             std::string prefix) {
  kv::ScanOptions options;
  options.prefix = join(kCommits, prefix);
  options.start = options.prefix;
  options.limit = 2;
  TARN_CO_TRY(const kv::Page rows, co_await store_.scan(ctx, repository->partition(), options));
  std::optional<CommitId> found;
  if (rows.entries.size() == 1) {
    found = CommitId::trusted(rows.entries.front().key.substr(kCommits.size()));
  }
  co_return found;
}

Task<Result<ResolvedRef>> Refs::resolve_base(Context ctx, RepositoryPtr repository,
                                             std::string base) {
  ResolvedRef out;
  const bool maybe_commit = looks_like_commit_prefix(base);
  if (maybe_commit && base.size() == kHexIdSize) {
    Result<CommitPtr> found = co_await commit(ctx, repository, CommitId::trusted(base));
    if (found) {
      out.commit = *std::move(found);
      out.commit_id = out.commit->id;
      co_return out;
    }
    if (!found.error().is(kCommitNotFound)) {
      co_return std::move(found).error();
    }
  }
  Result<BranchId> branch_id = BranchId::parse(base);
  if (branch_id) {
    Result<BranchRow> row = co_await branch(ctx, repository, *branch_id);
    if (row) {
      out.commit_id = row->branch.commit_id;
      out.branch = *std::move(branch_id);
      out.staged_on = std::move(row->branch);
      co_return out;
    }
    if (!row.error().is(kBranchNotFound)) {
      co_return std::move(row).error();
    }
  }
  Result<TagId> tag_id = TagId::parse(base);
  if (tag_id) {
    Result<Tag> found = co_await tag(ctx, repository, *std::move(tag_id));
    if (found) {
      out.commit_id = found->commit_id;
      co_return out;
    }
    if (!found.error().is(kTagNotFound)) {
      co_return std::move(found).error();
    }
  }
  if (maybe_commit) {
    TARN_CO_TRY(std::optional<CommitId> found, co_await commit_by_prefix(ctx, repository, base));
    if (found) {
      out.commit_id = *std::move(found);
      co_return out;
    }
  }
  co_return Error(kNotFound);
}

Task<Result<ResolvedRef>> Refs::resolve(Context ctx, RepositoryPtr repository, std::string text) {
  TARN_CO_TRY(const RefExpression expression, RefExpression::parse(text));
  TARN_CO_TRY(ResolvedRef ref, co_await resolve_base(ctx, repository, expression.base));
  using Kind = RefExpression::Kind;
  if (expression.has(Kind::kCommitted) || expression.has(Kind::kStaging)) {
    if (!ref.branch) {
      co_return Error(kInvalidName, "ref");
    }
    ref.staging_demanded = expression.has(Kind::kStaging);
    if (!ref.staging_demanded) {
      ref.staged_on.reset();
    }
    co_return ref;
  }
  for (const RefExpression::Modifier& modifier : expression.modifiers) {
    ref.commit.reset();
    ref.branch.reset();
    ref.staged_on.reset();
    if (modifier.kind == Kind::kParent) {
      if (modifier.count == 0) {
        continue;
      }
      TARN_CO_TRY(const CommitPtr at, co_await commit(ctx, repository, ref.commit_id));
      if (modifier.count > at->commit.parents.size()) {
        co_return Error(kInvalidName, "ref");
      }
      ref.commit_id = at->commit.parents[modifier.count - 1];
      continue;
    }
    for (std::uint32_t step = 0; step < modifier.count; ++step) {
      TARN_CO_TRY(const CommitPtr at, co_await commit(ctx, repository, ref.commit_id));
      if (at->commit.parents.empty()) {
        co_return Error(kNotFound);
      }
      ref.commit_id = at->commit.parents.front();
    }
  }
  co_return ref;
}

Task<Result<CommitPtr>> Refs::resolve_commit(Context ctx, RepositoryPtr repository,
                                             std::string text) {
  TARN_CO_TRY(const ResolvedRef ref, co_await resolve(ctx, repository, text));
  TARN_CO_TRY(CommitId id, commit_of(ref, text));
  co_return co_await commit(ctx, repository, std::move(id));
}

Task<Result<Metadata>> Refs::repository_metadata(Context ctx, RepositoryPtr repository) {
  const Result<Bytes> bytes = co_await read(ctx, key_in(*repository, kRepositoryMetadata, ""));
  if (!bytes && bytes.error().is(kv::kKeyNotFound)) {
    co_return Metadata();
  }
  if (!bytes) {
    co_return bytes.error();
  }
  co_return decode_repository_metadata(*bytes);
}

Task<Result<void>> Refs::change_repository_metadata(Context ctx, RepositoryPtr repository,
                                                    ChangeMetadata change) {
  const kv::Key key = key_in(*repository, kRepositoryMetadata, "");
  for (int tries = 0; tries < kMetadataSwapTriesMax; ++tries) {
    Result<Bytes> bytes = co_await read(ctx, key);
    if (!bytes && !bytes.error().is(kv::kKeyNotFound)) {
      co_return bytes.error();
    }
    Metadata metadata;
    if (bytes) {
      TARN_CO_TRY(metadata, decode_repository_metadata(*bytes));
    }
    const Metadata before = metadata;
    change(metadata);
    if (metadata == before) {
      co_return Result<void>();
    }
    kv::Predicate expected =
        bytes ? kv::Predicate::equals(*std::move(bytes)) : kv::Predicate::absent();
    Result<void> swapped =
        co_await store_.set_if(ctx, key, encode_repository_metadata(metadata), std::move(expected));
    if (swapped || !swapped.error().is(kv::kPredicateFailed)) {
      co_return swapped;
    }
  }
  co_return Error(kTooManyTries);
}

Task<Result<void>> Refs::remove_all(Context ctx, std::string partition) {
  co_return co_await store_.remove_partition(ctx, std::move(partition));
}

}  // namespace tarn::graveler
