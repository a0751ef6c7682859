#include "actions/lua/modules/api_reader.h"

#include "actions/lua/modules/server_functions.h"
#include "base/json.h"

#include <fmt/format.h>

namespace tarn::actions::lua {
namespace {

constexpr ErrorId kMissing{ErrorKind::kNotFound, "not found"};
constexpr ErrorId kRefused{ErrorKind::kForbidden, "forbidden"};

const ErrorId& id_of(unsigned status) {
  switch (status) {
    case 401:
    case 403:
      return kRefused;
    case 404:
    case 410:
      return kMissing;
    case 429:
      return kThrottled;
    default:
      return status >= 500 ? kUnavailable : kInvalid;
  }
}

/// The error of an answer that is none.
Error refused(unsigned status, const Bytes& body) {
  std::string text = fmt::format("lakeFS: api return non-2xx{}", status);
  if (const Result<Json> parsed = parse_json(body)) {
    const std::string message = parsed->string_or("message", "");
    text.append(message.empty() ? "" : ": ").append(message);
  }
  return Error::with_message(id_of(status), std::move(text));
}

Result<tables::TableObject> read_object(const Json& entry) {
  tables::TableObject object;
  TARN_TRY(object.path, entry.get_string("path"));
  TARN_TRY(object.physical_address, entry.get_string("physical_address"));
  // Only an empty object can be a folder's marker; one of unknown size is none.
  object.size_bytes = static_cast<std::uint64_t>(entry.int_or("size_bytes", 1));
  return object;
}

}  // namespace

Task<Result<Bytes>> ApiReader::call(Context ctx, std::string target, std::string range) {
  ApiRequest request{.method = "GET",
                     .target = std::move(target),
                     .body = {},
                     .user = user_,
                     .range = std::move(range)};
  TARN_CO_TRY(ApiResponse response, co_await api_.call(std::move(ctx), std::move(request)));
  if (response.status < 200 || response.status > 299) {
    co_return refused(response.status, response.body);
  }
  co_return std::move(response.body);
}

Task<Result<tables::ObjectPage>> ApiReader::list(Context ctx, std::string prefix, std::string after,
                                                 std::size_t amount) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(ref_).literal("/objects/ls");
  target.parameter("prefix", prefix).parameter("after", after);
  target.parameter("amount", std::to_string(amount)).parameter("user_metadata", "false");
  std::string text = std::move(target).str();
  TARN_CO_TRY(Bytes body, co_await call(std::move(ctx), std::move(text)));
  TARN_CO_TRY(const Json answer, parse_json(body));
  body = Bytes();

  tables::ObjectPage page;
  const Json* results = answer.find("results");
  const Json* pagination = answer.find("pagination");
  if (results == nullptr || !results->is_array() || pagination == nullptr) {
    co_return Error(kInternal, "a listing without results and pagination");
  }
  page.objects.reserve(results->size());
  for (const Json& entry : results->items()) {
    if (entry.string_or("path_type", "object") != "object") {
      continue;
    }
    TARN_CO_TRY(tables::TableObject object, read_object(entry));
    page.objects.push_back(std::move(object));
  }
  page.has_more = pagination->bool_or("has_more", false);
  page.next_after = pagination->string_or("next_offset", "");
  co_return page;
}

Task<Result<tables::ChangePage>> ApiReader::changes(Context ctx, std::string from, std::string to,
                                                    std::string prefix, std::string after,
                                                    std::size_t amount) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(from).literal("/diff").segment(to);
  target.parameter("type", "two_dot").parameter("prefix", prefix).parameter("after", after);
  target.parameter("amount", std::to_string(amount));
  std::string text = std::move(target).str();
  TARN_CO_TRY(const Bytes body, co_await call(std::move(ctx), std::move(text)));
  TARN_CO_TRY(const Json answer, parse_json(body));
  const Json* results = answer.find("results");
  const Json* pagination = answer.find("pagination");
  if (results == nullptr || !results->is_array() || pagination == nullptr) {
    co_return Error(kInternal, "a difference without results and pagination");
  }
  tables::ChangePage page;
  page.paths.reserve(results->size());
  for (const Json& entry : results->items()) {
    TARN_CO_TRY(std::string path, entry.get_string("path"));
    if (entry.string_or("type", "") != "added") {
      page.replaced.push_back(path);
    }
    page.paths.push_back(std::move(path));
  }
  page.has_more = pagination->bool_or("has_more", false);
  page.next_after = pagination->string_or("next_offset", "");
  co_return page;
}

Task<Result<bool>> ApiReader::is_ancestor(Context ctx, std::string older, std::string newer) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(older).literal("/merge").segment(newer);
  std::string text = std::move(target).str();
  const Result<Bytes> body = co_await call(std::move(ctx), std::move(text));
  if (!body &&
      (body.error().kind() == ErrorKind::kNotFound || body.error().kind() == ErrorKind::kInvalid)) {
    co_return false;  // one of them is gone, or they have nothing in common
  }
  if (!body) {
    co_return body.error();
  }
  TARN_CO_TRY(const Json answer, parse_json(*body));
  co_return answer.string_or("base_commit_id", "") == older;
}

Task<Result<std::optional<tables::TableObject>>> ApiReader::find(Context ctx, std::string path) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(ref_).literal("/objects/stat");
  target.parameter("path", path).parameter("user_metadata", "false");
  std::string text = std::move(target).str();
  const Result<Bytes> body = co_await call(std::move(ctx), std::move(text));
  if (!body && body.error().kind() == ErrorKind::kNotFound) {
    co_return std::optional<tables::TableObject>();
  }
  if (!body) {
    co_return body.error();
  }
  TARN_CO_TRY(const Json answer, parse_json(*body));
  TARN_CO_TRY(tables::TableObject object, read_object(answer));
  co_return std::optional(std::move(object));
}

Task<Result<Bytes>> ApiReader::get(Context ctx, std::string path) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(ref_).literal("/objects");
  target.parameter("path", path);
  std::string text = std::move(target).str();
  co_return co_await call(std::move(ctx), std::move(text));
}

Task<Result<Bytes>> ApiReader::get_range(Context ctx, std::string path, std::uint64_t offset,
                                         std::size_t size_bytes) {
  ApiTarget target;
  target.segment(repository_).literal("/refs").segment(ref_).literal("/objects");
  target.parameter("path", path);
  std::string text = std::move(target).str();
  std::string range = fmt::format("bytes={}-{}", offset, offset + size_bytes - 1);
  co_return co_await call(std::move(ctx), std::move(text), std::move(range));
}

}  // namespace tarn::actions::lua
