#include "tables/table_export.h"

#include "runtime/parallel.h"
#include "tables/changed_partitions.h"
#include "tables/export_steps.h"
#include "tables/glue_input.h"
#include "tables/glue_table.h"
#include "tables/manifest.h"
#include "tables/symlink_export.h"
#include "tables/table_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace tarn::tables {
namespace {

/// One export under way. Everything runs on one loop.
class Run {
 public:
  Run(Context ctx, ObjectReader& reader, ChangeReader& changes, ManifestWriter& writer,
      TableCatalog& catalog, TableExport spec)
      : ctx_(std::move(ctx)),
        reader_(reader),
        changes_(changes),
        writer_(writer),
        catalog_(catalog),
        spec_(std::move(spec)),
        layout_(spec_.descriptor.path, spec_.descriptor.partition_columns),
        differences_(layout_, changes, spec_.page_objects, spec_.partitions_max) {}

  Task<Result<TableExportReport>> run();

 private:
  using Kind = TableExportReport::Kind;
  /// A partition that differs: what the catalog has of it, and what is in it now.
  struct Changed {
    std::string folder;
    std::vector<std::string> values;
    bool registered = false;
    bool has_data = false;
  };

  Result<void> prepare();
  /// Why not only what changed can be exported; empty if it can.
  std::string reason_for_all() const;
  Task<Result<void>> find_changes();
  /// Finds what the catalog has of the changed partitions; tells why that rules out to change only
  /// them, or nothing.
  Task<Result<std::string>> look_up_changed();
  Task<Result<void>> export_changes();
  Task<Result<void>> export_partition(std::size_t index);
  Task<Result<void>> export_all();
  Task<Result<void>> publish_all(std::vector<std::string> folders);
  /// With parameters that say what the table shows.
  Json table_input(bool complete) const;
  Task<Result<void>> put_state(bool complete);
  Task<Result<void>> put_partitions(std::vector<GluePartition> partitions, bool exist);
  Task<Result<void>> delete_partitions(std::vector<std::vector<std::string>> values);
  /// All partitions' descriptors to the table's, where they are.
  Task<Result<void>> refresh_partitions(const std::set<std::vector<std::string>>& done);
  void step(std::string text) { steps_.add(std::move(text)); }

  const Context ctx_;
  ObjectReader& reader_;
  ChangeReader& changes_;
  ManifestWriter& writer_;
  TableCatalog& catalog_;
  const TableExport spec_;
  const PartitionLayout layout_;
  ChangedPartitions differences_;
  TableExportReport report_;
  ExportSteps steps_;

