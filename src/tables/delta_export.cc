#include "tables/delta_export.h"

#include "runtime/parallel.h"
#include "tables/delta_checkpoint_name.h"
#include "tables/delta_translate.h"
#include "tables/export_steps.h"
#include "tables/exported_delta_log.h"
#include "tables/native_table.h"
#include "tables/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kWritesMax = 16;

constexpr std::string_view kVersion = "tarn.version";

/// How many versions were exported when the table was last brought to a commit.
std::uint64_t exported_versions(const Json& table) {
  const Json* parameters = table.find("Parameters");
  const std::string text = parameters == nullptr ? "" : parameters->string_or(kVersion, "");
  std::uint64_t version = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), version);
  return failure == std::errc() && end == text.data() + text.size() ? version + 1 : 0;
}

/// `input` with the last version that is exported.
Json with_version(Json input, std::uint64_t version) {
  Json parameters = *input.find("Parameters");
  parameters.set(std::string(kVersion), std::to_string(version));
  input.set("Parameters", std::move(parameters));
  return input;
}

/// One export under way. Everything runs on one loop.
class Run {
 public:
  Run(Context ctx, ObjectReader& reader, ManifestWriter& writer, TableCatalog& catalog,
      DeltaExport spec)
      : ctx_(std::move(ctx)),
        reader_(reader),
        writer_(writer),
        catalog_(catalog),
        spec_(std::move(spec)),
        prefix_(table_prefix(spec_.descriptor)) {}

  Task<Result<DeltaExportReport>> follow(ChangeReader& changes, ManifestStore& store);
  Task<Result<DeltaExportReport>> commit();

 private:
  /// Reads the log from `first_` on, or all of it; makes input_.
  Task<Result<void>> prepare(DeltaLog log, std::string location);
  /// Decides between going on with the log that was exported, and another one in a new folder.
  /// Gives the folder; sets `first_` and the report's reason.
  Task<Result<std::string>> choose_place(ChangeReader& changes, ManifestStore& store,
                                         const DeltaLog& log, std::string root);
  std::string reason_for_all(const std::string& root) const;
  /// Whether the log only grew since the commit `from`, and no file that it names went away.
  Task<Result<bool>> only_grew(ChangeReader& changes, const DeltaLog& log, std::string from);
  Task<Result<std::string>> empty_folder(ManifestStore& store, std::string root);
  /// False in a dry run.
  bool note_write(std::string_view uri);
  Task<Result<void>> put(std::string uri, Bytes content);
  Task<Result<void>> write(std::uint64_t version);
  Task<Result<void>> write_checkpoint();
  Task<Result<void>> write_all();
  Task<Result<void>> announce();
  Task<Result<void>> publish();
  void step(std::string text) { steps_.add(std::move(text)); }

  const Context ctx_;
  ObjectReader& reader_;
  ManifestWriter& writer_;
  TableCatalog& catalog_;
  const DeltaExport spec_;
  const std::string prefix_;

  std::optional<DeltaTranslator> translator_;
  /// Versions before it are there.
  std::uint64_t first_ = 0;
  std::string location_;
  Json input_;
  std::optional<Json> existing_;
  TableState shown_;
  TableState wanted_;
  DeltaExportReport report_;
  ExportSteps steps_;
};

Task<Result<void>> Run::prepare(DeltaLog log, std::string location) {
  location_ = std::move(location);
  translator_.emplace(ctx_, reader_, std::move(log), spec_.pool);
  if (first_ == 0) {
    TARN_CO_CHECK_OK(co_await translator_->read());
  } else {
    TARN_CO_CHECK_OK(co_await translator_->read_from(first_));
  }
  report_.version = translator_->log().end - 1;
  report_.objects = translator_->objects();
  Json columns;
  if (translator_->schema()) {
    TARN_CO_TRY(columns, delta_columns(*translator_->schema()));
  } else if (const Json* known =
                 first_ > 0 ? existing_->find_path({"StorageDescriptor", "Columns"}) : nullptr) {
    columns = *known;
  } else {
    co_return Error::with_message(
        kBadDelta, fmt::format("{}{} says nothing of a schema", prefix_, kDeltaLogFolder));
  }
  TARN_CO_TRY(input_,
              make_delta_input(std::move(columns), spec_.table, location_, spec_.table_input));
  co_return Result<void>();
}

bool Run::note_write(std::string_view uri) {
  step(fmt::format("write {}", uri));
  return !spec_.dry_run;
}

