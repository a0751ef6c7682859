#include "graveler/testing/world.h"

#include "block/open.h"
#include "graveler/tree_writer.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::graveler::testing {

using tarn::testing::run;

Entry entry_of(const std::string& text) {
  Entry entry;
  entry.address = "data/" + text;
  entry.etag = text;
  entry.size_bytes = static_cast<std::int64_t>(text.size());
  entry.content_type = "text/plain";
  return entry;
}

MetaRangeId write_tree(TreeWriter& writer, const std::map<std::string, std::string>& content) {
  auto all = [](TreeWriter& out,
                const std::map<std::string, std::string>& items) -> Task<Result<MetaRangeId>> {
    Context ctx;
    for (const auto& [path, text] : items) {
      const Value value = to_value(entry_of(text));
      const sstable::Value stored{value.identity, value.data};
      TARN_CO_CHECK_OK(co_await out.add(ctx, path, stored));
    }
    co_return co_await out.finish(ctx);
  };
  Result<MetaRangeId> id = run(all(writer, content));
  EXPECT_TRUE(id) << id.error().message();
  return *id;
}

World::World(StoreConfig config, const Clock* own_clock, const WrapBlocks& wrap)
    : clock(own_clock != nullptr ? *own_clock : machine_clock),
      kv(kv::open_mem()),
      blocks(block::open_mem(clock, rng)) {
  if (wrap) {
    blocks = wrap(std::move(blocks));
  }
  VersionStore::Services services{*kv, *blocks, clock, rng, xids, loops};
  store_ = std::make_unique<VersionStore>(services, std::move(config));
  NewRepository request{RepositoryId::trusted("repo"),
                        StorageNamespace::trusted("mem://bucket/repo"), main};
  auto created = run(store_->create_repository(Context(), request));
  EXPECT_TRUE(created) << created.error().message();
  repo = *std::move(created);
}

World::~World() = default;

Result<void> World::put(const std::string& path, const std::string& text,
                        WriteCondition condition) {
  return run(store_->set_entry(Context(), repo, main, ObjectPath::trusted(path), entry_of(text),
                               std::move(condition)));
}

Result<void> World::remove(const std::string& path) {
  return run(store_->delete_entry(Context(), repo, main, ObjectPath::trusted(path)));
}

Result<Branch> World::branch(const std::string& name, const std::string& source, bool hidden) {
  VersionStore::NewBranch request;
  request.id = BranchId::trusted(name);
  request.source = source;
  request.hidden = hidden;
  return run(store().create_branch(Context(), repo, std::move(request)));
}

Result<CommitPtr> World::commit(const std::string& message) {
  CommitRequest request;
  request.committer = "jo";
  request.message = message;
  return run(store_->commit(Context(), repo, main, request));
}

Result<void> World::delete_repository() {
  Trash& trash = store_->trash();
  TARN_TRY(DeletedRepository deleted,
           run(trash.delete_repository(Context(), repo->id, Trash::DeleteOptions())));
  TARN_CHECK_OK(run(trash.begin_purge(Context(), deleted)));
  return run(trash.finish_purge(Context(), std::move(deleted)));
}

std::string World::get(const std::string& ref, const std::string& path) {
  const auto entry = run(store_->get_entry(Context(), repo, ref, ObjectPath::trusted(path)));
  return entry ? entry->etag : entry.error().message();
}

std::string World::list(const std::string& ref) {
  std::string out;
  ListRequest request;
  request.amount = 7;  // many small pages
  for (;;) {
    const auto page = run(store_->list(Context(), repo, ref, request));
    if (!page) {
      return page.error().message();
    }
    for (const ListedPath& item : page->items) {
      out += (out.empty() ? "" : " ") + item.path + "=" + item.entry->etag;
    }
    if (!page->more) {
      return out;
    }
    request.after = page->items.back().path;
  }
}

std::string World::list_paths(const std::string& ref, ListRequest request) {
  const auto page = run(store_->list(Context(), repo, ref, std::move(request)));
  if (!page) {
    return page.error().message();
  }
  std::string out;
  for (const ListedPath& item : page->items) {
    out += (out.empty() ? "" : " ") + item.path;
  }
  return page->more ? out + " …" : out;
}

std::string World::diff() {
  const auto page = run(store_->diff_uncommitted(Context(), repo, main, ListRequest()));
  if (!page) {
    return page.error().message();
  }
  std::string out;
  for (const Difference& item : page->items) {
    const char sign = item.type == DiffType::kAdded     ? '+'
                      : item.type == DiffType::kRemoved ? '-'
                                                        : '~';
    out += (out.empty() ? "" : " ") + std::string(1, sign) + item.path;
  }
  return out;
}

std::vector<std::string> World::ranges(const CommitPtr& commit) {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  auto collect = [this, commit]() -> Task<Result<std::vector<std::string>>> {
    std::vector<std::string> ids;
    RangeCursor cursor(store_->tables(),
                       TreeId{repo->storage_namespace, commit->commit.meta_range_id});
    TARN_CO_CHECK_OK(co_await cursor.seek(Context(), std::string()));
    while (cursor.valid()) {
      ids.push_back(cursor.range().id.str());
      TARN_CO_CHECK_OK(cursor.next());
    }
    co_return ids;
  };
  return run(collect()).value();
}

Task<Result<bool>> RecordingHooks::applies(Context, HookRecord) { co_return true; }

Task<Result<void>> RecordingHooks::run(Context, HookRecord record) {
  seen.append(seen.empty() ? "" : " ").append(to_string(record.event));
  if (refuse == record.event) {
    co_return Error::with_message(kHookAborted, "no");
  }
  co_return Result<void>();
}

Task<Result<void>> RecordingHooks::repository_deleted(Context, Repository repository) {
  seen.append(seen.empty() ? "" : " ").append("deleted:").append(repository.id.str());
  co_return Result<void>();
}

}  // namespace tarn::graveler::testing
