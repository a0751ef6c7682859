#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/gcloud_client.h"
#include "actions/lua/modules/server_functions.h"
#include "base/encoding.h"
#include "tables/export_location.h"

#include <fmt/format.h>

// `gcloud`.

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kStorageUrl = "https://storage.googleapis.com";

struct GoogleHandle {
  SessionPtr session;
  std::shared_ptr<GoogleStorageClient> client;
};

/// `write_fuse_symlink(source, destination [, mount])`, mount = `{from=, to=}`.
int write_fuse_symlink(const GoogleHandle& handle, Call& call) {
  std::string_view source = call.string(1);
  const std::string destination(call.string(2));
  std::string from;
  std::string to;
  if (!call.missing(3)) {
    from = call.field_string(3, "from").value_or("");
    to = call.field_string(3, "to").value_or("");
  }
  if (source.starts_with(from)) {
    source.remove_prefix(from.size());
  }
  std::string target(source);
  if (!to.empty()) {
    if (source.starts_with('/')) {
      source.remove_prefix(1);
    }
    target = fmt::format("{}{}{}", to, to.ends_with('/') ? "" : "/", source);
  }
  if (!is_valid_utf8(target)) {
    call.fail("gcloud client: the target of a link must be UTF-8");
  }
  tables::StorageUri place = call.unwrap(tables::parse_storage_uri(destination));
  if ((place.protocol != "gs" && place.protocol != "gcs") || place.key.empty()) {
    call.fail(fmt::format("gcloud client: `{}` is no gs://<bucket>/<object>", destination));
  }
  std::function<Task<Result<void>>(Context)> start = [client = handle.client, place,
                                                      target](Context ctx) {
    return client->put_symlink(std::move(ctx), place.bucket, place.key, target);
  };
  if (Result<void> done = handle.session->await<void>(call, std::move(start)); !done) {
    call.fail(done.error().message());
  }
  return 0;
}

/// `gs_client(credentials_json [, endpoint])`.
int make_gs_client(const SessionPtr& session, Call& call) {
  GoogleCredentials credentials = call.unwrap(parse_google_credentials(call.string(1)));
  credentials.token_url = host_url(call, credentials.token_url);
  std::string url = host_url(call, call.string_or(2, kStorageUrl));
  const aws::Services& services = session->host().services.aws;
  const GoogleHandle handle{session, std::make_shared<GoogleStorageClient>(
                                         outbound_client(*session), services.clock, services.rng,
                                         std::move(credentials), std::move(url))};
  push_client(call, {{"write_fuse_symlink",
                      [handle](Call& each) { return write_fuse_symlink(handle, each); }}});
  return 1;
}

}  // namespace

Module gcloud_module(const SessionPtr& session) {
  return {"gcloud",
          {{"gs_client", [session](Call& call) { return make_gs_client(session, call); }}}};
}

}  // namespace tarn::actions::lua
