#include "ctl/transfer/download.h"

#include "ctl/errors.h"
#include "ctl/transfer/workers.h"
#include "runtime/retry.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::size_t kPartsAtOnce = 10;
/// Bodies that break off are fetched again; connecting has its own tries below.
constexpr RetryPolicy kCutPolicy{.tries_max = 20,
                                 .first_delay = std::chrono::milliseconds(100),
                                 .factor = 1.5,
                                 .delay_max = std::chrono::milliseconds(2000)};

Error request_failed(std::string_view status_line) {
  return failure(fmt::format("request failed: {}", status_line));
}

/// API errors in the words of downloads.
Error reworded(const Error& error) {
  const std::string text = error.message();
  return is_api_error(error) ? request_failed(api_status_line(text)) : error;
}

}  // namespace

Result<api::dto::ObjectStats> Downloader::stat(const Object& object, bool presign) {
  api::StatObjectRequest request;
  request.repository = object.repository;
  request.ref = object.ref;
  request.path = object.path;
  request.presign = presign;
  Result<api::dto::ObjectStats> stats = session_.call<api::ops::StatObject>(request);
  if (!stats) {
    return reworded(stats.error());
  }
  return stats;
}

Result<bool> Downloader::download(const std::string& repository, const std::string& ref,
                                  const std::string& path, const Folder& folder,
                                  const std::string& relative) {
  const Object object{.repository = repository, .ref = ref, .path = path};
  std::uint64_t size_bytes = 0;
  if (asks_first()) {
    TARN_TRY(const api::dto::ObjectStats stats, stat(object, false));
    size_bytes = static_cast<std::uint64_t>(stats.size_bytes.value_or(0));
    if (options_.symlink_support && stats.metadata) {
      const auto target = stats.metadata->find(std::string(kSymlinkTargetKey));
      if (target != stats.metadata->end() && !target->second.empty()) {
        if (options_.skip_non_regular_files) {
          return false;
        }
        TARN_CHECK_OK(folder.link(relative, target->second));
        return true;
      }
    }
  }
  TARN_TRY(NewFile file, folder.create(relative));
  const bool in_parts = presign_.on && size_bytes >= options_.part_bytes;
  TARN_CHECK_OK(in_parts ? fetch_parts(object, size_bytes, file) : fetch(object, file));
  TARN_CHECK_OK(file.publish());
  return true;
}

Result<void> Downloader::fetch(const Object& object, NewFile& file) {
  api::GetObjectRequest request;
  request.repository = object.repository;
  request.ref = object.ref;
  request.path = object.path;
  request.presign = presign_.on;
  Call call = session_.prepare(api::encode_call(request));
  std::uint64_t offset = 0;
  call.sink = [&](ByteView bytes) -> Result<void> {
    TARN_CHECK_OK(file.write(offset, bytes));
    offset += bytes.size();
    return {};
  };
  for (std::size_t done = 1;; ++done) {
    offset = 0;
    TARN_CHECK_OK(file.resize(0));
    Result<Answer> answer = session_.exchange(call);
    if (!answer && answer.error().is(kCutShort) && done < kCutPolicy.tries_max) {
      session_.pause(done, kCutPolicy);
      continue;
    }
    if (!answer) {
      return answer.error();
    }
    if (answer->status != 200) {
      return request_failed(answer->status_line);
    }
    return {};
  }
}

Result<void> Downloader::fetch_parts(const Object& object, std::uint64_t size_bytes,
                                     NewFile& file) {
  TARN_TRY(const api::dto::ObjectStats stats, stat(object, true));
  const Url url = split_url(stats.physical_address);
  TARN_CHECK_OK(file.resize(size_bytes));
  const std::size_t count =
      static_cast<std::size_t>((size_bytes + options_.part_bytes - 1) / options_.part_bytes);
  const auto fetch_part = [&](std::size_t index) -> Result<void> {
    const std::uint64_t begin = index * options_.part_bytes;
    const std::uint64_t end = std::min(begin + options_.part_bytes, size_bytes);
    std::uint64_t offset = begin;
    Call call;
    call.method = "GET";
    call.url = url;
    call.authorized = false;
    call.headers.set("Range", fmt::format("bytes={}-{}", begin, end - 1));
    call.sink = [&](ByteView bytes) -> Result<void> {
      if (bytes.size() > end - offset) {
        return failure("the object store sent more than it was asked for");
      }
      TARN_CHECK_OK(file.write(offset, bytes));
      offset += bytes.size();
      return {};
    };
    for (std::size_t done = 1;; ++done) {
      offset = begin;
      Result<Answer> answer = session_.exchange(call);
      if (!answer && answer.error().is(kCutShort) && done < kCutPolicy.tries_max) {
        session_.pause(done, kCutPolicy);
        continue;
      }
      if (!answer) {
        return answer.error();
      }
      if (answer->status != 206 || offset != end) {
        return request_failed(answer->status_line);
      }
      return {};
    }
  };
  return run_parallel(count, kPartsAtOnce, fetch_part);
}

}  // namespace tarn::ctl
