#include "actions/lua/modules/azure_client.h"
#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/server_functions.h"
#include "base/encoding.h"

#include <fmt/format.h>

#include <algorithm>

// `azure`.

namespace tarn::actions::lua {
namespace {

struct AzureHandle {
  SessionPtr session;
  std::shared_ptr<AzureBlobClient> client;
};

/// `<container>/<blob>` in argument 1.
std::string blob_path(Call& call) {
  const std::string path(call.string(1));
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos || slash == 0) {
    call.fail(
        fmt::format("azure client: invalid path, missing container name from path: {}", path));
  }
  return path;
}

/// `body, true`, or `"", false` when there is no such blob or container.
int get_object(const AzureHandle& handle, Call& call) {
  const std::string path = blob_path(call);
  const std::size_t room = Session::room(call);
  std::function<Task<Result<Bytes>>(Context)> start = [client = handle.client, path,
                                                       room](Context ctx) {
    return client->get(std::move(ctx), path, room);
  };
  Result<Bytes> body = handle.session->await<Bytes>(call, std::move(start));
  return push_object(call, std::move(body),
                     [](const Error& error) { return error.is(kAzureMissing); });
}

void finish(Call& call, const Result<void>& done) {
  if (!done) {
    call.fail(done.error().message());
  }
}

int put_object(const AzureHandle& handle, Call& call) {
  const std::string path = blob_path(call);
  // Once here, once on its way.
  call.engine().require_room(2 * call.string(2).size());
  const auto data = std::make_shared<const Bytes>(call.string(2));
  call.charge_bytes(data->size());
  std::function<Task<Result<void>>(Context)> start = [client = handle.client, path,
                                                      data](Context ctx) {
    return client->put(std::move(ctx), path, *data);
  };
  finish(call, handle.session->await<void>(call, std::move(start)));
  return 0;
}

int delete_object(const AzureHandle& handle, Call& call) {
  const std::string path = blob_path(call);
  std::function<Task<Result<void>>(Context)> start = [client = handle.client, path](Context ctx) {
    return client->remove(std::move(ctx), path);
  };
  finish(call, handle.session->await<void>(call, std::move(start)));
  return 0;
}

/// `blob_client(storage_account, access_key [, endpoint])`.
int make_blob_client(const SessionPtr& session, Call& call) {
  AzureBlobConfig config;
  config.account = call.string(1);
  const bool name = std::ranges::all_of(
      config.account, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (!name || config.account.empty()) {
    call.argument_error(1, "the name of a storage account expected");
  }
  Result<std::string> key = base64_decode(call.string(2));
  if (!key || key->empty()) {
    call.argument_error(2, "the key of a storage account expected, in base64");
  }
  config.key = Secret(*std::move(key));
  config.url = host_url(call, call.missing(3) ? config.account + ".blob.core.windows.net"
                                              : std::string(call.string(3)));
  const aws::Services& services = session->host().services.aws;
  const AzureHandle handle{
      session, std::make_shared<AzureBlobClient>(outbound_client(*session), services.clock,
                                                 services.rng, std::move(config))};
  using Function = int (*)(const AzureHandle&, Call&);
  const auto bind = [&handle](Function function) -> NativeFunction {
    return [handle, function](Call& each) { return function(handle, each); };
  };
  push_client(call, {{"get_object", bind(get_object)},
                     {"put_object", bind(put_object)},
                     {"delete_object", bind(delete_object)}});
  return 1;
}

int abfss_transform_path(Call& call) {
  call.push(call.unwrap(abfss_url(call.string(1))));
  return 1;
}

}  // namespace

Module azure_module(const SessionPtr& session) {
  return {"azure",
          {{"blob_client", [session](Call& call) { return make_blob_client(session, call); }},
           {"abfss_transform_path", abfss_transform_path}}};
}

}  // namespace tarn::actions::lua
