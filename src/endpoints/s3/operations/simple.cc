// Operations whose answer is fixed once rights and repository are settled.
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

http::Response bare(unsigned status) {
  http::Response response;
  response.status = status;
  return response;
}

}  // namespace

Outcome unsupported(Context, Call) { co_return Error(kNotSupported); }

Outcome method_not_allowed(Context, Call) { co_return bare(405); }

Outcome not_found(Context, Call) { co_return bare(404); }

Outcome head_bucket(Context, Call) { co_return bare(200); }

// Repositories need a storage namespace, which S3's request has no place for.
Outcome put_bucket(Context, Call) { co_return Error(kBucketExists); }

Outcome get_bucket_location(Context, Call call) {
  const std::string& region = call.config().region;
  XmlBody body;
  body.xml().open("LocationConstraint", kNamespace);
  body.xml().text(region == "us-east-1" ? std::string_view() : std::string_view(region));
  body.xml().close("LocationConstraint");
  co_return body.response();
}

Outcome get_bucket_versioning(Context, Call) {
  XmlBody body;
  body.xml().raw("<VersioningConfiguration xmlns=\"").raw(kNamespace).raw("\"/>");
  co_return body.response();
}

Outcome get_object_versioning(Context, Call) {
  XmlBody body;
  body.xml().open("VersioningConfiguration").close("VersioningConfiguration");
  co_return body.response();
}

Outcome get_object_tagging(Context, Call) {
  XmlBody body;
  body.xml().open("Tagging", kNamespace).open("TagSet").close("TagSet").close("Tagging");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
