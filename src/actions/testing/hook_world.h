#pragma once

#include "actions/service.h"
#include "base/thread_annotations.h"
#include "graveler/testing/gated_blocks.h"
#include "graveler/testing/world.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace tarn::actions::testing {

/// The part of the API that hooks of these tests call: objects of the repository, and tags, which
/// fire events of their own. Only `jo` has rights.
class ObjectsApi final : public ApiCaller {
 public:
  ObjectsApi(graveler::VersionStore& versions, catalog::Objects& objects)
      : versions_(versions), objects_(objects) {}
  Task<Result<ApiResponse>> call(Context ctx, ApiRequest request) override;
  /// `GET /api/v1/…` and user of each call, in order.
  std::vector<std::string> calls() const;
  /// So many questions about users are answered with 503.
  std::atomic<int> unavailable = 0;

 private:
  graveler::VersionStore& versions_;
  catalog::Objects& objects_;
  mutable Mutex mutex_;
  std::vector<std::string> calls_ TARN_GUARDED_BY(mutex_);
};

/// Another store, whose batches fail while `broken` is set, and whose single writes are counted and
/// fail while `refuse_sets` is.
class FaultyStore final : public kv::Store {
 public:
  explicit FaultyStore(kv::Store& inner) : inner_(inner) {}

  Task<Result<Bytes>> get(Context ctx, kv::Key key) override {
    return inner_.get(std::move(ctx), std::move(key));
  }
  Task<Result<void>> set(Context ctx, kv::Key key, Bytes value) override {
    ++sets;
    if (refuse_sets) {
      co_return Error(kUnavailable, "disk");
    }
    co_return co_await inner_.set(std::move(ctx), std::move(key), std::move(value));
  }
  Task<Result<void>> set_if(Context ctx, kv::Key key, Bytes value,
                            kv::Predicate expected) override {
    return inner_.set_if(std::move(ctx), std::move(key), std::move(value), std::move(expected));
  }
  Task<Result<void>> remove(Context ctx, kv::Key key) override {
    return inner_.remove(std::move(ctx), std::move(key));
  }
  Task<Result<kv::Page>> scan(Context ctx, std::string partition,
                              kv::ScanOptions options) override {
    return inner_.scan(std::move(ctx), std::move(partition), std::move(options));
  }
  Task<Result<void>> remove_partition(Context ctx, std::string partition) override {
    return inner_.remove_partition(std::move(ctx), std::move(partition));
  }
  Task<Result<void>> set_many(Context ctx, std::string partition,
                              std::vector<kv::Entry> rows) override {
    if (broken) {
      co_return Error(kUnavailable, "disk");
    }
    co_return co_await inner_.set_many(std::move(ctx), std::move(partition), std::move(rows));
  }
  std::optional<Result<Bytes>> get_now(const kv::Key& key) override { return inner_.get_now(key); }

  std::atomic<bool> broken = false;
  std::atomic<bool> refuse_sets = false;
  std::atomic<std::size_t> sets = 0;

 private:
  kv::Store& inner_;
};

/// A version store whose events run actions, over memory drivers, as user `jo`. Scripts find the
/// module `test` with `tag(name)`, which creates a tag on main and returns the status, and
/// `wait()`, which blocks until the script is stopped.
class HookWorld : public graveler::testing::World {
 public:
  explicit HookWorld(ServiceConfig config = {}, Environment::Map variables = {});
  ~HookWorld();

  /// Stages an object with these bytes on main.
  void upload(const std::string& path, const std::string& text);
  /// An action file with one Lua hook for each script.
  void add_action(const std::string& name, const std::string& events,
                  const std::vector<std::string>& scripts);
  /// Commits as `jo`; the id, or the error's text.
  std::string commit(const std::string& message = "m");
  Result<graveler::CommitPtr> try_commit(const std::string& message = "m", Context ctx = as_jo());
  /// Waits for the runs of post events.
  void settle();
  /// Another service takes over from the one there is, which must be stopped.
  void restart();
  /// Stops the service and starts another one with other settings; where those have no modules for
  /// scripts, those there were stay.
  void restart_with(ServiceConfig config);
  /// Ids of the runs in the queue.
  std::vector<std::string> queued();

  std::vector<ActionRun> runs(RunFilter filter = {});
  std::vector<HookRun> hooks(const std::string& run_id);
  std::string log(const std::string& run_id, const std::string& hook_run_id);
  /// Of the newest run of that event.
  std::string log_of(const std::string& event, const std::string& hook_run_id = "0000_0000");
  /// `pre-commit completed, post-commit failed`, oldest first.
  std::string outcomes();

  /// All that is written to the block store passes here.
  graveler::testing::GatedBlocks& gate() {
    return static_cast<graveler::testing::GatedBlocks&>(*blocks);
  }

  static Context as_jo() { return Context("req", CancelToken()).with_user("jo"); }

  block::PathProvider paths{clock, xids};
  Secret signing_key{"signing"};
  catalog::Objects objects{{store(), *blocks, paths, clock, signing_key}};
  FaultyStore run_rows{*kv};
  RunStore run_store{run_rows, *blocks};
  RunQueue run_queue{run_rows};
  ObjectsApi api{store(), objects};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  Environment environment;
  Metrics metrics;
  std::unique_ptr<Service> service;

 private:
  void start();

  ServiceConfig config_;
};

}  // namespace tarn::actions::testing
