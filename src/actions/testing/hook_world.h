#pragma once

#include "actions/service.h"
#include "base/thread_annotations.h"
#include "graveler/testing/world.h"

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

 private:
  graveler::VersionStore& versions_;
  catalog::Objects& objects_;
  mutable Mutex mutex_;
  std::vector<std::string> calls_ TARN_GUARDED_BY(mutex_);
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

  std::vector<ActionRun> runs(RunFilter filter = {});
  std::vector<HookRun> hooks(const std::string& run_id);
  std::string log(const std::string& run_id, const std::string& hook_run_id);
  /// Of the newest run of that event.
  std::string log_of(const std::string& event, const std::string& hook_run_id = "0000_0000");
  /// `pre-commit completed, post-commit failed`, oldest first.
  std::string outcomes();

  static Context as_jo() { return Context("req", CancelToken()).with_user("jo"); }

  block::PathProvider paths{clock, xids};
  Secret signing_key{"signing"};
  catalog::Objects objects{{store(), *blocks, paths, clock, signing_key}};
  RunStore run_store{*kv, *blocks};
  ObjectsApi api{store(), objects};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  Environment environment;
  Metrics metrics;
  std::unique_ptr<Service> service;
};

}  // namespace tarn::actions::testing
