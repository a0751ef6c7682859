#include "block/s3/upload.h"

#include "base/log.h"
#include "block/s3/errors.h"
#include "runtime/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tarn::block::s3 {
namespace {

constexpr std::chrono::seconds kAbortTimeout{30};

}  // namespace

Task<Result<aws::S3Object>> Upload::write(PartReader& reader, Bytes first) {
  first_ = std::move(first);
  std::function<Task<Result<void>>()> parts = [this, &reader] { return send_all(reader); };
  co_return co_await around(std::move(parts));
}

Task<Result<void>> Upload::send_all(PartReader& reader) {
  std::function<Task<Result<void>>(std::size_t)> worker = [this, &reader](std::size_t) {
    return send_parts(reader);
  };
  const std::size_t width = services_.limits.parts_parallel;
  co_return co_await parallel_for(width, width, std::move(worker));
}

/// One worker: reads a part, sends it, and again.
Task<Result<void>> Upload::send_parts(PartReader& reader) {
  while (!failed_) {
    Bytes part;
    std::uint32_t number = 0;
    {
      const AsyncSemaphore::Permit turn = co_await reading_.acquire();
      if (failed_) {
        break;
      }
      if (!first_.empty()) {
        part = std::exchange(first_, Bytes());
      } else if (!reader.ended()) {
        Result<Bytes> read = co_await reader.next(ctx_);
        if (!read) {
          failed_ = true;
          co_return std::move(read).error();
        }
        part = *std::move(read);
      }
      if (part.empty()) {
        break;
      }
      number = next_number_++;
    }
    if (number > services_.limits.parts_max) {
      failed_ = true;
      co_return Error::with_message(kInvalid,
                                    "object of unknown length is too large for the store");
    }
    Result<void> sent = co_await send(number, std::move(part));
    if (!sent) {
      failed_ = true;
      co_return sent;
    }
  }
  co_return Result<void>();
}

Task<Result<void>> Upload::send(std::uint32_t number, Bytes part) {
  const AsyncSemaphore::Permit slot = co_await services_.slots.acquire();
  const std::uint64_t size = part.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(part));
  TARN_CO_TRY(aws::S3Part done,
              co_await services_.client.upload_part(ctx_, where_.bucket, where_.key, id_, number,
                                                    std::move(body), size));
  parts_.push_back(std::move(done));
  co_return Result<void>();
}

Task<Result<aws::S3Object>> Upload::copy(Location from, std::uint64_t size_bytes) {
  const Limits& limits = services_.limits;
  const std::uint64_t part_bytes =
      std::max(limits.copy_part_bytes, (size_bytes + limits.parts_max - 1) / limits.parts_max);
  const Copy what{std::move(from), size_bytes, part_bytes};
  std::function<Task<Result<void>>()> parts = [this, &what] { return copy_all(what); };
  co_return co_await around(std::move(parts));
}

Task<Result<void>> Upload::copy_all(const Copy& copy) {
  std::function<Task<Result<void>>(std::size_t)> one = [this, &copy](std::size_t index) {
    return copy_part(copy, index);
  };
  const std::size_t count = (copy.size_bytes + copy.part_bytes - 1) / copy.part_bytes;
  co_return co_await parallel_for(count, services_.limits.copy_parallel, std::move(one));
}

Task<Result<void>> Upload::copy_part(const Copy& copy, std::size_t index) {
  const std::uint64_t offset = index * copy.part_bytes;
  const std::optional<aws::S3Range> range =
      aws::S3Range{offset, std::min(copy.part_bytes, copy.size_bytes - offset)};
  TARN_CO_TRY(aws::S3Part done,
              co_await services_.client.upload_part_copy(ctx_, where_.bucket, where_.key, id_,
                                                         static_cast<std::uint32_t>(index + 1),
                                                         copy.from.bucket, copy.from.key, range));
  parts_.push_back(std::move(done));
  co_return Result<void>();
}

Task<Result<aws::S3Object>> Upload::around(std::function<Task<Result<void>>()> parts) {
  aws::S3PutOptions options;
  options.content_type = options_.content_type;
  options.storage_class = options_.storage_class;
  Result<std::string> id =
      co_await services_.client.create_upload(ctx_, where_.bucket, where_.key, std::move(options));
  if (!id) {
    co_return to_block_without_effect(std::move(id).error());
  }
  id_ = *std::move(id);
  Result<void> sent = co_await parts();
  if (!sent) {
    co_await abort();
    co_return to_block_without_effect(std::move(sent).error());
  }
  std::sort(parts_.begin(), parts_.end(),
            [](const aws::S3Part& a, const aws::S3Part& b) { return a.number < b.number; });
  Result<aws::S3Object> done = co_await services_.client.complete_upload(
      ctx_, where_.bucket, where_.key, id_, parts_, options_.if_absent);
  if (!done) {
    co_await abort();
    co_return to_block(std::move(done).error());
  }
  co_return done;
}

/// In a time of its own: what ended the upload may be the end of the context.
Task<void> Upload::abort() {
  const Context ctx = Context(std::string(ctx_.request_id()), CancelToken())
                          .with_timeout(services_.clock, kAbortTimeout);
  const Result<void> aborted =
      co_await services_.client.abort_upload(ctx, where_.bucket, where_.key, id_);
  if (!aborted && aborted.error().kind() != ErrorKind::kNotFound) {
    log::warn("an unfinished S3 upload stays, its parts cost space",
              {{"bucket", where_.bucket},
               {"key", where_.key},
               {"upload", id_},
               {"error", aborted.error().message()}});
  }
}

}  // namespace tarn::block::s3
