#include "graveler/fsck/trees.h"

#include "base/hash.h"
#include "block/namespace.h"
#include "runtime/parallel.h"
#include "sstable/value.h"
#include "sstable/verifier.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::graveler::fsck {
namespace {

constexpr std::size_t kRecordsAtOnce = 4096;
constexpr std::size_t kRangesAtOnce = 512;
constexpr std::size_t kListedAtOnce = 1000;

TablesConfig tables_config(const Options& options) {
  TablesConfig config;
  config.prefix = options.table_prefix;
  // Every table is read once: nothing is worth keeping.
  config.open_max = 1;
  config.block_cache_bytes = kMiB;
  return config;
}

Error bad(std::string text) { return Error::with_message(kCorruption, std::move(text)); }

/// Damage by the reason why something could not be read. A range that is not there is told apart.
DamageKind kind_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kNotFound:
      return DamageKind::kMissingTable;
    case ErrorKind::kCorruption:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInvalid:
      return DamageKind::kBadTable;
    default:
      return DamageKind::kUnreadable;
  }
}

Result<void> check_type(const sstable::Reader& table, std::string_view wanted) {
  const std::string& type = table.properties().type;
  if (!type.empty() && type != wanted) {
    return bad(fmt::format("it is a table of {}, not of {}", type, wanted));
  }
  return {};
}

Result<void> check_id(const sstable::TableInfo& found, const std::string& id) {
  if (found.id != id) {
    return bad("its content has the id " + found.id);
  }
  return {};
}

std::uint64_t digest_of(const RangeInfo& range) {
  return fnv1a_64(fmt::format("{}:{}{}:{}{}:{}", range.min_key.size(), range.min_key,
                              range.max_key.size(), range.max_key, range.count,
                              range.estimated_size_bytes));
}

/// What a metarange claims of a range against the range. Errors: kCorruption.
Result<void> check_claim(const RangeInfo& claimed, const sstable::TableInfo& found,
                         const sstable::Properties& properties) {
  if (claimed.count != static_cast<std::int64_t>(found.count)) {
    return bad(
        fmt::format("it holds {} records, its metarange says {}", found.count, claimed.count));
  }
  if (claimed.min_key != found.min_key) {
    return bad(fmt::format("it begins with \"{}\", its metarange says \"{}\"", found.min_key,
                           claimed.min_key));
  }
  if (claimed.max_key != found.max_key) {
    return bad(fmt::format("it ends with \"{}\", its metarange says \"{}\"", found.max_key,
                           claimed.max_key));
  }
  if (properties.estimated_size_bytes &&
      *properties.estimated_size_bytes != claimed.estimated_size_bytes) {
    return bad(fmt::format("its size is {}, its metarange says {}",
                           *properties.estimated_size_bytes, claimed.estimated_size_bytes));
  }
  return {};
}

/// One record of a metarange, after the one that ends with `previous`. Errors: kCorruption.
Result<RangeInfo> decode_claim(std::string_view key, std::string_view bytes,
                               const std::optional<std::string>& previous) {
  TARN_TRY(const sstable::Value value, sstable::decode_value(bytes));
  TARN_TRY(RangeInfo range, decode_range(value.identity, value.data));
  if (!RangeId::parse(std::string(value.identity))) {
    return bad(fmt::format("the record \"{}\" names no range", key));
  }
  if (range.max_key != key) {
    return bad(
        fmt::format("the record \"{}\" is of a range that ends with \"{}\"", key, range.max_key));
  }
  if (range.min_key > range.max_key) {
    return bad(
        fmt::format("the record \"{}\" is of a range that begins with \"{}\"", key, range.min_key));
  }
  if (previous && range.min_key <= *previous) {
    return bad(
        fmt::format("the range from \"{}\" overlaps the one before it, which ends with "
                    "\"{}\"",
                    range.min_key, *previous));
  }
  return range;
}

/// One record of a range. Errors: kCorruption.
Result<Entry> decode_record(std::string_view key, std::string_view bytes) {
  Result<sstable::Value> value = sstable::decode_value(bytes);
  if (!value) {
    return std::move(value).error().wrap(fmt::format("the record \"{}\"", key));
  }
  Result<Entry> entry = decode_entry(value->data);
  if (!entry) {
    return std::move(entry).error().wrap(fmt::format("the record \"{}\"", key));
  }
  if (value->identity.empty()) {
    return bad(fmt::format("the record \"{}\" has no identity", key));
  }
  if (entry->size_bytes < 0) {
    return bad(fmt::format("the record \"{}\" has {} bytes", key, entry->size_bytes));
  }
  return entry;
}

}  // namespace

