#include "server/app.h"

#include "actions/export_target.h"
#include "actions/manual_runs.h"
#include "actions/outbound.h"
#include "actions/server_modules.h"
#include "actions/service.h"
#include "auth/errors.h"
#include "base/id.h"
#include "base/metrics.h"
#include "block/open.h"
#include "block/path_provider.h"
#include "catalog/housekeeping.h"
#include "catalog/imports.h"
#include "catalog/multipart_uploads.h"
#include "catalog/objects.h"
#include "catalog/removal.h"
#include "catalog/tasks.h"
#include "endpoints/rest/endpoint.h"
#include "endpoints/rest/error_table.h"
#include "endpoints/s3/endpoint.h"
#include "graveler/store.h"
#include "graveler/table_cache.h"
#include "http/client.h"
#include "http/guarded_client.h"
#include "http/server.h"
#include "kv/metered.h"
#include "kv/open.h"
#include "runtime/blocking_pool.h"
#include "runtime/loops.h"
#include "server/front_door.h"
#include "server/process_metrics.h"
#include "server/stores.h"

#include <algorithm>
#include <filesystem>
#include <thread>

namespace tarn::server {
namespace {

constexpr std::size_t kPoolQueueMax = 16384;

graveler::StoreConfig store_config(const Settings& settings) {
  graveler::StoreConfig config;
  config.refs.repository_cache_size =
      static_cast<std::size_t>(settings.get_int("graveler.repository_cache.size"));
  config.refs.repository_cache_ttl = settings.get_duration("graveler.repository_cache.expiry");
  config.refs.commit_cache_size =
      static_cast<std::size_t>(settings.get_int("graveler.commit_cache.size"));
  config.tables.prefix = settings.get_string("committed.block_storage_prefix");
  config.tables.block_cache_bytes =
      static_cast<std::size_t>(settings.get_int("committed.sstable.memory.cache_size_bytes"));
  config.tables.uploads_max =
      static_cast<std::size_t>(settings.get_int("committed.local_cache.max_uploaders_per_writer"));
  config.split.min_range_size_bytes =
      static_cast<std::uint64_t>(settings.get_int("committed.permanent.min_range_size_bytes"));
  config.split.max_range_size_bytes =
      static_cast<std::uint64_t>(settings.get_int("committed.permanent.max_range_size_bytes"));
  config.split.raggedness_entries =
      static_cast<std::uint64_t>(settings.get_int("committed.permanent.range_raggedness_entries"));
  config.ensure_readable_root_namespace =
      settings.get_bool("graveler.ensure_readable_root_namespace");
  config.undelete_window = settings.get_duration("graveler.undelete_window");
  return config;
}

/// How often the trash is looked through: a tenth of the window, but neither all the time nor
/// never. Without a window there is only what failed before.
std::chrono::nanoseconds sweep_interval(std::chrono::nanoseconds undelete_window) {
  if (undelete_window == std::chrono::nanoseconds(0)) {
    return std::chrono::minutes(10);
  }
  return std::clamp<std::chrono::nanoseconds>(undelete_window / 10, std::chrono::seconds(1),
                                              std::chrono::minutes(10));
}

/// Absent for stores whose tables are read in place or are in memory anyway.
std::optional<graveler::TableCacheConfig> table_cache_config(const Settings& settings) {
  graveler::TableCacheConfig config;
  config.folder = path_or_default(settings, "committed.local_cache.dir", "cache");
  config.size_bytes_max =
      static_cast<std::uint64_t>(settings.get_int("committed.local_cache.size_bytes"));
  if (settings.get_string("blockstore.type") != "s3" || config.size_bytes_max == 0) {
    return std::nullopt;
  }
  return config;
}

auth::ServiceConfig auth_config(const Settings& settings, Secret secret_key) {
  auth::ServiceConfig config;
  config.secret_key = std::move(secret_key);
  config.cache_enabled = settings.get_bool("auth.cache.enabled");
  config.cache_size = static_cast<std::size_t>(settings.get_int("auth.cache.size"));
  config.cache_ttl = settings.get_duration("auth.cache.ttl");
  config.cache_jitter = settings.get_duration("auth.cache.jitter");
  config.login_duration = std::chrono::duration_cast<std::chrono::seconds>(
      settings.get_duration("auth.login_duration"));
  return config;
}

actions::ServiceConfig actions_config(const Settings& settings) {
  actions::ServiceConfig config;
  config.enabled = settings.get_bool("actions.enabled");
  config.hooks.environment.enabled = settings.get_bool("actions.env.enabled");
  config.hooks.environment.prefix = settings.get_string("actions.env.prefix");
  if (settings.get_string("blockstore.type") == "local") {
    config.hooks.files_root = std::filesystem::absolute(block_config(settings).local_path);
  }
  return config;
}

/// Folders of this machine are imported from only where somebody said so.
bool imports_enabled(const Settings& settings) {
  return settings.get_string("blockstore.type") != "local" ||
         settings.get_bool("blockstore.local.import_enabled");
}

catalog::ImportsConfig imports_config(const Settings& settings) {
  catalog::ImportsConfig config;
  config.enabled = imports_enabled(settings);
  config.folder = path_or_default(settings, "imports.temporary_dir", "imports");
  config.sort_memory_bytes =
      static_cast<std::size_t>(settings.get_int("imports.sort_memory_size_bytes"));
  return config;
}

endpoints::rest::ServerInfo server_info(const Settings& settings) {
  endpoints::rest::ServerInfo info;
  info.version = TARN_VERSION;
  info.default_namespace_prefix = settings.get_string("blockstore.default_namespace_prefix");
  if (info.default_namespace_prefix.empty() && settings.get_string("blockstore.type") == "local") {
    info.default_namespace_prefix = "local://";
  }
  info.import_support = imports_enabled(settings);
  info.login_failed_message = settings.get_string("auth.ui_config.login_failed_message");
  info.tls = settings.get_bool("tls.enabled");
  info.comm_prefs_enabled = settings.get_bool("email_subscription.enabled");
  return info;
}

Result<endpoints::s3::Config> s3_config(const Settings& settings) {
  endpoints::s3::Config config;
  TARN_TRY(config.domains,
           endpoints::s3::parse_domains(settings.get_list("gateways.s3.domain_name")));
  config.region = settings.get_string("gateways.s3.region");
  config.verify_unsupported = settings.get_bool("gateways.s3.verify_unsupported");
  return config;
}

http::ServerConfig http_config(const Settings& settings) {
  http::ServerConfig config;
  config.listen_address = settings.get_string("listen_address");
  if (settings.get_bool("tls.enabled")) {
    config.tls =
        http::TlsFiles{settings.get_string("tls.cert_file"), settings.get_string("tls.key_file")};
  }
  return config;
}

/// How tasks tell of an error: as the REST API would.
catalog::Tasks::Failure describe_failure(const Error& error) {
  endpoints::rest::ErrorAnswer answer = endpoints::rest::answer_for(error);
  return {std::move(answer.message), static_cast<std::int32_t>(answer.status)};
}

/// For what action files and scripts name: it goes where `actions.allowed_hosts` lets it.
std::unique_ptr<http::Client> hook_client(actions::OutboundRules rules, const Clock& clock) {
  const auto shared = std::make_shared<const actions::OutboundRules>(std::move(rules));
  http::ConnectGuard guard = [shared](std::string_view host, std::string_view address) {
    return shared->check(host, address);
  };
  return http::make_guarded_client({}, std::move(guard), clock);
}

std::size_t loop_count() { return std::max<std::size_t>(1, std::thread::hardware_concurrency()); }

/// Runs a task on a loop and waits; for start-up.
template <class T>
Result<T> wait_for(Loops& loops, Task<Result<T>> task) {
  Result<T> out = Error(kInternal);
  auto run = [](Task<Result<T>> inner, Result<T>& result) -> Task<void> {
    result = co_await std::move(inner);
  };
  block_on(loops.next(), run(std::move(task), out));
  return out;
}

}  // namespace

/// In the order of construction; destroyed in reverse.
struct App::Parts {
  Parts(const Settings& settings, ServerSecrets given, Environment variables)
      : secrets(std::move(given)),
        environment(std::move(variables)),
        http(http_config(settings)),
        info(server_info(settings)),
        store_client(http::make_client(block_client_config(settings), clock)) {}