  /// Of the table, without a slash at the end; of this commit's manifests under it.
  std::string root_;
  std::string folder_;
  StorageUri root_uri_;
  Json input_;
  TableState wanted_;
  std::optional<Json> existing_;
  TableState shown_;
  std::vector<Changed> changed_;
};

Result<void> Run::prepare() {
  TARN_TRY(root_, stable_table_uri(spec_.source, spec_.descriptor.name));
  TARN_TRY(root_uri_, parse_storage_uri(root_));
  folder_ = spec_.source.commit_id.substr(0, kStableCommitDigits);
  const std::string location = layout_.partitioned() ? root_ : root_ + "/" + folder_;
  const GlueTable table{.name = spec_.table, .location = location};
  TARN_TRY(input_, make_table_input(spec_.descriptor, spec_.file, table, spec_.table_input));
  TARN_TRY(input_, normalize_table_input(input_));
  wanted_ = {.repository = spec_.source.repository_id,
             .ref = spec_.source.ref,
             .path = layout_.prefix(),
             .commit = spec_.source.commit_id,
             .pending = {},
             .definition = definition_digest(input_)};
  return {};
}

std::string Run::reason_for_all() const {
  if (!existing_) {
    return "the table is new";
  }
  if (spec_.full) {
    return "asked for";
  }
  if (shown_.commit.empty()) {
    return "no export of the table has ended";
  }
  if (is_iceberg_table(*existing_)) {
    return "it was an Iceberg table";
  }
  if (is_delta_table(*existing_)) {
    return "it was a Delta table";
  }
  if (!same_partition_keys(*existing_, input_)) {
    return "other partition columns";
  }
  if (shown_.path != wanted_.path) {
    return "another path";
  }
  if (const std::string location = storage_location(*existing_);
      location != root_ && !location.starts_with(root_ + "/")) {
    return "another place for exports";
  }
  if (shown_.pending.size() >= TableState::kPendingMax) {
    return "several exports did not end";
  }
  return "";
}

Task<Result<void>> Run::find_changes() {
  if (shown_.commit != wanted_.commit) {
    TARN_CO_CHECK_OK(co_await differences_.add(ctx_, shown_.commit, wanted_.commit));
  }
  // What an export that was cut off has put into the catalog need not differ between the two.
  for (const std::string& pending : shown_.pending) {
    TARN_CO_CHECK_OK(co_await differences_.add(ctx_, shown_.commit, pending));
  }
  co_return Result<void>();
}

Task<Result<std::string>> Run::look_up_changed() {
  std::vector<std::vector<std::string>> asked;
  for (const std::string& folder : differences_.folders()) {
    changed_.push_back({.folder = folder, .values = layout_.values(folder)});
    if (layout_.partitioned() && can_be_registered(changed_.back().values)) {
      asked.push_back(changed_.back().values);
    }
  }
  if (asked.empty()) {
    co_return std::string();
  }
  TARN_CO_TRY(const std::vector<GluePartition> found,
              co_await catalog_.find_partitions(ctx_, spec_.table, std::move(asked)));
  std::map<std::vector<std::string>, std::string_view> locations;
  for (const GluePartition& partition : found) {
    locations.emplace(partition.values, partition.location);
  }
  for (Changed& changed : changed_) {
    const auto known = locations.find(changed.values);
    changed.registered = known != locations.end();
    if (!changed.registered) {
      continue;
    }
    // <root>/<commit>/<folder>: folders that are written differently can mean the same values
    // (`a=1/b=2` and `a=1/x/b=2`, `a=%41` and `a=A`), and the other one may not have changed.
    std::string_view rest = known->second;
    const bool ours = rest.starts_with(root_ + "/");
    rest.remove_prefix(ours ? std::min(rest.find('/', root_.size() + 1), rest.size()) : 0);
    if (!ours || rest != "/" + changed.folder.substr(0, changed.folder.size() - 1)) {
      co_return fmt::format("partition {} was another folder", partition_text(changed.values));
    }
  }
  co_return std::string();
}

Json Run::table_input(bool complete) const {
  TableState state = wanted_;
  if (!complete) {
    state.commit = shown_.commit;
    state.pending = shown_.pending;
    if (std::ranges::find(state.pending, wanted_.commit) == state.pending.end()) {
      state.pending.push_back(wanted_.commit);
    }
    if (shown_.commit.empty()) {
      state.pending.clear();
    }
    state.definition.clear();
  }
  Json input = input_;
  if (!complete && report_.kind == Kind::kIncremental) {
    // Until its partitions are as the new one says: an export that is cut off here has to see, when
    // it is made good, that they are not.
    input.set("StorageDescriptor", *existing_->find("StorageDescriptor"));
  }
  return with_state(std::move(input), existing_ ? &*existing_ : nullptr, state);
}

Task<Result<void>> Run::put_state(bool complete) {
  step(fmt::format("update table {}.{}: {} {}", catalog_.database(), spec_.table,
                   complete ? "shows commit" : "is changing to commit", wanted_.commit));
  if (spec_.dry_run) {
    co_return Result<void>();
  }
  Json input = table_input(complete);
  co_return co_await catalog_.update_table(ctx_, std::move(input));
}

Task<Result<void>> Run::put_partitions(std::vector<GluePartition> partitions, bool exist) {
  if (partitions.empty()) {
    co_return Result<void>();
  }
  for (const GluePartition& partition : partitions) {
    step(fmt::format("put partition [{}] of {}.{} -> {}", fmt::join(partition.values, ", "),
                     catalog_.database(), spec_.table, partition.location));
  }
  if (spec_.dry_run) {
    (exist ? report_.partitions.updated : report_.partitions.created) += partitions.size();
    co_return Result<void>();
  }
  TARN_CO_TRY(const PartitionChanges changes,
              co_await catalog_.put_partitions(ctx_, input_, std::move(partitions), exist));
  report_.partitions.created += changes.created;
  report_.partitions.updated += changes.updated;
  co_return Result<void>();
}

Task<Result<void>> Run::delete_partitions(std::vector<std::vector<std::string>> values) {
  for (const std::vector<std::string>& each : values) {
    step(fmt::format("remove partition [{}] of {}.{}", fmt::join(each, ", "), catalog_.database(),
                     spec_.table));
  }
  if (values.empty() || spec_.dry_run) {
    report_.partitions.deleted += values.size();
    co_return Result<void>();
  }
  TARN_CO_TRY(const std::uint64_t deleted,
              co_await catalog_.delete_partitions(ctx_, spec_.table, std::move(values)));
  report_.partitions.deleted += deleted;
  co_return Result<void>();
}

/// Lists one changed partition and writes its manifest, if any of it is left.
Task<Result<void>> Run::export_partition(std::size_t index) {
  Changed& changed = changed_[index];
  ManifestBuilder builder(layout_, SymlinkExport::kManifestBytesMax);
  const std::string prefix = layout_.prefix() + changed.folder;
  std::string after;
  while (true) {
    TARN_CO_TRY(const ObjectPage page,
                co_await reader_.list(ctx_, prefix, after, spec_.page_objects));
    for (const TableObject& object : page.objects) {
      const Result<std::optional<Manifest>> other = builder.add(object);
      if (!other) {
        co_return other.error();
      }
    }
    if (!page.has_more) {
      break;
    }
    if (page.next_after <= after) {
      co_return Error(kInternal, "a listing does not advance");
    }
    after = page.next_after;
  }
  std::optional<Manifest> manifest = builder.finish();
  if (!manifest) {
    co_return Result<void>();
  }
  changed.has_data = true;
  ++report_.manifests;
  report_.objects += builder.counts().objects;
  std::string key =
      fmt::format("{}/{}/{}{}", root_uri_.key, folder_, changed.folder, kManifestName);
  step(fmt::format("write {}://{}/{} ({} objects)", root_uri_.protocol, root_uri_.bucket, key,
                   builder.counts().objects));
  if (spec_.dry_run) {
    co_return Result<void>();
  }
  co_return co_await writer_.put(ctx_, root_uri_.bucket, std::move(key),
                                 std::move(manifest->content));
}

Task<Result<void>> Run::refresh_partitions(const std::set<std::vector<std::string>>& done) {
  TARN_CO_TRY(std::vector<GluePartition> there, co_await catalog_.partitions(ctx_, spec_.table));
  std::erase_if(
      there, [&done](const GluePartition& partition) { return done.contains(partition.values); });
  co_return co_await put_partitions(std::move(there), true);
}

Task<Result<void>> Run::export_changes() {
  report_.kind = Kind::kIncremental;
  std::function<Task<Result<void>>(std::size_t)> work = [this](std::size_t index) {
    return export_partition(index);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(changed_.size(), spec_.requests_max, work));
  if (!layout_.partitioned()) {
    if (changed_.empty()) {
      // The manifest that is there goes on to be the table's.
      Json storage = *input_.find("StorageDescriptor");
      storage.set("Location", storage_location(*existing_));
      input_.set("StorageDescriptor", std::move(storage));
    }
    co_return co_await put_state(true);
  }

  // Two changed folders of the same values cannot both have data.
  std::vector<std::string> folders;
  for (const Changed& changed : changed_) {
    if (changed.has_data) {
      folders.push_back(changed.folder);
    }
  }
  TARN_CO_TRY(std::vector<GluePartition> partitions,
              glue_partitions(layout_, root_ + "/" + folder_ + "/", folders));
  std::set<std::vector<std::string>> done;
  for (const GluePartition& partition : partitions) {
    done.insert(partition.values);
  }
  std::set<std::vector<std::string>> registered;
  std::vector<std::vector<std::string>> gone;
  for (const Changed& changed : changed_) {
    if (changed.registered && registered.insert(changed.values).second &&
        !done.contains(changed.values)) {
      gone.push_back(changed.values);
    }
  }
  const bool refresh = !compatible_storage(*existing_, input_);
  if (!partitions.empty() || !gone.empty() || refresh) {
    std::vector<GluePartition> create;
    std::vector<GluePartition> update;
    for (GluePartition& partition : partitions) {
      (registered.contains(partition.values) ? update : create).push_back(std::move(partition));
    }
    done.insert(gone.begin(), gone.end());
    TARN_CO_CHECK_OK(co_await put_state(false));
    TARN_CO_CHECK_OK(co_await put_partitions(std::move(update), true));
    TARN_CO_CHECK_OK(co_await put_partitions(std::move(create), false));
    TARN_CO_CHECK_OK(co_await delete_partitions(std::move(gone)));
    if (refresh) {
      TARN_CO_CHECK_OK(co_await refresh_partitions(done));
    }
  }
  co_return co_await put_state(true);
}

Task<Result<void>> Run::export_all() {
  report_.kind = Kind::kFull;
  std::vector<std::string> folders;
  SymlinkExport manifests{
      .layout = layout_,
      .table_name = folder_,
      .location = root_uri_,
      .on_manifest =
          [this](std::string_view key) {
            step(fmt::format("write {}://{}/{}", root_uri_.protocol, root_uri_.bucket, key));
          },
      .on_partition = [&folders](std::string_view partition) { folders.emplace_back(partition); },
      .page_objects = spec_.page_objects,
      .requests_max = spec_.requests_max};
  NullWriter nowhere;
  ManifestWriter& writer = spec_.dry_run ? static_cast<ManifestWriter&>(nowhere) : writer_;
  TARN_CO_TRY(const ExportCounts counts,
              co_await export_symlinks(ctx_, reader_, writer, std::move(manifests)));
  report_.manifests = counts.manifests;
  report_.objects = counts.objects;
  co_return co_await publish_all(std::move(folders));
}

Task<Result<void>> Run::publish_all(std::vector<std::string> folders) {
  TARN_CO_TRY(std::vector<GluePartition> partitions,
              glue_partitions(layout_, root_ + "/" + folder_ + "/",
                              layout_.partitioned() ? folders : std::vector<std::string>()));
  if (existing_ && (!same_partition_keys(*existing_, input_) || is_iceberg_table(*existing_) ||
                    is_delta_table(*existing_))) {
    // Glue cannot give a table other partition columns while it has partitions, and what a table of
    // another kind says of itself would make this one look like one.
    step(fmt::format("remove table {}.{}", catalog_.database(), spec_.table));
    if (!spec_.dry_run) {
      TARN_CO_CHECK_OK(co_await catalog_.delete_table(ctx_, spec_.table));
    }
    existing_.reset();
  }
  // Until it is complete the table says that it shows no commit.
  shown_ = TableState{};
  report_.table_created = !existing_;
  if (!layout_.partitioned() && existing_) {
    co_return co_await put_state(true);
  }
  if (existing_) {
    TARN_CO_CHECK_OK(co_await put_state(false));
  } else {
    step(fmt::format("create table {}.{} at {}", catalog_.database(), spec_.table,
                     storage_location(input_)));
  }
  if (spec_.dry_run) {
    TARN_CO_CHECK_OK(co_await put_partitions(std::move(partitions), existing_.has_value()));
    co_return co_await put_state(true);
  }
  if (!existing_ && spec_.before_table) {
    TARN_CO_CHECK_OK(co_await spec_.before_table());
  }
  Json input = table_input(!layout_.partitioned());
  std::optional<std::vector<GluePartition>> wanted;
  if (layout_.partitioned()) {
    wanted = std::move(partitions);
  }
  TARN_CO_TRY(const TableCatalog::Registered registered,
              co_await catalog_.register_table(ctx_, std::move(input), std::move(wanted)));
  report_.partitions = registered.partitions;
  if (layout_.partitioned()) {
    step(fmt::format("partitions: {} created, {} updated, {} deleted", report_.partitions.created,
                     report_.partitions.updated, report_.partitions.deleted));
    co_return co_await put_state(true);
  }
  co_return Result<void>();
}

Task<Result<TableExportReport>> Run::run() {
  // Everything that can be wrong with the descriptor is found before anything is written.
  TARN_CO_CHECK_OK(prepare());
  TARN_CO_TRY(existing_, co_await catalog_.find_table(ctx_, spec_.table));
  if (existing_) {
    shown_ = read_state(*existing_);
    TARN_CO_CHECK_OK(check_owner(*existing_, shown_, wanted_, catalog_.database()));
  }
  if (spec_.only_forward && !shown_.commit.empty() && shown_.commit != wanted_.commit) {
    TARN_CO_TRY(const bool overtaken,
                co_await changes_.is_ancestor(ctx_, wanted_.commit, shown_.commit));
    if (overtaken) {
      report_.kind = Kind::kOvertaken;
      co_return std::move(report_);
    }
  }
  report_.reason = reason_for_all();
  if (report_.reason.empty() && shown_.commit == wanted_.commit && shown_.pending.empty() &&
      shown_.definition == wanted_.definition) {
    report_.kind = Kind::kUpToDate;
    co_return std::move(report_);
  }
  if (report_.reason.empty()) {
    const Result<void> found = co_await find_changes();
    if (!found && found.error().kind() != ErrorKind::kNotFound) {
      co_return found.error();
    }
    if (!found) {
      report_.reason = "the commit that the table shows is gone";
    } else if (differences_.too_many()) {
      report_.reason = "most of it changed";
    } else {
      TARN_CO_TRY(report_.reason, co_await look_up_changed());
    }
  }
  Result<void> done;
  if (report_.reason.empty()) {
    done = co_await export_changes();
  } else {
    done = co_await export_all();
  }
  if (!done) {
    co_return std::move(done).error();
  }
  report_.steps = steps_.take();
  co_return std::move(report_);
}

}  // namespace

Task<Result<TableExportReport>> export_table(Context ctx, ObjectReader& reader,
                                             ChangeReader& changes, ManifestWriter& writer,
                                             TableCatalog& catalog, TableExport spec) {
  Run run(std::move(ctx), reader, changes, writer, catalog, std::move(spec));
  co_return co_await run.run();
}

}  // namespace tarn::tables
