#include "actions/lua/modules/http.h"
#include "actions/lua/modules/server_functions.h"
#include "actions/lua/value.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::actions::lua {
namespace {

using aws::S3Client;
using ClientPtr = std::shared_ptr<S3Client>;

/// What AWS's SDKs say before the service's own words.
template <class T>
Result<T> named(std::string_view operation, Result<T> result) {
  if (result || result.error().message().starts_with("operation error ")) {
    return result;
  }
  return std::move(result).error().wrap(fmt::format("operation error S3: {}", operation));
}

Task<Result<Bytes>> read_object(Context ctx, ClientPtr client, std::string bucket, std::string key,
                                std::size_t bytes_max) {
  TARN_CO_TRY(S3Client::Body object,
              co_await client->get_object(ctx, std::move(bucket), std::move(key), std::nullopt));
  TARN_CO_TRY(Bytes body, co_await read_all(ctx, *object.body, bytes_max));
  co_return body;
}

/// `body, true`, or `"", false` when there is no such key or bucket.
int get_object(const S3Handle& handle, Call& call) {
  const std::string bucket(call.string(1));
  const std::string key(call.string(2));
  const std::size_t room = Session::room(call);
  std::function<Task<Result<Bytes>>(Context)> start = [client = handle.client, bucket, key,
                                                       room](Context ctx) {
    return read_object(std::move(ctx), client, bucket, key, room);
  };
  Result<Bytes> body = named("GetObject", handle.session->await<Bytes>(call, std::move(start)));
  return push_object(call, std::move(body),
                     [](const Error& error) { return error.kind() == ErrorKind::kNotFound; });
}

int delete_object(const S3Handle& handle, Call& call) {
  const std::string bucket(call.string(1));
  const std::string key(call.string(2));
  std::function<Task<Result<void>>(Context)> start = [client = handle.client, bucket,
                                                      key](Context ctx) {
    return client->delete_object(std::move(ctx), bucket, key);
  };
  if (Result<void> done =
          named("DeleteObject", handle.session->await<void>(call, std::move(start)));
      !done) {
    call.fail(done.error().message());
  }
  return 0;
}

aws::S3ListPage list_page(const S3Handle& handle, Call& call, const aws::S3ListRequest& request) {
  std::function<Task<Result<aws::S3ListPage>>(Context)> start = [client = handle.client,
                                                                 request](Context ctx) {
    return client->list_objects(std::move(ctx), request);
  };
  return call.unwrap(
      named("ListObjectsV2", handle.session->await<aws::S3ListPage>(call, std::move(start))));
}

/// Keys descending, as scripts know it.
int list_objects(const S3Handle& handle, Call& call) {
  aws::S3ListRequest request;
  request.bucket = call.string(1);
  request.prefix = call.string_or(2, "");
  request.continuation_token = call.string_or(3, "");
  request.delimiter = call.string_or(4, "/");
  const aws::S3ListPage page = list_page(handle, call, request);

  std::vector<std::pair<std::string_view, const aws::S3Object*>> entries;
  entries.reserve(page.objects.size() + page.common_prefixes.size());
  for (const aws::S3Object& object : page.objects) {
    entries.emplace_back(object.key, &object);
  }
  for (const std::string& prefix : page.common_prefixes) {
    entries.emplace_back(prefix, nullptr);
  }
  std::ranges::sort(entries, std::ranges::greater(), [](const auto& entry) { return entry.first; });

  Json results = Json::array();
  for (const auto& [key, object] : entries) {
    Json entry = Json::object({{"key", key}, {"type", object == nullptr ? "prefix" : "object"}});
    if (object != nullptr) {
      entry.set("etag", "\"" + object->etag + "\"");
      entry.set("size", object->size_bytes);
      entry.set("last_modified", format_rfc3339(object->last_modified));
    }
    results.push_back(std::move(entry));
  }
  Json answer = Json::object({{"is_truncated", page.is_truncated},
                              {"next_continuation_token", page.next_continuation_token},
                              {"results", Json()}});
  answer.set("results", std::move(results));
  call.push(answer);
  return 1;
}

/// Deletes what is there, 1000 keys at a time, and then raises what could not be deleted.
int delete_recursive(const S3Handle& handle, Call& call) {
  constexpr std::size_t kFailuresMax = 100;
  aws::S3ListRequest request;
  request.bucket = call.string(1);
  request.prefix = call.string(2);
  std::vector<std::string> failures;
  std::size_t more = 0;
  while (true) {
    const aws::S3ListPage page = list_page(handle, call, request);
    std::vector<std::string> keys;
    for (const aws::S3Object& object : page.objects) {
      keys.push_back(object.key);
    }
    if (!keys.empty()) {
      using Failures = std::vector<aws::S3DeleteFailure>;
      std::function<Task<Result<Failures>>(Context)> start =
          [client = handle.client, bucket = request.bucket, keys](Context ctx) {
            return client->delete_objects(std::move(ctx), bucket, keys);
          };
      for (const aws::S3DeleteFailure& failure : call.unwrap(
               named("DeleteObjects", handle.session->await<Failures>(call, std::move(start))))) {
        if (failures.size() < kFailuresMax) {
          failures.push_back(fmt::format("delete object failed '{}', {}", failure.key,
                                         failure.message.empty() ? failure.code : failure.message));
        } else {
          ++more;
        }
      }
    }
    if (!page.is_truncated || page.next_continuation_token.empty()) {
      break;
    }
    request.continuation_token = page.next_continuation_token;
  }
  if (more != 0) {
    failures.push_back(fmt::format("and {} more", more));
  }
  if (!failures.empty()) {
    call.fail(fmt::format("{}", fmt::join(failures, "\n")));
  }
  return 0;
}

}  // namespace

