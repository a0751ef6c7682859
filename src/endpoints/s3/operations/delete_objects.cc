#include "auth/errors.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"
#include "runtime/parallel.h"

namespace tarn::endpoints::s3::operations {
namespace {

constexpr std::size_t kKeysMax = 1000;
/// A thousand keys of the longest kind, every byte of them escaped.
constexpr std::size_t kBodyBytesMax = 8 * kMiB;
/// Removals under way at once; the store writes them in groups.
constexpr std::size_t kWidth = 32;

/// One key of the request and what became of it.
struct Item {
  std::string name;
  Key key;
  /// Empty: deleted.
  std::string_view code;
  std::string message;
  /// Found before anything was deleted.
  bool refused = false;
};

struct Request {
  std::vector<Item> items;
  bool quiet = false;
};

Result<Request> parse_request(std::string_view text) {
  const Result<aws::XmlDocument> document = aws::parse_xml(text);
  if (!document) {
    return Error(kBadRequest);
  }
  Request request;
  const aws::XmlElement root = document->root();
  request.quiet = root.child_text("Quiet") == "true";
  for (aws::XmlElement object = root.child("Object"); object; object = object.next("Object")) {
    Item item;
    item.name = object.child_text("Key");
    request.items.push_back(std::move(item));
    if (request.items.size() > kKeysMax) {
      return Error(kMalformedXml);
    }
  }
  if (request.items.empty()) {
    return Error(kMalformedXml);
  }
  return request;
}

void fail(Item& item, std::string_view code, std::string message) {
  item.code = code;
  item.message = std::move(message);
}

/// `in` outlives the task, as in remove().
Task<Result<void>> check(Context ctx, Call call, Item* in) {
  Item& item = *in;
  std::optional<Key> key = parse_key(item.name);
  if (!key || key->ref.empty()) {
    item.refused = true;
    fail(item, "ErrDeletingKey", "error deleting object: encoded path is malformed");
    co_return Result<void>();
  }
  item.key = *std::move(key);
  const Result<void> allowed =
      co_await call.require(ctx, auth::action::kDeleteObject,
                            auth::arn::object(call.address().repository, item.key.path));
  if (!allowed && !allowed.error().is(auth::kInsufficientPermissions)) {
    co_return allowed;
  }
  if (!allowed) {
    item.refused = true;
    fail(item, "AccessDenied", "Access Denied");
  }
  co_return Result<void>();
}

Task<Result<void>> remove(Context ctx, Call call, Item* in) {
  Item& item = *in;
  // Spark deletes `branch/` as if it were a folder's marker.
  if (!item.code.empty() || item.key.path.empty()) {
    co_return Result<void>();
  }
  Result<BranchId> branch = BranchId::parse(item.key.ref);
  Result<ObjectPath> path = ObjectPath::parse(item.key.path);
  Result<void> done;
  if (!branch || !path) {
    done = branch ? path.error() : branch.error();
  } else {
    done = co_await call.objects().remove(ctx, call.repository(), *std::move(branch),
                                          *std::move(path), false);
  }
  if (done || done.error().kind() == ErrorKind::kNotFound) {
    co_return Result<void>();
  }
  if (done.error().is(graveler::kWriteToProtectedBranch)) {
    fail(item, "ErrWriteToProtectedBranch",
         "error deleting object: Attempted to write to a protected branch");
  } else if (done.error().is(graveler::kReadOnlyRepository)) {
    fail(item, "ErrReadOnlyRepository",
         "error deleting object: Attempted to write to a read-only repository");
  } else {
    fail(item, "ErrDeletingKey", "error deleting object: " + done.error().message());
  }
  co_return Result<void>();
}

void write_errors(aws::XmlWriter& xml, const std::vector<Item>& items, bool refused) {
  for (const Item& item : items) {
    if (!item.code.empty() && item.refused == refused) {
      xml.open("Error")
          .element("Code", item.code)
          .element("Key", item.name)
          .element("Message", item.message)
          .close("Error");
    }
  }
}

}  // namespace

Outcome delete_objects(Context ctx, Call call) {
  if (call.repository()->read_only) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  TARN_CO_TRY(const std::unique_ptr<ByteSource> source, call.take_body());
  TARN_CO_TRY(const Bytes text, co_await read_all(ctx, *source, kBodyBytesMax));
  TARN_CO_TRY(Request request, parse_request(text));
  for (Item& item : request.items) {
    TARN_CO_CHECK_OK(co_await check(ctx, call, &item));
  }
  const auto remove_one = [&ctx, &call, &request](std::size_t at) {
    return remove(ctx, call, &request.items[at]);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(request.items.size(), kWidth, remove_one));
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  xml.open("DeleteResult", kNamespace);
  for (const Item& item : request.items) {
    if (item.code.empty() && !request.quiet) {
      xml.open("Deleted").element("Key", item.name).close("Deleted");
    }
  }
  write_errors(xml, request.items, true);
  write_errors(xml, request.items, false);
  xml.close("DeleteResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