Task<Result<void>> Run::put(std::string uri, Bytes content) {
  TARN_CO_TRY(StorageUri place, parse_storage_uri(uri));
  co_return co_await writer_.put(ctx_, std::move(place.bucket), std::move(place.key),
                                 std::move(content));
}

Task<Result<void>> Run::write(std::uint64_t version) {
  std::string uri = exported_log_uri(location_) + delta_file_name(version);
  ++report_.written;
  if (!note_write(uri)) {
    co_return Result<void>();
  }
  TARN_CO_TRY(Bytes text, co_await translator_->translate(version));
  co_return co_await put(std::move(uri), std::move(text));
}

Task<Result<void>> Run::write_checkpoint() {
  report_.checkpoint = translator_->log().begin();
  std::string uri = exported_log_uri(location_) + delta_checkpoint_name(*report_.checkpoint);
  std::string hint_uri = exported_log_uri(location_) + std::string(kDeltaLastCheckpoint);
  note_write(uri);
  if (!note_write(hint_uri)) {
    co_return Result<void>();
  }
  TARN_CO_TRY(DeltaCheckpointWriter::Made made, co_await translator_->translate_checkpoint());
  TARN_CO_CHECK_OK(co_await put(std::move(uri), std::move(made.parquet)));
  // Readers that follow it want the checkpoint to be there.
  co_return co_await put(std::move(hint_uri), std::move(made.hint));
}

Task<Result<void>> Run::write_all() {
  const DeltaLog& log = translator_->log();
  // From the last to the first. What a log begins with comes alone at the end: without version 0 or
  // a checkpoint nobody takes what is there for a table.
  const std::uint64_t first = log.checkpoint ? log.first_file() : 1;
  std::function<Task<Result<void>>(std::size_t)> work = [this](std::size_t at) {
    return write(report_.version - at);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(log.end - first, kWritesMax, work));
  if (log.checkpoint) {
    co_return co_await write_checkpoint();
  }
  co_return co_await write(0);
}

std::string Run::reason_for_all(const std::string& root) const {
  if (!existing_) {
    return "the table is new";
  }
  if (spec_.full) {
    return "asked for";
  }
  if (!is_delta_table(*existing_)) {
    return "it was no Delta table";
  }
  if (shown_.commit.empty()) {
    return "no export of the table has ended";
  }
  if (shown_.path != wanted_.path) {
    return "another path";
  }
  if (!storage_location(*existing_).starts_with(root + "/")) {
    return "another place for exports";
  }
  // What it left behind the log is not what comes next.
  if (!shown_.pending.empty() && shown_.pending != std::vector{wanted_.commit}) {
    return "an export did not end";
  }
  return "";
}

Task<Result<bool>> Run::only_grew(ChangeReader& changes, const DeltaLog& log, std::string from) {
  if (from == wanted_.commit) {
    co_return true;
  }
  const std::string folder = prefix_ + std::string(kDeltaLogFolder);
  const auto matters = [&](const std::string& path) {
    if (!path.starts_with(folder)) {
      return true;
    }
    // Of the log that was exported nothing but versions is used.
    const std::optional<std::uint64_t> version =
        parse_delta_file_name(std::string_view(path).substr(folder.size()));
    // Those before a checkpoint may be cleaned up; the last one that was exported stays, and tells
    // that it is still the same log.
    return version &&
           (log.sizes.contains(*version) || *version >= log.begin() || *version + 1 >= first_);
  };
  TableChanges difference{.from = std::move(from),
                          .to = wanted_.commit,
                          .prefix = prefix_,
                          .page_objects = spec_.page_objects};
  co_return co_await only_added(ctx_, changes, std::move(difference), matters);
}

Task<Result<std::string>> Run::empty_folder(ManifestStore& store, std::string root) {
  const std::string folder =
      fmt::format("{}/{}", root, std::string_view(wanted_.commit).substr(0, kStableCommitDigits));
  for (std::size_t number = 1;; ++number) {
    std::string location = number == 1 ? folder : fmt::format("{}-{}", folder, number);
    TARN_CO_TRY(StorageUri place, parse_storage_uri(exported_log_uri(location)));
    TARN_CO_TRY(const ManifestStore::Page page,
                co_await store.list(ctx_, std::move(place.bucket), std::move(place.key), ""));
    if (page.items.empty()) {
      co_return location;
    }
  }
}