  ServerSecrets secrets;
  const Environment environment;
  http::ServerConfig http;
  endpoints::rest::ServerInfo info;
  endpoints::s3::Config s3_settings;
  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  XidGenerator xids{clock, rng};
  BlockingPool kv_pool{"kv", 4, kPoolQueueMax};
  BlockingPool fs_pool{"fs", 8, kPoolQueueMax};
  BlockingPool crypto_pool{"crypto", 1, 1024};
  Loops loops{loop_count()};
  /// Requests to AWS, and to what the environment names in its place.
  std::unique_ptr<http::Client> client = http::make_client({}, clock);
  std::unique_ptr<http::Client> hook_client;
  bool lua_net_http = false;
  /// Requests to the block store, whose certificate alone may go unchecked.
  std::unique_ptr<http::Client> store_client;
  std::unique_ptr<kv::Store> kv;
  std::unique_ptr<block::Adapter> blocks;
  std::unique_ptr<block::Walker> walker;
  std::unique_ptr<graveler::TableCache> table_cache;
  std::optional<block::PathProvider> paths;
  std::optional<graveler::VersionStore> versions;
  std::optional<auth::Service> auth;
  std::optional<catalog::Objects> objects;
  std::optional<actions::RunStore> runs;
  std::optional<actions::RunQueue> run_queue;
  std::optional<tables::ExportJournal> export_journal;
  std::optional<catalog::MultipartUploads> uploads;
  std::optional<catalog::Removal> removal;
  std::optional<catalog::Tasks> tasks;
  std::optional<catalog::Imports> imports;
  std::optional<endpoints::rest::Endpoint> rest;
  std::optional<endpoints::s3::Endpoint> s3;
  std::optional<actions::Service> actions;
  std::optional<catalog::Housekeeping> housekeeping;
  std::optional<actions::ManualRuns> manual_runs;
  std::shared_ptr<tables::ExportLocks> export_locks;
  std::shared_ptr<aws::AssumedRoles> export_roles;
  std::optional<actions::CatalogExportServices> exports;
  std::optional<FrontDoor> front_door;
  std::unique_ptr<http::Server> server;
};

/// Last of all: it works with the rest, and runs hooks' ends.
void App::start_housekeeping(Parts& p) {
  p.housekeeping.emplace(p.loops);
  const std::chrono::nanoseconds window = p.versions->trash().window();
  p.housekeeping->start("sweep of the trash", sweep_interval(window),
                        [&p](Context ctx) { return p.removal->sweep(std::move(ctx)); });
  p.housekeeping->start("old task records", std::chrono::hours(1), [&p](Context ctx) {
    return p.tasks->expire(std::move(ctx), p.versions->refs());
  });
  p.housekeeping->start("old import records", std::chrono::hours(1),
                        [&p](Context ctx) { return p.imports->remove_old(std::move(ctx)); });
}

/// Last of all, since hooks call the API and operations of the version store call hooks.
void App::start_actions(Parts& p, actions::ServiceConfig config) {
  const aws::Services aws{*p.client, p.clock, p.rng};
  p.export_journal.emplace(*p.kv, p.clock);
  config.hooks.lua_modules =
      actions::server_modules(*p.rest, aws, p.environment, *p.hook_client, p.lua_net_http,
                              *p.export_journal, config.hooks.roles);
  config.hooks.aws_http = p.client.get();
  config.hooks.export_journal = &*p.export_journal;
  config.hooks.blocks = p.blocks.get();
  p.export_locks = config.hooks.export_locks;
  p.export_roles = config.hooks.roles;
  p.exports.emplace(actions::CatalogExportServices{.api = *p.rest,
                                                   .aws = aws,
                                                   .outbound = *p.hook_client,
                                                   .blocks = p.blocks.get(),
                                                   .files_root = config.hooks.files_root,
                                                   .environment = p.environment,
                                                   .locks = *p.export_locks,
                                                   .roles = *p.export_roles,
                                                   .journal = &*p.export_journal,
                                                   .pool = &p.fs_pool});
  p.rest->set_exports(*p.exports);
  p.actions.emplace(actions::Service::Services{*p.versions, *p.objects, *p.runs, *p.run_queue,
                                               *p.rest, *p.hook_client, p.clock, p.rng, p.xids,
                                               p.environment, p.loops, p.metrics},
                    std::move(config));
  p.versions->set_hooks(*p.actions);
  p.manual_runs.emplace(*p.actions, *p.versions, *p.runs);
  p.rest->set_manual_runs(*p.manual_runs);
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() {
  stop(std::chrono::milliseconds(0));
  // Background work runs on the loops: it ends first. That of hooks uses everything below.
  parts_->housekeeping.reset();
  parts_->tasks.reset();
  parts_->manual_runs.reset();
  parts_->actions.reset();
  parts_->front_door.reset();
  parts_->s3.reset();
  parts_->rest.reset();
  parts_->removal.reset();
  parts_->imports.reset();
  parts_->uploads.reset();
  parts_->objects.reset();
  parts_->versions.reset();
  parts_->loops.stop();
}

Result<std::unique_ptr<App>> App::create(const Settings& settings, ServerSecrets secrets,
                                         Environment environment) {
  auto parts = std::make_unique<Parts>(settings, std::move(secrets), std::move(environment));
  Parts& p = *parts;
  register_process_metrics(p.metrics);
  TARN_TRY(p.s3_settings, s3_config(settings));
  TARN_TRY(std::unique_ptr<kv::Store> store, kv::open(kv_config(settings), p.kv_pool, p.clock));
  p.kv = kv::metered(std::move(store), p.metrics, p.clock);
  const block::Config blocks = block_config(settings);
  const block::Services for_blocks{p.fs_pool,       p.clock,       p.rng,
                                   *p.store_client, p.environment, p.metrics};
  TARN_TRY(p.blocks, block::open(blocks, for_blocks));
  TARN_TRY(p.walker, block::open_walker(blocks, for_blocks, *p.blocks));
  p.paths.emplace(p.clock, p.xids);
  if (std::optional<graveler::TableCacheConfig> cache = table_cache_config(settings)) {
    TARN_TRY(p.table_cache,
             graveler::TableCache::open(*std::move(cache), p.fs_pool, p.rng, p.metrics));
  }
  p.versions.emplace(graveler::VersionStore::Services{*p.kv, *p.blocks, p.clock, p.rng, p.xids,
                                                      p.loops, p.table_cache.get()},
                     store_config(settings));
  p.auth.emplace(*p.kv, p.crypto_pool, p.clock, p.rng,
                 auth_config(settings, p.secrets.encryption_key));
  p.objects.emplace(
      catalog::Objects::Services{*p.versions, *p.blocks, *p.paths, p.clock, p.secrets.signing_key,
                                 std::chrono::duration_cast<std::chrono::seconds>(
                                     settings.get_duration("blockstore.s3.pre_signed_expiry"))});
  p.runs.emplace(*p.kv, *p.blocks);
  p.imports.emplace(catalog::Imports::Services{*p.versions, *p.kv, *p.walker, p.clock, p.xids,
                                               p.loops, p.fs_pool},
                    imports_config(settings));
  p.run_queue.emplace(*p.kv);
  p.uploads.emplace(
      catalog::MultipartUploads::Services{*p.versions, *p.kv, *p.blocks, *p.paths, p.clock});
  p.removal.emplace(catalog::Removal::Services{*p.versions, *p.uploads, *p.blocks});
  p.tasks.emplace(catalog::Tasks::Services{*p.kv, p.clock, p.rng, p.loops, describe_failure});
  p.rest.emplace(endpoints::rest::Services{*p.versions, *p.objects, *p.auth, *p.runs, *p.imports,
                                           p.clock, p.info, *p.tasks, *p.removal},
                 p.metrics);
  p.s3.emplace(
      endpoints::s3::Services{*p.versions, *p.objects, *p.uploads, *p.auth, p.clock, p.s3_settings},
      p.metrics);
  TARN_TRY(actions::OutboundRules outbound,
           actions::OutboundRules::parse(settings.get_list("actions.allowed_hosts")));
  p.hook_client = hook_client(std::move(outbound), p.clock);
  p.lua_net_http = settings.get_bool("actions.lua.net_http_enabled");
  start_actions(p, actions_config(settings));
  std::unique_ptr<App> app(new App(std::move(parts)));
  TARN_CHECK_OK(wait_for(p.loops, p.versions->recover(Context())));
  start_housekeeping(p);
  return app;
}

Result<std::optional<auth::CredentialsPtr>> App::ensure_admin(const std::string& user,
                                                              std::optional<auth::GivenKey> key) {
  std::optional<auth::CredentialsPtr> made;
  Result<auth::CredentialsPtr> done =
      wait_for(parts_->loops, parts_->auth->setup(Context(), user, std::move(key)));
  if (done) {
    made = *std::move(done);
  } else if (!done.error().is(auth::kAlreadyInitialized)) {
    return std::move(done).error();
  }
  return made;
}

Result<void> App::listen() {
  Parts& p = *parts_;
  TARN_TRY(std::string installation_id, wait_for(p.loops, p.auth->installation_id(Context())));
  p.front_door.emplace(FrontDoor::Endpoints{*p.rest, *p.s3, p.metrics}, p.s3_settings.domains,
                       std::move(installation_id));
  TARN_TRY(p.server, http::start_server(p.http, p.loops, *p.front_door, p.rng));
  return wait_for(p.loops, p.actions->resume(Context()));
}

std::uint16_t App::port() const { return parts_->server->port(); }

void App::stop(std::chrono::milliseconds grace) {
  const SteadyTime end = parts_->clock.steady_now() + grace;
  if (parts_->server) {
    parts_->server->stop(grace);
    parts_->server.reset();
  }
  if (parts_->imports) {
    parts_->imports->stop();
  }
  if (parts_->actions) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - parts_->clock.steady_now());
    parts_->actions->stop(std::max(left, std::chrono::milliseconds(0)));
  }
}

}  // namespace tarn::server
