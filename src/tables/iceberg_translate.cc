#include "tables/iceberg_translate.h"

#include "runtime/parallel.h"
#include "tables/compute.h"
#include "tables/export_location.h"
#include "tables/iceberg_deletes.h"
#include "tables/iceberg_names.h"
#include "tables/iceberg_objects.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

namespace tarn::tables {
namespace {

/// Manifests that are held at a time; a large one has some megabytes.
constexpr std::size_t kManifestsAtOnce = 4;

/// A list of manifests, or a manifest.
struct Part {
  std::string address;
  bool needed = false;
  std::string path = {};
  std::string physical_address = {};
  /// Of a list: its bytes, and what it names.
  Bytes content = {};
  std::vector<std::string> manifests = {};
  /// What it became; nothing where it stays.
  std::optional<IcebergManifest> now = {};
  /// What it became depends on objects of the table's folder only, whose changes are watched.
  bool inside = true;
  /// Why it cannot be read where it is exported to; empty if it can.
  std::string wrong = {};
};

/// One translation under way. Everything runs on one loop.
class Run {
 public:
  Run(Context ctx, ObjectReader& reader, ManifestWriter& writer, IcebergAddresses addresses,
      IcebergSource source, IcebergTranslation how)
      : ctx_(std::move(ctx)),
        writer_(writer),
        source_(std::move(source)),
        how_(std::move(how)),
        objects_(ctx_, reader, std::move(addresses), how_.requests_max),
        deletes_(
            objects_, metadata_folder(how_.root),
            [this](std::string name, Bytes content) {
              return write(std::move(name), std::move(content));
            },
            how_.pool) {}

  Task<Result<IcebergReport>> run();

 private:
  void want(std::vector<Part>& parts, std::map<std::string, std::size_t>& index,
            const std::string& address, bool needed);
  Part& manifest(const std::string& address) { return manifests_[manifest_index_.at(address)]; }

  /// Finds what a part is made from. False when there is nothing to translate: it stays, is gone,
  /// or was translated before.
  Task<Result<bool>> locate(Part& part);
  Task<Result<void>> read_list(std::size_t at);
  Task<Result<void>> translate_manifest(std::size_t at);
  Task<Result<void>> translate_list(std::size_t at);
  Task<Result<void>> translate_statistics();
  /// Translates the deletes by position of a manifest that names `files`; false when the manifest
  /// cannot be read where it is exported to.
  Task<Result<bool>> translate_deletes(Part& part, const std::vector<IcebergFile>& files,
                                       const IcebergObjects::ByAddress& objects,
                                       IcebergDeletesMap& deletes);
  Task<Result<void>> finish(Part& part, std::string name, Bytes translated);
  Task<Result<void>> write(std::string name, Bytes content);
  Task<Result<void>> write_metadata();
  Task<Result<void>> each(std::size_t count, std::size_t width,
                          Task<Result<void>> (Run::*work)(std::size_t));
  Result<void> require_needed(const std::vector<Part>& parts) const;