Task<Result<void>> put_s3_object(Context ctx, std::shared_ptr<aws::S3Client> client,
                                 std::string bucket, std::string key, Bytes data) {
  const std::uint64_t size_bytes = data.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(data));
  aws::S3PutOptions options;
  Result<aws::S3Object> done = co_await client->put_object(
      std::move(ctx), bucket, key, std::move(body), size_bytes, std::move(options));
  done = named("PutObject", std::move(done));
  if (!done) {
    co_return std::move(done).error().append(fmt::format(" (s3://{}/{})", bucket, key));
  }
  co_return Result<void>();
}

int S3PutObject::operator()(Call& call) const {
  const std::string bucket(call.string(1));
  const std::string key(call.string(2));
  call.engine().require_room(call.string(3).size());
  const auto data = std::make_shared<const Bytes>(call.string(3));
  call.charge_bytes(data->size());
  std::function<Task<Result<void>>(Context)> start = [client = handle.client, bucket, key,
                                                      data](Context ctx) {
    return put_s3_object(std::move(ctx), client, bucket, key, *data);
  };
  if (Result<void> done = handle.session->await<void>(call, std::move(start)); !done) {
    call.fail(done.error().message());
  }
  return 0;
}

int make_s3_client(Call& call, const SessionPtr& session) {
  const ServerServices& services = session->host().services;
  aws::S3Config config;
  config.region = aws::resolve_region(services.environment, call.string_or(3, ""));
  config.endpoint = call.unwrap(
      aws::resolve_endpoint(services.environment, "s3", config.region, call.string_or(4, "")));
  config.path_style = config.endpoint.custom;
  auto credentials = session->credentials(call);
  const S3Handle handle{session,
                        std::make_shared<S3Client>(std::move(config), std::move(credentials),
                                                   aws_services(session, call.string_or(4, "")))};
  using Function = int (*)(const S3Handle&, Call&);
  const auto bind = [&handle](Function function) -> NativeFunction {
    return [handle, function](Call& each) { return function(handle, each); };
  };
  push_client(call, {{"get_object", bind(get_object)},
                     {"put_object", S3PutObject{handle}},
                     {"delete_object", bind(delete_object)},
                     {"list_objects", bind(list_objects)},
                     {"delete_recursive", bind(delete_recursive)}});
  return 1;
}

}  // namespace tarn::actions::lua
