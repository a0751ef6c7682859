#pragma once

#include "actions/lua/testing/fake_api.h"
#include "actions/lua/testing/script.h"
#include "aws/testing/glue_imposter.h"
#include "aws/testing/s3_imposter.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/json.h"
#include "base/rng.h"
#include "http/client.h"
#include "kv/open.h"
#include "runtime/cancel.h"
#include "runtime/loops.h"
#include "tables/export_journal.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tarn::actions::lua::testing {

/// Runs scripts with the server modules against an API, S3 and Glue of its own. The environment
/// names the endpoints and has keys, as that of a server would.
class ServerBench {
 public:
  ServerBench();

  /// As user `user`, with globals `args` and `action`.
  Outcome run(std::string_view script);
  /// Scripts may go nowhere from now on: `<address>: hooks may not go there`.
  void refuse_hosts();
  /// What `print(<expression>)` writes, or `error: <raised>`.
  std::string eval(std::string_view expression);

  FakeApi api;
  aws::testing::S3Imposter s3;
  aws::testing::GlueImposter glue;
  Environment::Map environment;
  std::string user = "ann";
  Json args = Json::object();
  /// A post-commit of `main` in repository `catalogs`.
  Json action;
  Limits limits = test_limits();
  /// For what scripts name; null = goes anywhere.
  http::Client* outbound = nullptr;
  bool net_http = false;
  std::unique_ptr<kv::Store> kv = kv::open_mem();
  /// Told the State before it runs.
  std::function<void(State&)> on_state;

 private:
  SystemClock clock_;
  tables::ExportJournal journal_{*kv, clock_};
  SeededRng rng_{7};
  Loops loops_{1};
  std::unique_ptr<http::Client> http_ = http::make_client({}, clock_);
  std::unique_ptr<http::Client> refusing_;
};

/// The commit that `action` is about.
inline constexpr std::string_view kCommit = "9255e5abcdef0123";

}  // namespace tarn::actions::lua::testing