  const Context ctx_;
  ManifestWriter& writer_;
  const IcebergSource source_;
  const IcebergTranslation how_;
  IcebergObjects objects_;
  IcebergDeletes deletes_;
  IcebergReport report_;
  StorageUri root_;
  std::vector<Part> lists_;
  std::map<std::string, std::size_t> list_index_;
  std::vector<Part> manifests_;
  std::map<std::string, std::size_t> manifest_index_;
  /// Addresses of statistics, after and before.
  std::map<std::string, std::string> statistics_;
};

void Run::want(std::vector<Part>& parts, std::map<std::string, std::size_t>& index,
               const std::string& address, bool needed) {
  const auto [at, fresh] = index.emplace(address, parts.size());
  if (fresh) {
    parts.push_back({.address = address});
  }
  parts[at->second].needed = parts[at->second].needed || needed;
}

Task<Result<void>> Run::each(std::size_t count, std::size_t width,
                             Task<Result<void>> (Run::*work)(std::size_t)) {
  std::function<Task<Result<void>>(std::size_t)> call = [this, work](std::size_t at) {
    return (this->*work)(at);
  };
  co_return co_await parallel_for(count, width, call);
}

Task<Result<bool>> Run::locate(Part& part) {
  const std::optional<std::string> path = objects_.addresses().path_of(part.address);
  if (!path) {
    part.inside = false;
    co_return false;
  }
  part.path = *path;
  TARN_CO_TRY(const std::optional<TableObject> object, co_await objects_.find(part.path));
  if (!object) {
    part.wrong = fmt::format("{} is missing", part.path);
    co_return false;
  }
  part.physical_address = object->physical_address;
  const auto known = how_.reuse.find(translation_key(part.physical_address));
  if (known != how_.reuse.end()) {
    part.now = known->second;
    ++report_.reused;
    co_return false;
  }
  co_return true;
}

Task<Result<void>> Run::read_list(std::size_t at) {
  Part& part = lists_[at];
  TARN_CO_TRY(const bool to_do, co_await locate(part));
  if (!to_do) {
    co_return Result<void>();
  }
  TARN_CO_TRY(part.content, co_await objects_.read(part.path));
  Result<std::vector<IcebergManifest>> named = read_manifest_list(part.content);
  if (!named) {
    co_return std::move(named).error().wrap(part.path);
  }
  for (IcebergManifest& each : *named) {
    want(manifests_, manifest_index_, each.address, part.needed);
    part.manifests.push_back(std::move(each.address));
  }
  co_return Result<void>();
}

Task<Result<void>> Run::translate_manifest(std::size_t at) {
  Part& part = manifests_[at];
  TARN_CO_TRY(const bool to_do, co_await locate(part));
  if (!to_do) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const Bytes content, co_await objects_.read(part.path));
  const auto unpack = [&content] { return read_manifest(content); };
  Result<std::vector<IcebergFile>> files = co_await compute(how_.pool, unpack);
  if (!files) {
    co_return std::move(files).error().wrap(part.path);
  }
  std::vector<std::string> addresses;
  for (const IcebergFile& file : *files) {
    addresses.push_back(file.address);
    addresses.push_back(file.referenced);
  }
  TARN_CO_TRY(const auto objects, co_await objects_.look_up(std::move(addresses)));
  for (const auto& [address, object] : objects) {
    part.inside = part.inside && object.path.starts_with(objects_.addresses().prefix());
  }
  const AddressMap replace = [&](const std::string& address) -> std::optional<std::string> {
    const auto object = objects.find(address);
    return object == objects.end() || object->second.physical_address.empty()
               ? std::nullopt
               : std::optional(object->second.physical_address);
  };
  for (const IcebergFile& file : *files) {
    const auto object = objects.find(file.address);
    if (file.removed || object == objects.end()) {
      continue;
    }
    if (object->second.physical_address.empty()) {
      part.wrong = fmt::format("{} is missing", object->second.path);
      co_return Result<void>();
    }
  }
  IcebergDeletesMap deletes;
  TARN_CO_TRY(const bool readable, co_await translate_deletes(part, *files, objects, deletes));
  if (!readable) {
    co_return Result<void>();
  }
  std::string name;
  const auto make = [&]() -> Result<Bytes> {
    TARN_TRY(Bytes made, rewrite_manifest(content, replace, deletes));
    name = translation_name(
        part.inside ? part.physical_address : "", made,
        deletes.empty() ? TranslationKind::kManifest : TranslationKind::kDeletesManifest);
    return made;
  };
  TARN_CO_TRY(Bytes translated, co_await compute(how_.pool, make));
  co_return co_await finish(part, std::move(name), std::move(translated));
}

Task<Result<bool>> Run::translate_deletes(Part& part, const std::vector<IcebergFile>& files,
                                          const IcebergObjects::ByAddress& objects,
                                          IcebergDeletesMap& deletes) {
  for (const IcebergFile& file : files) {
    const auto object = objects.find(file.address);
    if (!file.holds_addresses || file.removed || object == objects.end()) {
      continue;
    }
    TARN_CO_TRY(IcebergDeletesOutcome outcome,
                co_await deletes_.translate(object->second, file.format));
    part.inside = part.inside && outcome.inside;
    part.wrong = std::move(outcome.wrong);
    if (!part.wrong.empty()) {
      co_return false;
    }
    if (outcome.now) {
      deletes.emplace(file.address, *std::move(outcome.now));
    }
  }
  co_return true;
}

Task<Result<void>> Run::translate_list(std::size_t at) {
  Part& part = lists_[at];
  if (part.content.empty() || !part.wrong.empty()) {
    co_return Result<void>();
  }
  const ManifestMap replace = [&](const std::string& address) { return manifest(address).now; };
  TARN_CO_TRY(Bytes translated, rewrite_manifest_list(part.content, replace));
  part.content = Bytes();
  std::string name = translation_name(part.inside ? part.physical_address : "", translated,
                                      TranslationKind::kList);
  co_return co_await finish(part, std::move(name), std::move(translated));
}

Task<Result<void>> Run::translate_statistics() {
  std::vector<std::string> addresses = source_.metadata.statistics;
  TARN_CO_TRY(const auto objects, co_await objects_.look_up(std::move(addresses)));
  for (const auto& [address, object] : objects) {
    // Engines do without statistics that are missing.
    if (!object.physical_address.empty()) {
      statistics_.emplace(address, object.physical_address);
    }
  }
  co_return Result<void>();
}

/// `part`, which outlives the call, is there from now on.
Task<Result<void>> Run::finish(Part& part, std::string name, Bytes translated) {
  part.now = IcebergManifest{.address = metadata_folder(how_.root) + name,
                             .size_bytes = static_cast<std::int64_t>(translated.size())};
  co_return co_await write(std::move(name), std::move(translated));
}

Task<Result<void>> Run::write(std::string name, Bytes content) {
  std::string key = fmt::format("{}{}metadata/{}", root_.key, root_.key.empty() ? "" : "/", name);
  report_.written.push_back(metadata_folder(how_.root) + name);
  co_return co_await writer_.put(ctx_, root_.bucket, std::move(key), std::move(content));
}

Task<Result<void>> Run::write_metadata() {
  const AddressMap replace = [this](const std::string& address) -> std::optional<std::string> {
    const auto list = list_index_.find(address);
    const auto direct = manifest_index_.find(address);
    const auto statistic = statistics_.find(address);
    if (list != list_index_.end() && lists_[list->second].now) {
      return lists_[list->second].now->address;
    }
    if (direct != manifest_index_.end() && manifests_[direct->second].now) {
      return manifests_[direct->second].now->address;
    }
    return statistic == statistics_.end() ? std::nullopt : std::optional(statistic->second);
  };
  Bytes text = rewrite_iceberg_metadata(source_.json, how_.root, replace);
  std::string name = metadata_name(source_.path, text);
  report_.metadata_uri = metadata_folder(how_.root) + name;
  co_return co_await write(std::move(name), std::move(text));
}

Result<void> Run::require_needed(const std::vector<Part>& parts) const {
  for (const Part& part : parts) {
    if (part.needed && !part.wrong.empty()) {
      return Error::with_message(kBadIceberg, fmt::format("{}: {}", source_.path, part.wrong));
    }
  }
  return {};
}

Task<Result<IcebergReport>> Run::run() {
  TARN_CO_TRY(root_, parse_storage_uri(how_.root));
  for (const IcebergSnapshot& snapshot : source_.metadata.snapshots) {
    if (!snapshot.manifest_list.empty()) {
      want(lists_, list_index_, snapshot.manifest_list, snapshot.needed);
    }
    for (const std::string& address : snapshot.manifests) {
      want(manifests_, manifest_index_, address, snapshot.needed);
    }
  }
  TARN_CO_CHECK_OK(co_await each(lists_.size(), how_.requests_max, &Run::read_list));
  TARN_CO_CHECK_OK(require_needed(lists_));
  TARN_CO_CHECK_OK(co_await each(manifests_.size(), kManifestsAtOnce, &Run::translate_manifest));
  TARN_CO_CHECK_OK(require_needed(manifests_));
  for (Part& list : lists_) {
    for (const std::string& address : list.manifests) {
      const Part& named = manifest(address);
      list.inside = list.inside && named.inside;
      list.wrong = list.wrong.empty() ? named.wrong : list.wrong;
    }
  }
  TARN_CO_CHECK_OK(co_await each(lists_.size(), how_.requests_max, &Run::translate_list));
  TARN_CO_CHECK_OK(co_await translate_statistics());
  for (const IcebergSnapshot& snapshot : source_.metadata.snapshots) {
    const auto list = list_index_.find(snapshot.manifest_list);
    if (list != list_index_.end() && !lists_[list->second].wrong.empty()) {
      report_.left_out.push_back(
          fmt::format("snapshot {}: {}", snapshot.id, lists_[list->second].wrong));
    }
  }
  report_.objects = objects_.looked_up();
  TARN_CO_CHECK_OK(co_await write_metadata());
  co_return std::move(report_);
}

}  // namespace

Task<Result<IcebergReport>> translate_iceberg(Context ctx, ObjectReader& reader,
                                              ManifestWriter& writer, IcebergAddresses addresses,
                                              IcebergSource source, IcebergTranslation how) {
  Run run(std::move(ctx), reader, writer, std::move(addresses), std::move(source), std::move(how));
  co_return co_await run.run();
}

}  // namespace tarn::tables
