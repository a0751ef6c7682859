#pragma once

#include "endpoints/s3/call.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

/// One function for each operation, each in the file of its name under operations/. They are called
/// with authentication, rights and the repository settled.
namespace tarn::endpoints::s3::operations {

using Outcome = Task<Result<http::Response>>;

Outcome list_buckets(Context ctx, Call call);

Outcome head_bucket(Context ctx, Call call);
Outcome put_bucket(Context ctx, Call call);
Outcome list_objects(Context ctx, Call call);
Outcome get_bucket_location(Context ctx, Call call);
Outcome get_bucket_versioning(Context ctx, Call call);
Outcome list_multipart_uploads(Context ctx, Call call);
Outcome delete_objects(Context ctx, Call call);

Outcome get_object(Context ctx, Call call);
Outcome head_object(Context ctx, Call call);
Outcome get_object_tagging(Context ctx, Call call);
Outcome get_object_versioning(Context ctx, Call call);
Outcome put_object(Context ctx, Call call);
Outcome copy_object(Context ctx, Call call);
Outcome delete_object(Context ctx, Call call);

Outcome create_multipart_upload(Context ctx, Call call);
Outcome upload_part(Context ctx, Call call);
Outcome upload_part_copy(Context ctx, Call call);
Outcome complete_multipart_upload(Context ctx, Call call);
Outcome abort_multipart_upload(Context ctx, Call call);
Outcome list_parts(Context ctx, Call call);

/// What this server does not have: 405 with a document.
Outcome unsupported(Context ctx, Call call);
/// A bare 405.
Outcome method_not_allowed(Context ctx, Call call);
/// A bare 404.
Outcome not_found(Context ctx, Call call);

}  // namespace tarn::endpoints::s3::operations
