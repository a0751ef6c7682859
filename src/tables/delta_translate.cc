#include "tables/delta_translate.h"

#include "runtime/parallel.h"
#include "tables/compute.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kRequestsMax = 16;
/// Of files that are read together; a larger one is read alone.
constexpr std::size_t kBatchBytesMax = 8 * kMiB;
constexpr std::size_t kKeptBytesMax = 32 * kMiB;
/// Of a checkpoint's lines that are looked up together, about.
constexpr std::size_t kPartBytes = 4 * kMiB;
/// What is longer may become more than list_references() reads.
constexpr std::size_t kCheckpointBytesMax = 64 * kMiB;

}  // namespace

DeltaTranslator::DeltaTranslator(Context ctx, ObjectReader& reader, DeltaLog log,
                                 BlockingPool* pool)
    : ctx_(std::move(ctx)),
      reader_(reader),
      log_(std::move(log)),
      pool_(pool),
      addresses_(ctx_, reader) {}

Task<Result<DeltaTranslator::Lines>> DeltaTranslator::parse(std::string path, const Bytes& text) {
  const auto job = [this, &text] { return read_delta_lines(text, log_.prefix); };
  Result<Lines> lines = co_await compute(pool_, job);
  if (!lines) {
    co_return std::move(lines).error().wrap(path);
  }
  co_return lines;
}

Task<Result<Bytes>> DeltaTranslator::get(std::string path) {
  if (const auto kept = kept_.find(path); kept != kept_.end()) {
    co_return kept->second;
  }
  Result<Bytes> text = co_await reader_.get(ctx_, path);
  if (!text) {
    co_return std::move(text).error().wrap(path);
  }
  co_return text;
}

void DeltaTranslator::keep(std::string path, Bytes text) {
  if (!kept_.contains(path) && kept_bytes_ + text.size() <= kKeptBytesMax) {
    kept_bytes_ += text.size();
    kept_.emplace(std::move(path), std::move(text));
  }
}

void DeltaTranslator::note_schema(const Lines& lines) {
  for (const DeltaLine& line : lines) {
    if (line.schema) {
      schema_ = line.schema;
    }
  }
}

