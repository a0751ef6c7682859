#include "endpoints/s3/dispatch.h"

#include <algorithm>

namespace tarn::endpoints::s3 {
namespace {

struct Row {
  Operation operation;
  /// A query parameter that must be there; empty = any request.
  std::string_view parameter;
  /// Only with x-amz-copy-source.
  bool copies;
  Handler handler;
};

/// The first row that fits answers.
constexpr Row kRows[] = {
    {Operation::kListBuckets, "", false, &operations::list_buckets},
    {Operation::kListObjects, "location", false, &operations::get_bucket_location},
    {Operation::kListObjects, "uploads", false, &operations::list_multipart_uploads},
    {Operation::kListObjects, "versioning", false, &operations::get_bucket_versioning},
    {Operation::kListObjects, "", false, &operations::list_objects},
    {Operation::kHeadBucket, "", false, &operations::head_bucket},
    {Operation::kPutBucket, "", false, &operations::put_bucket},
    {Operation::kDeleteObjects, "delete", false, &operations::delete_objects},
    {Operation::kDeleteObjects, "", false, &operations::unsupported},
    {Operation::kDeleteBucket, "", false, &operations::unsupported},
    {Operation::kGetObject, "versioning", false, &operations::get_object_versioning},
    {Operation::kGetObject, "tagging", false, &operations::get_object_tagging},
    {Operation::kGetObject, "uploadId", false, &operations::list_parts},
    {Operation::kGetObject, "", false, &operations::get_object},
    {Operation::kHeadObject, "", false, &operations::head_object},
    {Operation::kPutObject, "uploadId", true, &operations::upload_part_copy},
    {Operation::kPutObject, "uploadId", false, &operations::upload_part},
    {Operation::kPutObject, "", true, &operations::copy_object},
    {Operation::kPutObject, "tagging", false, &operations::unsupported},
    {Operation::kPutObject, "", false, &operations::put_object},
    {Operation::kPostObject, "uploads", false, &operations::create_multipart_upload},
    {Operation::kPostObject, "uploadId", false, &operations::complete_multipart_upload},
    {Operation::kPostObject, "", false, &operations::method_not_allowed},
    {Operation::kDeleteObject, "uploadId", false, &operations::abort_multipart_upload},
    {Operation::kDeleteObject, "", false, &operations::delete_object},
    {Operation::kNotFound, "", false, &operations::not_found},
};

}  // namespace

Handler handler_of(const Call& call) {
  const auto* found = std::find_if(std::begin(kRows), std::end(kRows), [&call](const Row& row) {
    return row.operation == call.state().operation &&
           (row.parameter.empty() || call.find(row.parameter)) &&
           (!row.copies || call.state().copy_source);
  });
  return found == std::end(kRows) ? &operations::not_found : found->handler;
}

}  // namespace tarn::endpoints::s3