Task<Result<std::string>> Run::choose_place(ChangeReader& changes, ManifestStore& store,
                                            const DeltaLog& log, std::string root) {
  report_.reason = reason_for_all(root);
  if (report_.reason.empty()) {
    first_ = exported_versions(*existing_);
    TARN_CO_TRY(const bool grew, co_await only_grew(changes, log, shown_.commit));
    report_.reason = grew ? "" : "files of the table were replaced or removed";
  }
  if (report_.reason.empty() && first_ < log.unbroken_from) {
    report_.reason = "versions were cleaned up that no export has seen";
  }
  if (report_.reason.empty()) {
    std::string location = storage_location(*existing_);
    TARN_CO_TRY(const ExportedDeltaLog there, co_await exported_delta_log(ctx_, store, location));
    const bool whole = first_ > 0 && first_ <= log.end && there.reaches(first_ - 1);
    // Behind it may be what an export that did not end has left.
    if (whole && (there.end() == first_ || !shown_.pending.empty())) {
      co_return location;
    }
    report_.reason = "the log that was exported is another";
  }
  first_ = 0;
  co_return co_await empty_folder(store, std::move(root));
}

/// Says in the catalog which commit comes next, before the log grows.
Task<Result<void>> Run::announce() {
  if (!shown_.pending.empty()) {
    co_return Result<void>();
  }
  TableState state = shown_;
  state.pending = {wanted_.commit};
  step(fmt::format("update table {}.{}: an export of commit {} begins", catalog_.database(),
                   spec_.table, wanted_.commit));
  if (spec_.dry_run) {
    co_return Result<void>();
  }
  Json input = with_state(with_version(input_, first_ - 1), &*existing_, state);
  co_return co_await catalog_.update_table(ctx_, std::move(input));
}

Task<Result<void>> Run::publish() {
  if (existing_ && !is_delta_table(*existing_)) {
    // What a table of another kind says of itself would be wrong of this one.
    step(fmt::format("remove table {}.{}", catalog_.database(), spec_.table));
    if (!spec_.dry_run) {
      TARN_CO_CHECK_OK(co_await catalog_.delete_table(ctx_, spec_.table));
    }
    existing_.reset();
  }
  report_.table_created = !existing_;
  step(fmt::format("{} table {}.{}: shows commit {}, version {} of {}",
                   existing_ ? "update" : "create", catalog_.database(), spec_.table,
                   wanted_.commit, report_.version, location_));
  if (spec_.dry_run) {
    co_return Result<void>();
  }
  Json input = with_state(with_version(std::move(input_), report_.version),
                          existing_ ? &*existing_ : nullptr, wanted_);
  if (existing_) {
    co_return co_await catalog_.update_table(ctx_, std::move(input));
  }
  if (spec_.before_table) {
    TARN_CO_CHECK_OK(co_await spec_.before_table());
  }
  TARN_CO_CHECK_OK(co_await catalog_.register_table(ctx_, std::move(input), std::nullopt));
  co_return Result<void>();
}

Task<Result<DeltaExportReport>> Run::follow(ChangeReader& changes, ManifestStore& store) {
  TARN_CO_TRY(const std::string root, stable_table_uri(spec_.source, spec_.descriptor.name));
  // What the export depends on but for the commit.
  const Json definition = Json::object({{"table_input", spec_.table_input}, {"root", root}});
  wanted_ = {.repository = spec_.source.repository_id,
             .ref = spec_.source.ref,
             .path = prefix_,
             .commit = spec_.source.commit_id,
             .pending = {},
             .definition = definition_digest(definition)};
  TARN_CO_TRY(existing_, co_await catalog_.find_table(ctx_, spec_.table));
  if (existing_) {
    shown_ = read_state(*existing_);
    // An engine that wrote to it may have dropped what it said about itself.
    const bool written_to = shown_.repository.empty() && shown_.ref.empty() &&
                            is_delta_table(*existing_) &&
                            storage_location(*existing_).starts_with(root + "/");
    if (!written_to) {
      TARN_CO_CHECK_OK(check_owner(*existing_, shown_, wanted_, catalog_.database()));
    }
  }
  if (spec_.only_forward && !shown_.commit.empty() && shown_.commit != wanted_.commit) {
    TARN_CO_TRY(report_.overtaken,
                co_await changes.is_ancestor(ctx_, wanted_.commit, shown_.commit));
    if (report_.overtaken) {
      co_return std::move(report_);
    }
  }
  if (existing_ && is_delta_table(*existing_) && shown_ == wanted_ && !spec_.full) {
    report_.up_to_date = true;
    co_return std::move(report_);
  }
  TARN_CO_TRY(DeltaLog log, co_await list_delta_log(ctx_, reader_, prefix_));
  TARN_CO_TRY(std::string location, co_await choose_place(changes, store, log, root));
  TARN_CO_CHECK_OK(co_await prepare(std::move(log), std::move(location)));
  if (first_ == 0) {
    TARN_CO_CHECK_OK(co_await write_all());
  } else if (first_ <= report_.version) {
    TARN_CO_CHECK_OK(co_await announce());
    for (std::uint64_t version = first_; version <= report_.version; ++version) {
      TARN_CO_CHECK_OK(co_await write(version));
    }
  }
  TARN_CO_CHECK_OK(co_await publish());
  report_.steps = steps_.take();
  co_return std::move(report_);
}