TreeCheck::TreeCheck(const Services& services, const Options& options, const Repository& repository,
                     Summary& summary, Suspects& suspects, ObjectCheck* objects)
    : services_(services),
      options_(options),
      repository_(repository),
      summary_(summary),
      suspects_(suspects),
      objects_(objects),
      tables_(services.blocks, tables_config(options)),
      ranges_(std::max<std::size_t>(options.width, 1)) {}

TreeCheck::~TreeCheck() = default;

Task<Result<void>> TreeCheck::check(Context ctx, const std::vector<History::Tree>& trees) {
  auto work = [&](std::size_t index) { return check_metarange(ctx, trees[index]); };
  Result<void> done = co_await parallel_for(trees.size(), options_.width, work);
  group_.close();
  co_await group_.join();
  if (done && failure_) {
    co_return *std::move(failure_);
  }
  co_return done;
}

Task<Result<void>> TreeCheck::report(Context ctx, std::string subject, Error error, Need need) {
  Damage damage;
  damage.kind = kind_of(error);
  damage.subject = std::move(subject);
  damage.message = damage.kind == DamageKind::kMissingTable ? "its file does not exist" + need.by
                                                            : error.message() + need.by;
  co_return co_await suspects_.add(std::move(ctx), std::move(damage), std::move(need.still_there));
}

Task<Result<std::optional<TablePtr>>> TreeCheck::open(Context ctx, std::string id, std::string what,
                                                      Need need) {
  std::optional<TablePtr> out;
  Result<TablePtr> table = co_await tables_.open(ctx, repository_.storage_namespace, id);
  if (table) {
    out = *std::move(table);
    co_return out;
  }
  TARN_CO_CHECK_OK(
      co_await report(std::move(ctx), what + id, std::move(table).error(), std::move(need)));
  co_return out;
}

Task<Result<void>> TreeCheck::check_metarange(Context ctx, History::Tree tree) {
  metaranges_met_.insert(tree.metarange);
  ++summary_.metaranges;
  const std::string id = tree.metarange.str();
  const std::string commit = tree.commit.str();
  kv::Key row{repository_.partition(), "commits/" + commit};
  Need need{fmt::format(" (of commit {})", commit), row_exists(std::move(row))};
  TARN_CO_TRY(std::optional<TablePtr> table, co_await open(ctx, id, "metarange ", need));
  if (!table) {
    co_return Result<void>();
  }
  need.by = fmt::format(" (of metarange {} of commit {})", id, commit);
  Result<void> walked = co_await walk_ranges(ctx, *table, need);
  if (failure_) {
    co_return *failure_;
  }
  if (!walked) {
    need.by = fmt::format(" (of commit {})", commit);
    co_return co_await report(std::move(ctx), "metarange " + id, std::move(walked).error(),
                              std::move(need));
  }
  co_return Result<void>();
}

Task<Result<void>> TreeCheck::walk_ranges(Context ctx, TablePtr table, Need need) {
  const auto executor = co_await boost::asio::this_coro::executor;
  TARN_CO_CHECK_OK(check_type(*table, sstable::kTypeMetaRanges));
  sstable::Verifier verifier(*table);
  std::optional<std::string> previous;
  std::vector<RangeInfo> claims;
  const sstable::Verifier::Visit visit = [&](std::string_view key,
                                             std::string_view value) -> Result<void> {
    TARN_TRY(RangeInfo range, decode_claim(key, value, previous));
    previous = range.max_key;
    claims.push_back(std::move(range));
    return {};
  };
  for (bool more = true; more;) {
    auto job = [&] { return verifier.read(kRangesAtOnce, visit); };
    TARN_CO_TRY(more, co_await run_blocking(services_.pool, job));
    for (RangeInfo& claimed : std::exchange(claims, {})) {
      const std::optional<Id> id = Id::parse(claimed.id.str());
      const std::uint64_t digest = digest_of(claimed);
      const auto [at, first] = ranges_met_.emplace(*id, digest);
      if (!first && at->second == digest) {
        continue;
      }
      summary_.ranges += first ? 1 : 0;
      AsyncSemaphore::Permit permit = co_await ranges_.acquire();
      group_.spawn(executor, run_range(ctx, std::move(claimed), need, std::move(permit)));
    }
  }
  TARN_CO_TRY(const sstable::TableInfo found, verifier.finish());
  co_return check_id(found, table->name());
}

