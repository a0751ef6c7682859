#include "tables/iceberg_deletes.h"

#include "tables/compute.h"
#include "tables/iceberg_names.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

/// The same deletes of the objects' addresses in the store. What is not there keeps its address.
PositionDeletes readdress(PositionDeletes deletes, const IcebergObjects::ByAddress& objects) {
  PositionDeletes moved;
  while (!deletes.empty()) {
    auto each = deletes.extract(deletes.begin());
    const auto object = objects.find(each.key());
    if (object != objects.end() && !object->second.physical_address.empty()) {
      each.key() = object->second.physical_address;
    }
    // An object can have several addresses in the repository.
    const auto put = moved.insert(std::move(each));
    if (!put.inserted) {
      std::vector<std::int64_t>& positions = put.position->second;
      positions.insert(positions.end(), put.node.mapped().begin(), put.node.mapped().end());
    }
  }
  return moved;
}

}  // namespace

Task<Result<IcebergDeletesOutcome>> IcebergDeletes::translate(IcebergObject file,
                                                              std::string format) {
  const AsyncSemaphore::Permit permit = co_await one_.acquire();
  const auto known = done_.find(file.path);
  if (known != done_.end()) {
    co_return known->second;
  }
  std::string path = file.path;
  TARN_CO_TRY(IcebergDeletesOutcome outcome, co_await make(std::move(file), std::move(format)));
  done_.emplace(std::move(path), outcome);
  co_return outcome;
}

Task<Result<IcebergDeletesOutcome>> IcebergDeletes::make(IcebergObject file, std::string format) {
  IcebergDeletesOutcome outcome;
  if (format != "parquet") {
    outcome.wrong = fmt::format(
        "{} holds deletes by position, which name files by their addresses in the repository, as "
        "{}, of which only Parquet is read: compact the table, or delete by deletion vectors "
        "(format version 3) or equality",
        file.path, format);
    co_return outcome;
  }
  TARN_CO_TRY(Bytes content, co_await objects_.read(file.path));
  const auto unpack = [&content] { return read_position_deletes(content); };
  Result<PositionDeletes> deletes = co_await compute(pool_, unpack);
  if (!deletes && deletes.error().is(kBadParquet)) {
    outcome.wrong =
        fmt::format("{} holds deletes by position: {}", file.path, deletes.error().message());
    co_return outcome;
  }
  if (!deletes) {
    co_return std::move(deletes).error().wrap(file.path);
  }
  content = Bytes();
  std::vector<std::string> addresses;
  for (const auto& [address, positions] : *deletes) {
    addresses.push_back(address);
  }
  TARN_CO_TRY(const auto objects, co_await objects_.look_up(std::move(addresses)));
  const std::string& prefix = objects_.addresses().prefix();
  outcome.inside = file.path.starts_with(prefix);
  bool moves = false;
  for (const auto& [address, object] : objects) {
    moves = moves || !object.physical_address.empty();
    // One that is missing may come back, and this file has to be made anew then.
    outcome.inside =
        outcome.inside && object.path.starts_with(prefix) && !object.physical_address.empty();
  }
  if (!moves) {
    co_return outcome;
  }
  IcebergDeletesFile now;
  std::string name;
  const auto pack = [&]() -> Result<Bytes> {
    PositionDeletes moved = readdress(*std::move(deletes), objects);
    now.least = moved.begin()->first;
    now.greatest = moved.rbegin()->first;
    PositionDeletesFile made = write_position_deletes(std::move(moved));
    now.size_bytes = static_cast<std::int64_t>(made.content.size());
    now.split_offsets = std::move(made.split_offsets);
    now.path_bytes = made.path_bytes;
    now.position_bytes = made.position_bytes;
    name = translation_name(outcome.inside ? file.physical_address : "", made.content,
                            TranslationKind::kPositionDeletes);
    return std::move(made.content);
  };
  TARN_CO_TRY(Bytes made, co_await compute(pool_, pack));
  now.address = folder_ + name;
  outcome.now = std::move(now);
  TARN_CO_CHECK_OK(co_await write_(std::move(name), std::move(made)));
  co_return outcome;
}

}  // namespace tarn::tables
