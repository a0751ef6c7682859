#include "block/path_provider.h"

#include <algorithm>
#include <array>

namespace tarn::block {
namespace {

constexpr std::array<std::string_view, 8> kCompressions{".gz",  ".bz2", ".zst",     ".snappy",
                                                        ".lz4", ".xz",  ".deflate", ".lzo"};
constexpr std::array<std::string_view, 10> kFormats{
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".orc", ".avro", ".txt", ".arrow"};

template <std::size_t N>
std::size_t ending(std::string_view name, const std::array<std::string_view, N>& known) {
  for (const std::string_view extension : known) {
    if (name.ends_with(extension)) {
      return extension.size();
    }
  }
  return 0;
}

}  // namespace

std::string_view known_extension(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t compression = ending(name, kCompressions);
  const std::size_t format = ending(name.substr(0, name.size() - compression), kFormats);
  return name.substr(name.size() - compression - format);
}

std::string PathProvider::next(std::string_view logical_path) {
  std::string out = "data/";
  {
    MutexLock lock(mutex_);
    const SteadyTime now = clock_.steady_now();
    if (partition_.empty() || names_ >= kNamesPerPartitionMax || now - since_ >= kPartitionAgeMax) {
      partition_ = xids_.descending(XidGenerator::kEpochYear4000);
      names_ = 0;
      since_ = now;
    }
    ++names_;
    out.append(partition_);
  }
  out.append("/").append(xids_.ascending());
  if (keep_extension_) {
    out.append(known_extension(logical_path));
  }
  return out;
}

}  // namespace tarn::block