Task<Result<void>> DeltaTranslator::read_one(std::string path, Bytes& to) {
  TARN_CO_TRY(to, co_await get(std::move(path)));
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::read_versions(std::uint64_t first, std::size_t count) {
  std::vector<Bytes> texts(count);
  std::function<Task<Result<void>>(std::size_t)> work = [this, first, &texts](std::size_t at) {
    return read_one(log_.path_of(first + at), texts[at]);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(count, kRequestsMax, work));
  std::vector<Lines> versions;
  for (std::size_t at = 0; at < count; ++at) {
    TARN_CO_TRY(Lines lines, co_await parse(log_.path_of(first + at), texts[at]));
    note_schema(lines);
    versions.push_back(std::move(lines));
  }
  std::vector<const Lines*> all;
  for (const Lines& lines : versions) {
    all.push_back(&lines);
  }
  TARN_CO_CHECK_OK(co_await addresses_.look_up(std::move(all)));
  for (std::size_t at = 0; at < count; ++at) {
    addresses_.note(versions[at]);
    keep(log_.path_of(first + at), std::move(texts[at]));
  }
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::each_part_of(std::string path,
                                                 std::vector<std::string>& sidecars,
                                                 const Visit& visit) {
  TARN_CO_TRY(Bytes content, co_await get(path));
  if (content.size() <= kKeptBytesMax) {
    keep(path, content);
  }
  if (path.ends_with(".json")) {
    const auto split = [&content, &sidecars] {
      return take_sidecars(std::move(content), sidecars);
    };
    Result<Bytes> lines = co_await compute(pool_, split);
    if (!lines) {
      co_return std::move(lines).error().wrap(path);
    }
    co_return co_await visit(std::move(path), *std::move(lines));
  }
  const auto begin = [&content] { return DeltaCheckpointReader::open(std::move(content)); };
  Result<DeltaCheckpointReader> reader = co_await compute(pool_, begin);
  if (!reader) {
    co_return std::move(reader).error().wrap(path);
  }
  while (true) {
    bool more = false;
    const auto read = [&reader, &sidecars, &more]() -> Result<Bytes> {
      Bytes lines;
      TARN_TRY(more, reader->next(lines, kPartBytes));
      return take_sidecars(std::move(lines), sidecars);
    };
    Result<Bytes> lines = co_await compute(pool_, read);
    if (!lines) {
      co_return std::move(lines).error().wrap(path);
    }
    if (!more) {
      co_return Result<void>();
    }
    TARN_CO_CHECK_OK(co_await visit(path, *std::move(lines)));
  }
}

Task<Result<void>> DeltaTranslator::each_part(Visit visit) {
  std::vector<std::string> paths = log_.checkpoint->paths;
  std::vector<std::string> sidecars;
  for (const std::string& path : paths) {
    TARN_CO_CHECK_OK(co_await each_part_of(path, sidecars, visit));
  }
  std::vector<std::string> none;
  for (const std::string& name : sidecars) {
    std::string path = fmt::format("{}{}_sidecars/{}", log_.prefix, kDeltaLogFolder, name);
    TARN_CO_CHECK_OK(co_await each_part_of(std::move(path), none, visit));
  }
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::read_part(std::string path, Bytes text) {
  TARN_CO_TRY(const Lines lines, co_await parse(std::move(path), text));
  note_schema(lines);
  std::vector<const Lines*> all{&lines};
  TARN_CO_CHECK_OK(co_await addresses_.look_up(std::move(all)));
  addresses_.note(lines);
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::read() {
  if (log_.checkpoint) {
    Visit visit = [this](std::string path, Bytes text) {
      return read_part(std::move(path), std::move(text));
    };
    TARN_CO_CHECK_OK(co_await each_part(std::move(visit)));
  }
  co_return co_await read_from(log_.first_file());
}

Task<Result<void>> DeltaTranslator::read_from(std::uint64_t first) {
  while (first < log_.end) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    do {
      bytes += log_.sizes.at(first + count++);
    } while (first + count < log_.end && count < kRequestsMax &&
             bytes + log_.sizes.at(first + count) <= kBatchBytesMax);
    TARN_CO_CHECK_OK(co_await read_versions(first, count));
    first += count;
  }
  co_return addresses_.require_all();
}

Task<Result<Bytes>> DeltaTranslator::translate(std::uint64_t version) {
  std::string path = log_.path_of(version);
  TARN_CO_TRY(const Bytes text, co_await get(path));
  TARN_CO_TRY(const Lines lines, co_await parse(std::move(path), text));
  const auto job = [this, &lines] { return Result<Bytes>(addresses_.rewrite(lines)); };
  co_return co_await compute(pool_, job);
}

Task<Result<DeltaCheckpointWriter::Made>> DeltaTranslator::translate_checkpoint() {
  DeltaCheckpointWriter writer;
  Visit visit = [this, &writer](std::string path, Bytes text) {
    return add_part(std::move(path), std::move(text), writer);
  };
  TARN_CO_CHECK_OK(co_await each_part(std::move(visit)));
  const auto job = [this, &writer] {
    return Result<DeltaCheckpointWriter::Made>(writer.finish(log_.checkpoint->version));
  };
  TARN_CO_TRY(DeltaCheckpointWriter::Made made, co_await compute(pool_, job));
  if (made.parquet.size() > kCheckpointBytesMax) {
    co_return Error::with_message(
        kBadDelta, fmt::format("the checkpoint becomes {} bytes long; more than {} are not written",
                               made.parquet.size(), kCheckpointBytesMax));
  }
  co_return made;
}

Task<Result<void>> DeltaTranslator::add_part(std::string path, Bytes text,
                                             DeltaCheckpointWriter& writer) {
  TARN_CO_TRY(const Lines lines, co_await parse(path, text));
  const auto job = [this, &lines, &writer] { return writer.add(addresses_.rewrite(lines)); };
  Result<void> added = co_await compute(pool_, job);
  if (!added) {
    co_return std::move(added).error().wrap(path);
  }
  co_return Result<void>();
}

}  // namespace tarn::tables
