#pragma once

#include "aws/s3_client.h"
#include "block/adapter.h"
#include "block/s3/limits.h"
#include "block/s3/part_reader.h"
#include "runtime/semaphore.h"

#include <functional>
#include <string>
#include <vector>

namespace tarn::block::s3 {

/// What the uploads of an adapter share; outlives them.
struct UploadServices {
  aws::S3Client& client;
  const Clock& clock;
  const Limits& limits;
  /// For parts being sent. Not held while a part is read: a slow sender must not stop others.
  AsyncSemaphore& slots;
};

/// Writes one object in parts: the parts are made by several workers at once, and an upload that
/// does not succeed is aborted, also when the context has ended. Lives in its caller's frame.
class Upload {
 public:
  Upload(UploadServices services, Context ctx, Location where, PutOptions options)
      : services_(services),
        ctx_(std::move(ctx)),
        where_(std::move(where)),
        options_(std::move(options)) {}

  /// `first` has been read from `reader` already. Gives the object's ETag.
  Task<Result<aws::S3Object>> write(PartReader& reader, Bytes first);
  /// Of an object of that size.
  Task<Result<aws::S3Object>> copy(Location from, std::uint64_t size_bytes);

 private:
  /// Several workers that send parts.
  Task<Result<void>> send_all(PartReader& reader);
  Task<Result<void>> send_parts(PartReader& reader);
  Task<Result<void>> send(std::uint32_t number, Bytes part);
  /// What is copied, in parts of this size.
  struct Copy {
    Location from;
    std::uint64_t size_bytes;
    std::uint64_t part_bytes;
  };
  Task<Result<void>> copy_all(const Copy& copy);
  Task<Result<void>> copy_part(const Copy& copy, std::size_t index);
  /// Between create and complete or abort: `parts` fills parts_.
  Task<Result<aws::S3Object>> around(std::function<Task<Result<void>>()> parts);
  Task<void> abort();

  const UploadServices services_;
  const Context ctx_;
  const Location where_;
  const PutOptions options_;
  std::string id_;
  std::vector<aws::S3Part> parts_;
  /// One worker reads at a time; it numbers the part.
  AsyncSemaphore reading_{1};
  std::uint32_t next_number_ = 1;
  Bytes first_;
  bool failed_ = false;
};

}  // namespace tarn::block::s3
