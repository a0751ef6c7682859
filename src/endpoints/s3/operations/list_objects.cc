// ListObjects and ListObjectsV2. A prefix without `/` lists branches, as if they were folders; all
// others list one reference.
#include "base/time_text.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/parameters.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

struct Listing {
  bool v2 = false;
  std::string prefix;
  std::string delimiter;
  /// Where to go on, decoded: V2's token or `start-after`, V1's marker.
  std::string after;
  std::uint32_t keys_max = 0;
  NameEncoding encode;
};

struct Found {
  std::vector<std::string> prefixes;
  /// Paths with their reference.
  std::vector<std::pair<std::string, graveler::Entry>> objects;
  /// The last name in order, where the next page starts; empty at the end.
  std::string next;
};

Result<Listing> parse_listing(const Call& call) {
  Listing listing;
  const std::string type = call.parameter("list-type");
  if (!type.empty() && type != "1" && type != "2") {
    return Error(kBadRequest);
  }
  listing.v2 = type == "2";
  listing.prefix = call.parameter("prefix");
  listing.delimiter = call.parameter("delimiter");
  TARN_TRY(listing.keys_max, page_size_parameter(call, "max-keys"));
  TARN_TRY(listing.encode, NameEncoding::of(call));
  std::string after = call.parameter(listing.v2 ? "continuation-token" : "marker");
  if (listing.v2 && after.empty()) {
    after = call.parameter("start-after");
  }
  TARN_TRY(listing.after, decode_token(std::move(after)));
  return listing;
}

Task<Result<Found>> list_branches(Context ctx, Call call, Listing listing, std::string prefix) {
  graveler::PageRequest request;
  request.prefix = std::move(prefix);
  request.after = std::move(listing.after);
  request.amount = listing.keys_max;
  TARN_CO_TRY(
      const graveler::Paged<graveler::Branch> page,
      co_await call.versions().list_branches(ctx, call.repository(), std::move(request), false));
  Found found;
  for (const graveler::Branch& branch : page.items) {
    found.prefixes.push_back(branch.id.str() + "/");
  }
  if (page.more && !page.items.empty()) {
    found.next = page.items.back().id.str();
  }
  co_return found;
}

Task<Result<Found>> list_paths(Context ctx, Call call, Listing listing, Key prefix) {
  graveler::ListRequest request;
  request.prefix = std::move(prefix.path);
  request.delimiter = std::move(listing.delimiter);
  request.amount = listing.keys_max;
  if (!listing.after.empty()) {
    std::optional<Key> after = parse_key(listing.after);
    if (!after || !http::equals_ignore_case(after->ref, prefix.ref)) {
      co_return Error(kBadRequest);
    }
    request.after = std::move(after->path);
  }
  Found found;
  Result<graveler::Paged<graveler::ListedPath>> page =
      co_await call.versions().list(ctx, call.repository(), prefix.ref, std::move(request));
  if (!page) {
    // A reference that does not exist holds nothing; readers probe for folders this way.
    if (page.error().kind() == ErrorKind::kNotFound) {
      co_return found;
    }
    co_return page.error().kind() == ErrorKind::kInvalid ? Error(kBadRequest)
                                                         : std::move(page).error();
  }
  if (page->more && !page->items.empty()) {
    found.next = join_key(prefix.ref, page->items.back().path);
  }
  for (graveler::ListedPath& item : page->items) {
    std::string name = join_key(prefix.ref, item.path);
    if (item.entry) {
      found.objects.emplace_back(std::move(name), *std::move(item.entry));
    } else {
      found.prefixes.push_back(std::move(name));
    }
  }
  co_return found;
}

void write_optional(aws::XmlWriter& xml, std::string_view name, const std::string& text) {
  if (!text.empty()) {
    xml.element(name, text);
  }
}

http::Response answer(const Call& call, const Listing& listing, const Found& found) {
  const NameEncoding& encode = listing.encode;
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  xml.open("ListBucketResult")
      .element("Name", call.address().repository)
      .element("IsTruncated", found.next.empty() ? "false" : "true")
      .element("Prefix", encode(listing.prefix));
  write_optional(xml, "Delimiter", encode(listing.delimiter));
  xml.element("KeyCount", std::to_string(found.objects.size() + found.prefixes.size()))
      .element("MaxKeys", std::to_string(listing.keys_max));
  if (encode.is_url()) {
    xml.element("EncodingType", "url");
  }
  for (const std::string& prefix : found.prefixes) {
    xml.open("CommonPrefixes").element("Prefix", encode(prefix)).close("CommonPrefixes");
  }
  if (listing.v2) {
    write_optional(xml, "NextContinuationToken", encode_token(found.next));
    write_optional(xml, "ContinuationToken", call.parameter("continuation-token"));
  } else {
    xml.element("Marker", encode(call.parameter("marker")));
    // Without a delimiter a client goes on from the last key; in a list of branches there is none.
    if (!listing.delimiter.empty() || found.objects.empty()) {
      write_optional(xml, "NextMarker",
                     encode(encode.is_url() ? found.next : encode_token(found.next)));
    }
  }
  for (const auto& [name, entry] : found.objects) {
    xml.open("Contents")
        .element("Key", encode(name))
        .element("LastModified", format_iso8601_millis(entry.last_modified))
        .element("ETag", quoted(entry.etag))
        .element("Size", std::to_string(entry.size_bytes))
        .element("StorageClass", "STANDARD")
        .close("Contents");
  }
  xml.close("ListBucketResult");
  return body.response();
}

}  // namespace

Outcome list_objects(Context ctx, Call call) {
  TARN_CO_TRY(const Listing listing, parse_listing(call));
  std::optional<Key> prefix = parse_key(listing.prefix);
  if (!prefix) {
    co_return Error(kBadRequest);
  }
  Found found;
  if (listing.keys_max > 0) {
    Result<Found> list = Error(kInternal);
    if (prefix->with_path) {
      list = co_await list_paths(std::move(ctx), call, listing, *std::move(prefix));
    } else {
      list = co_await list_branches(std::move(ctx), call, listing, std::move(prefix->ref));
    }
    TARN_CO_TRY(found, std::move(list));
  }
  co_return answer(call, listing, found);
}

}  // namespace tarn::endpoints::s3::operations
