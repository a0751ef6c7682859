#include "tables/delta_checkpoint.h"

#include "base/encoding.h"
#include "base/json.h"

#include <fmt/format.h>

namespace tarn::tables {
namespace {

using Field = RecordField;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

Field texts(std::string name) { return Field::map(std::move(name), Field::text("value")); }
Field words(std::string name) { return Field::list(std::move(name), Field::text("element")); }

Field deletion_vector() {
  return Field::group("deletionVector", {Field::text("storageType"), Field::text("pathOrInlineDv"),
                                         Field::integer("offset"), Field::integer("sizeInBytes"),
                                         Field::big_integer("cardinality")});
}

/// What the protocol says of each action, in the words that it has in JSON.
std::vector<Field> actions() {
  return {
      Field::group("txn", {Field::text("appId"), Field::big_integer("version"),
                           Field::big_integer("lastUpdated")}),
      Field::group(
          "add",
          {Field::text("path"), texts("partitionValues"), Field::big_integer("size"),
           Field::big_integer("modificationTime"), Field::flag("dataChange"), Field::text("stats"),
           texts("tags"), deletion_vector(), Field::big_integer("baseRowId"),
           Field::big_integer("defaultRowCommitVersion"), Field::text("clusteringProvider")}),
      Field::group(
          "remove",
          {Field::text("path"), Field::big_integer("deletionTimestamp"), Field::flag("dataChange"),
           Field::flag("extendedFileMetadata"), texts("partitionValues"),
           Field::big_integer("size"), Field::text("stats"), texts("tags"), deletion_vector(),
           Field::big_integer("baseRowId"), Field::big_integer("defaultRowCommitVersion")}),
      Field::group("metaData", {Field::text("id"), Field::text("name"), Field::text("description"),
                                Field::group("format", {Field::text("provider"), texts("options")}),
                                Field::text("schemaString"), words("partitionColumns"),
                                Field::big_integer("createdTime"), texts("configuration")}),
      Field::group("protocol",
                   {Field::integer("minReaderVersion"), Field::integer("minWriterVersion"),
                    words("readerFeatures"), words("writerFeatures")}),
      Field::group("domainMetadata",
                   {Field::text("domain"), Field::text("configuration"), Field::flag("removed")}),
  };
}

Field all_columns() {
  std::vector<Field> columns = actions();
  columns.push_back(Field::group("sidecar", {Field::text("path"), Field::big_integer("sizeInBytes"),
                                             Field::big_integer("modificationTime")}));
  columns.push_back(Field::group("checkpointMetadata", {Field::big_integer("version")}));
  return Field::group("", std::move(columns));
}

/// A row without an action of a kind that is read.
constexpr std::string_view kNothing = "{}";

}  // namespace

const RecordField& delta_checkpoint_schema() {
  static const RecordField kSchema = all_columns();
  return kSchema;
}

Result<DeltaCheckpointReader> DeltaCheckpointReader::open(Bytes parquet, ParquetLimits limits) {
  auto source = std::make_unique<Source>();
  source->bytes = std::move(parquet);
  TARN_TRY(source->file, parse_parquet_file(source->bytes));
  TARN_TRY(ParquetRecords records,
           ParquetRecords::open(source->file, delta_checkpoint_schema(), limits));
  return DeltaCheckpointReader(std::move(source), std::move(records));
}

Result<bool> DeltaCheckpointReader::next(Bytes& lines, std::size_t size_bytes) {
  bool any = false;
  while (!any || lines.size() < size_bytes) {
    const std::size_t before = lines.size();
    TARN_TRY(const bool more, records_.next(lines));
    if (!more) {
      return any;
    }
    any = true;
    if (std::string_view(lines).substr(before) == kNothing) {
      lines.resize(before);
    } else {
      lines.push_back('\n');
    }
  }
  return true;
}

Result<Bytes> take_sidecars(Bytes lines, std::vector<std::string>& sidecars) {
  constexpr std::size_t kSidecarsMax = 10'000;
  constexpr std::string_view kSidecar = "\"sidecar\"";
  constexpr std::string_view kMetadata = "\"checkpointMetadata\"";
  if (lines.find(kSidecar) == Bytes::npos && lines.find(kMetadata) == Bytes::npos) {
    return lines;
  }
  Bytes kept;
  TARN_CHECK_OK(each_delta_line(lines, [&](std::string_view line) -> Result<void> {
    if (line.find(kSidecar) == std::string_view::npos &&
        line.find(kMetadata) == std::string_view::npos) {
      kept.append(line).push_back('\n');
      return {};
    }
    TARN_TRY(const Json action, parse_json(line));
    const Json* sidecar = action.find("sidecar");
    if (sidecar == nullptr && action.find("checkpointMetadata") == nullptr) {
      kept.append(line).push_back('\n');
      return {};
    }
    if (sidecar == nullptr) {
      return {};
    }
    Result<std::string> name = percent_decode(sidecar->string_or("path", ""));
    if (!name || name->empty() || name->find('/') != std::string::npos) {
      return bad(fmt::format("its sidecar `{}` is no file of _delta_log/_sidecars",
                             sidecar->string_or("path", "")));
    }
    sidecars.push_back(*std::move(name));
    return sidecars.size() <= kSidecarsMax
               ? Result<void>()
               : bad(fmt::format("it has more than {} sidecars", kSidecarsMax));
  }));
  return kept;
}

const RecordField& DeltaCheckpointWriter::schema() {
  static const RecordField kSchema = Field::group("", actions());
  return kSchema;
}

Result<void> DeltaCheckpointWriter::add(std::string_view lines) {
  return each_delta_line(lines, [this](std::string_view line) -> Result<void> {
    TARN_TRY(const Json action, parse_json(line));
    bool known = false;
    for (const RecordField& column : schema().parts) {
      const Json* found = action.find(column.name);
      known = known || (found != nullptr && !found->is_null());
    }
    if (!known) {
      return {};
    }
    const Json* added = action.find("add");
    added_files_ += added != nullptr && !added->is_null() ? 1 : 0;
    return records_.add(action);
  });
}

DeltaCheckpointWriter::Made DeltaCheckpointWriter::finish(std::uint64_t version) {
  const std::uint64_t rows = records_.rows();
  Made made{.parquet = records_.finish(), .hint = {}};
  JsonWriter hint(made.hint);
  hint.begin_object().member("version", version).member("size", rows);
  hint.member("sizeInBytes", made.parquet.size()).member("numOfAddFiles", added_files_);
  hint.end_object();
  return made;
}

}  // namespace tarn::tables
