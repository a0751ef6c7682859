#include "aws/s3/documents.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/time_text.h"

#include <charconv>

namespace tarn::aws {
namespace {

constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

Error malformed(std::string_view what) {
  return Error::with_message(kServiceFailed, "S3's listing has no usable " + std::string(what));
}

/// Texts of a listing: percent-encoded where it says so, because XML cannot hold every key.
class ListText {
 public:
  explicit ListText(XmlElement root) : encoded_(root.child("EncodingType").text() == "url") {}
  Result<std::string> operator()(std::string_view text) const {
    return encoded_ ? percent_decode(text, true) : Result<std::string>(std::string(text));
  }

 private:
  bool encoded_;
};

}  // namespace

std::string plain_etag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Result<S3ListPage> read_list_page(const XmlDocument& document) {
  const XmlElement root = document.root();
  if (root.name() != "ListBucketResult") {
    return malformed("root");
  }
  const ListText text(root);
  S3ListPage page;
  page.is_truncated = root.child("IsTruncated").text() == "true";
  page.next_continuation_token = root.child_text("NextContinuationToken");
  for (XmlElement entry = root.child("Contents"); entry; entry = entry.next("Contents")) {
    S3Object object;
    Result<std::string> key = text(entry.child("Key").text());
    if (!key || key->empty()) {
      return malformed("key");
    }
    object.key = *std::move(key);
    const std::string_view size = entry.child("Size").text();
    const auto [at, failure] =
        std::from_chars(size.data(), size.data() + size.size(), object.size_bytes);
    if (failure != std::errc() || at != size.data() + size.size()) {
      return malformed("size of " + object.key);
    }
    object.etag = plain_etag(entry.child("ETag").text());
    object.last_modified = parse_rfc3339(entry.child("LastModified").text()).value_or(WallTime());
    page.objects.push_back(std::move(object));
  }
  for (XmlElement entry = root.child("CommonPrefixes"); entry;
       entry = entry.next("CommonPrefixes")) {
    Result<std::string> prefix = text(entry.child("Prefix").text());
    if (!prefix) {
      return malformed("prefix");
    }
    page.common_prefixes.push_back(*std::move(prefix));
  }
  return page;
}

S3Object read_written(const XmlDocument& document, std::string key) {
  S3Object out;
  out.key = std::move(key);
  out.etag = plain_etag(document.root().child("ETag").text());
  out.last_modified =
      parse_rfc3339(document.root().child("LastModified").text()).value_or(WallTime());
  return out;
}

std::vector<S3DeleteFailure> read_delete_failures(const XmlDocument& document) {
  std::vector<S3DeleteFailure> out;
  for (XmlElement entry = document.root().child("Error"); entry; entry = entry.next("Error")) {
    S3DeleteFailure failure;
    failure.key = entry.child_text("Key");
    failure.code = entry.child_text("Code");
    failure.message = entry.child_text("Message");
    out.push_back(std::move(failure));
  }
  return out;
}

std::string write_delete(const std::vector<std::string>& keys) {
  std::string out;
  XmlWriter writer(out);
  writer.declaration().open("Delete", kNamespace).element("Quiet", "true");
  for (const std::string& key : keys) {
    writer.open("Object").element("Key", key).close("Object");
  }
  writer.close("Delete");
  return out;
}

std::string write_complete(const std::vector<S3Part>& parts) {
  std::string out;
  XmlWriter writer(out);
  writer.declaration().open("CompleteMultipartUpload", kNamespace);
  for (const S3Part& part : parts) {
    writer.open("Part")
        .element("PartNumber", std::to_string(part.number))
        .element("ETag", "\"" + part.etag + "\"")
        .close("Part");
  }
  writer.close("CompleteMultipartUpload");
  return out;
}

std::string expected_etag(const std::vector<S3Part>& parts) {
  std::string digests;
  for (const S3Part& part : parts) {
    const Result<std::string> digest = hex_decode(part.etag);
    if (!digest || digest->size() != 16) {
      return "";
    }
    digests.append(*digest);
  }
  return hex_encode(md5(digests)) + "-" + std::to_string(parts.size());
}

}  // namespace tarn::aws
