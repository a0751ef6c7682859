#include "endpoints/s3/copy_source_entry.h"

#include "endpoints/s3/conditions.h"
#include "endpoints/s3/errors.h"

namespace tarn::endpoints::s3 {
namespace {

Error absent(Error error) {
  return error.kind() == ErrorKind::kNotFound ? Error(graveler::kObjectNotFound) : std::move(error);
}

}  // namespace

Task<Result<SourceObject>> find_copy_source(Context ctx, Call call) {
  const CopySource& source = *call.state().copy_source;
  Result<RepositoryId> id = RepositoryId::parse(source.repository);
  Result<ObjectPath> path = ObjectPath::parse(source.path);
  if (!id || !path) {
    co_return Error(graveler::kObjectNotFound);
  }
  SourceObject out;
  Result<graveler::RepositoryPtr> repository =
      co_await call.versions().repository(ctx, *std::move(id));
  if (!repository) {
    co_return absent(std::move(repository).error());
  }
  out.repository = *std::move(repository);
  Result<graveler::Entry> entry =
      co_await call.objects().stat(ctx, out.repository, source.ref, *std::move(path));
  if (!entry) {
    co_return absent(std::move(entry).error());
  }
  out.entry = *std::move(entry);
  if (judge_conditions(call.request().headers, "x-amz-copy-source-", out.entry.etag,
                       out.entry.last_modified) != Verdict::kProceed) {
    co_return Error(kConditionFailed);
  }
  co_return out;
}

}  // namespace tarn::endpoints::s3