Task<void> TreeCheck::run_range(Context ctx, RangeInfo claimed, Need need,
                                AsyncSemaphore::Permit permit) {
  Result<void> done = co_await check_range(std::move(ctx), std::move(claimed), std::move(need));
  if (!done && !failure_) {
    failure_ = std::move(done).error();
  }
  const AsyncSemaphore::Permit ends_here = std::move(permit);
}

Task<Result<void>> TreeCheck::check_range(Context ctx, RangeInfo claimed, Need need) {
  const std::string id = claimed.id.str();
  TARN_CO_TRY(std::optional<TablePtr> opened, co_await open(ctx, id, "range ", need));
  if (!opened) {
    co_return Result<void>();
  }
  const TablePtr table = *std::move(opened);
  sstable::Verifier verifier(*table);
  std::vector<NeededObject> objects;
  const bool wants_objects = objects_ != nullptr;
  const sstable::Verifier::Visit visit = [&](std::string_view key,
                                             std::string_view value) -> Result<void> {
    TARN_TRY(Entry entry, decode_record(key, value));
    if (wants_objects) {
      NeededObject object;
      object.path = key;
      object.address = std::move(entry.address);
      object.address_type = entry.address_type;
      object.size_bytes = entry.size_bytes;
      objects.push_back(std::move(object));
    }
    return {};
  };
  const std::string where = fmt::format(" (in range {}{})", id, need.by);
  Result<void> sound = check_type(*table, sstable::kTypeRanges);
  for (bool more = sound.has_value(); more;) {
    auto job = [&] { return verifier.read(kRecordsAtOnce, visit); };
    Result<bool> read = co_await run_blocking(services_.pool, job);
    if (wants_objects && !objects.empty()) {
      std::vector<NeededObject> batch = std::exchange(objects, {});
      TARN_CO_CHECK_OK(co_await objects_->check(ctx, std::move(batch), where, need.still_there));
    }
    more = read && *read;
    if (!read) {
      sound = std::move(read).error();
    }
  }
  if (sound) {
    Result<sstable::TableInfo> found = verifier.finish();
    if (found) {
      summary_.entries += found->count;
      sound = check_id(*found, id);
      if (sound) {
        sound = check_claim(claimed, *found, table->properties());
      }
    } else {
      sound = std::move(found).error();
    }
  }
  if (!sound) {
    co_return co_await report(std::move(ctx), "range " + id, std::move(sound).error(),
                              std::move(need));
  }
  co_return Result<void>();
}

Task<Result<void>> TreeCheck::count_unreferenced(Context ctx) {
  const std::string folder = options_.table_prefix + "/";
  TARN_CO_TRY(const block::Location root,
              block::resolve(repository_.storage_namespace, folder, block::AddressType::kRelative));
  std::string after;
  for (;;) {
    const std::string bucket = root.bucket;
    const std::string prefix = root.key;
    Result<block::ListPage> page =
        co_await services_.blocks.list(ctx, bucket, prefix, after, kListedAtOnce);
    if (!page && page.error().kind() == ErrorKind::kNotFound) {
      co_return Result<void>();
    }
    if (!page) {
      // Garbage is worth a number, not a failure.
      co_return Result<void>();
    }
    for (const block::ListedObject& object : page->objects) {
      const std::optional<Id> id = Id::parse(object.key.substr(prefix.size()));
      if (id && !metaranges_met_.contains(*id) && !ranges_met_.contains(*id)) {
        ++summary_.unreferenced_tables;
        summary_.unreferenced_table_bytes += object.info.size_bytes;
      }
    }
    if (page->next_after.empty()) {
      co_return Result<void>();
    }
    // Tables lie directly in the folder: what is below another folder (logs of actions) is passed
    // over. `0` follows `/`.
    after = page->next_after;
    const std::size_t slash = after.find('/', prefix.size());
    if (slash != std::string::npos) {
      after = after.substr(0, slash) + "0";
    }
  }
}

}  // namespace tarn::graveler::fsck