Task<Result<DeltaExportReport>> Run::commit() {
  report_.reason = "of one commit";
  TARN_CO_TRY(std::string location, export_uri(spec_.source));
  location.append(spec_.descriptor.name);
  TARN_CO_TRY(DeltaLog log, co_await list_delta_log(ctx_, reader_, prefix_));
  TARN_CO_CHECK_OK(co_await prepare(std::move(log), std::move(location)));
  TARN_CO_CHECK_OK(co_await write_all());
  step(fmt::format("create or update table {}.{}: version {} of {}", catalog_.database(),
                   spec_.table, report_.version, location_));
  if (!spec_.dry_run) {
    if (spec_.before_table) {
      TARN_CO_CHECK_OK(co_await spec_.before_table());
    }
    Json input = with_repository(std::move(input_), spec_.source.repository_id);
    TARN_CO_TRY(const TableCatalog::Registered done,
                co_await catalog_.register_table(ctx_, std::move(input), std::nullopt));
    report_.table_created = done.created;
  }
  report_.steps = steps_.take();
  co_return std::move(report_);
}

}  // namespace

std::vector<std::string> describe(const DeltaExportReport& report, std::string_view name) {
  if (report.up_to_date) {
    return {fmt::format("{} is up to date", name)};
  }
  if (report.overtaken) {
    return {fmt::format("{} shows a later commit, and goes on to", name)};
  }
  return {fmt::format(
      "{}: {}, version {}; exported {}; {} versions{} written, {} objects looked up", name,
      report.table_created ? "created" : "updated", report.version,
      report.reason.empty() ? "what is new" : fmt::format("as a whole ({})", report.reason),
      report.written,
      report.checkpoint ? fmt::format(" and checkpoint {}", *report.checkpoint) : std::string(),
      report.objects)};
}

Result<Json> make_delta_input(Json columns, std::string name, std::string location,
                              Json user_input) {
  // What Spark writes for a table of a data source: formats that nobody uses, and the path.
  const Json storage = Json::object(
      {{"InputFormat", "org.apache.hadoop.mapred.SequenceFileInputFormat"},
       {"OutputFormat", "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"},
       {"SerdeInfo",
        Json::object(
            {{"SerializationLibrary", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
             {"Parameters", Json::object({{"path", location}, {"serialization.format", "1"}})}})}});
  const Json parameters = Json::object(
      {{"EXTERNAL", "TRUE"}, {"spark.sql.sources.provider", "delta"}, {"table_type", "DELTA"}});
  return make_native_input(std::move(columns), std::move(name), std::move(location), storage,
                           parameters, std::move(user_input));
}

Task<Result<void>> check_delta(Context ctx, ObjectReader& reader, TableDescriptor descriptor) {
  std::string prefix = table_prefix(descriptor);
  TARN_CO_CHECK_OK(co_await list_delta_log(std::move(ctx), reader, std::move(prefix)));
  co_return Result<void>();
}

Task<Result<DeltaExportReport>> export_delta(Context ctx, ObjectReader& reader,
                                             ChangeReader& changes, ManifestStore& store,
                                             TableCatalog& catalog, DeltaExport spec) {
  Run run(std::move(ctx), reader, store, catalog, std::move(spec));
  co_return co_await run.follow(changes, store);
}

Task<Result<DeltaExportReport>> export_delta_commit(Context ctx, ObjectReader& reader,
                                                    ManifestWriter& writer, TableCatalog& catalog,
                                                    DeltaExport spec) {
  Run run(std::move(ctx), reader, writer, catalog, std::move(spec));
  co_return co_await run.commit();
}

}  // namespace tarn::tables
