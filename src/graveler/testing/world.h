#pragma once

#include "base/rng.h"
#include "block/adapter.h"
#include "graveler/store.h"
#include "kv/store.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler::testing {

/// An entry whose content is `text`: its ETag and size.
Entry entry_of(const std::string& text);

/// Writes a tree of these paths, whose entries have the texts as content.
MetaRangeId write_tree(TreeWriter& writer, const std::map<std::string, std::string>& content);

/// A version store over memory drivers with one repository `repo` and its branch `main`; results as
/// short texts.
class World {
 public:
  using WrapBlocks =
      std::function<std::unique_ptr<block::Adapter>(std::unique_ptr<block::Adapter>)>;
  /// Without a clock of the test's own, the machine's. `wrap` puts something around the block
  /// store.
  explicit World(StoreConfig config = {}, const Clock* own_clock = nullptr,
                 const WrapBlocks& wrap = {});
  ~World();

  VersionStore& store() { return *store_; }

  Result<void> put(const std::string& path, const std::string& text, WriteCondition condition = {});
  Result<void> remove(const std::string& path);
  Result<CommitPtr> commit(const std::string& message);
  Result<Branch> branch(const std::string& name, const std::string& source, bool hidden = false);
  /// Deletes the repository and everything of it that the version store keeps.
  Result<void> delete_repository();
  /// The entry's text, or the error's.
  std::string get(const std::string& ref, const std::string& path);
  /// `a=1 b=2`
  std::string list(const std::string& ref);
  /// Paths alone; ` …` at the end when there are more.
  std::string list_paths(const std::string& ref, ListRequest request);
  /// `+added -removed ~changed`
  std::string diff();
  std::vector<std::string> ranges(const CommitPtr& commit);

  SystemClock machine_clock;
  const Clock& clock;
  SeededRng rng{17};
  XidGenerator xids{clock, rng};
  Loops loops{1};
  std::unique_ptr<kv::Store> kv;
  std::unique_ptr<block::Adapter> blocks;
  RepositoryPtr repo;
  BranchId main = BranchId::trusted("main");

 private:
  std::unique_ptr<VersionStore> store_;
};

/// Remembers which events came, and refuses one.
class RecordingHooks final : public Hooks {
 public:
  std::string new_run_id() override { return "run" + std::to_string(++count_); }
  /// Always.
  Task<Result<bool>> applies(Context ctx, HookRecord record) override;
  Task<Result<void>> run(Context ctx, HookRecord record) override;
  Task<Result<void>> repository_deleted(Context ctx, Repository repository) override;

  std::optional<Event> refuse;
  /// Names in order, separated by spaces.
  std::string seen;

 private:
  int count_ = 0;
};

}  // namespace tarn::graveler::testing
