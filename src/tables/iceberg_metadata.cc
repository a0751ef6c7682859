#include "tables/iceberg_metadata.h"

#include "tables/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::int64_t kFormatMax = 3;
/// What engines ask before they remove files that a table needs no longer, or that of a dropped one
/// (https://iceberg.apache.org/docs/latest/configuration/#table-behavior-properties).
constexpr std::string_view kGcEnabled = "gc.enabled";

class Reader {
 public:
  Reader(const Json& document, std::string_view file) : document_(document), file_(file) {}

  Result<IcebergMetadata> read();

 private:
  Error bad(std::string_view what) const {
    return Error::with_message(kBadIceberg, fmt::format("{}: {}", file_, what));
  }
  const Json::Array& list(std::string_view member) const {
    static const Json::Array kNone;
    const Json* found = document_.find(member);
    return found == nullptr ? kNone : found->items();
  }
  Result<Json> columns() const;
  Result<void> add_columns(const Json& schema, bool current, Json& to,
                           std::set<std::string>& names) const;
  Result<std::vector<IcebergSnapshot>> snapshots(std::optional<std::int64_t> current) const;

  const Json& document_;
  std::string_view file_;
};

Result<void> Reader::add_columns(const Json& schema, bool current, Json& to,
                                 std::set<std::string>& names) const {
  const Json* fields = schema.find("fields");
  if (fields == nullptr || !fields->is_array()) {
    return bad("a schema without fields");
  }
  for (const Json& field : fields->items()) {
    std::string name = field.string_or("name", "");
    const Json* type = field.find("type");
    if (name.empty() || type == nullptr) {
      return bad("a field without a name or a type");
    }
    if (!names.insert(name).second) {
      continue;
    }
    Result<std::string> hive = iceberg_hive_type(*type);
    if (!hive) {
      return bad(fmt::format("field `{}`: {}", name, hive.error().message()));
    }
    Json column = Json::object();
    if (std::string comment = field.string_or("doc", ""); !comment.empty()) {
      column.set("Comment", std::move(comment));
    }
    column.set("Name", std::move(name));
    column.set("Parameters",
               Json::object({{"iceberg.field.current", current ? "true" : "false"},
                             {"iceberg.field.id", std::to_string(field.int_or("id", -1))},
                             {"iceberg.field.optional",
                              field.bool_or("required", false) ? "false" : "true"}}));
    column.set("Type", *std::move(hive));
    to.push_back(std::move(column));
  }
  return {};
}

Result<Json> Reader::columns() const {
  Json columns = Json::array();
  std::set<std::string> names;
  const std::int64_t current = document_.int_or("current-schema-id", 0);
  const Json::Array& schemas = list("schemas");
  const auto is_current = [current](const Json& schema) {
    return schema.int_or("schema-id", 0) == current;
  };
  const auto found = std::ranges::find_if(schemas, is_current);
  const Json* schema = found == schemas.end() ? document_.find("schema") : &*found;
  if (schema == nullptr) {
    return bad("it has no current schema");
  }
  TARN_CHECK_OK(add_columns(*schema, true, columns, names));
  for (const Json& other : schemas) {
    if (!is_current(other)) {
      TARN_CHECK_OK(add_columns(other, false, columns, names));
    }
  }
  return columns;
}

Result<std::vector<IcebergSnapshot>> Reader::snapshots(std::optional<std::int64_t> current) const {
  std::set<std::int64_t> needed;
  if (current) {
    needed.insert(*current);
  }
  if (const Json* refs = document_.find("refs")) {
    for (const Json::Member& ref : refs->members()) {
      needed.insert(ref.value.int_or("snapshot-id", -1));
    }
  }
  std::vector<IcebergSnapshot> snapshots;
  for (const Json& item : list("snapshots")) {
    IcebergSnapshot snapshot;
    Result<std::int64_t> id = item.get_int("snapshot-id");
    if (!id) {
      return bad(fmt::format("a snapshot: {}", id.error().message()));
    }
    snapshot.id = *id;
    snapshot.manifest_list = item.string_or("manifest-list", "");
    if (const Json* manifests = item.find("manifests")) {
      for (const Json& manifest : manifests->items()) {
        if (manifest.is_string()) {
          snapshot.manifests.push_back(*manifest.as_string());
        }
      }
    } else if (snapshot.manifest_list.empty()) {
      return bad(fmt::format("snapshot {} names no manifests", snapshot.id));
    }
    snapshot.needed = needed.contains(snapshot.id);
    snapshots.push_back(std::move(snapshot));
  }
  const bool there = !current || std::ranges::any_of(snapshots, [&current](const auto& each) {
    return each.id == *current;
  });
  if (!there) {
    return bad(fmt::format("its current snapshot {} is missing", *current));
  }
  return snapshots;
}

Result<IcebergMetadata> Reader::read() {
  IcebergMetadata metadata;
  metadata.format_version = document_.int_or("format-version", 0);
  if (metadata.format_version < 1 || metadata.format_version > kFormatMax) {
    return bad(
        fmt::format("format version {} is none of 1 to {}", metadata.format_version, kFormatMax));
  }
  metadata.location = document_.string_or("location", "");
  while (metadata.location.ends_with('/')) {
    metadata.location.pop_back();
  }
  if (metadata.location.empty()) {
    return bad("it has no location");
  }
  metadata.last_updated_ms = document_.int_or("last-updated-ms", 0);
  // -1 says the same as null.
  if (const std::int64_t current = document_.int_or("current-snapshot-id", -1); current != -1) {
    metadata.current_snapshot = current;
  }
  TARN_TRY(metadata.columns, columns());
  TARN_TRY(metadata.snapshots, snapshots(metadata.current_snapshot));
  for (const std::string_view member : {"statistics", "partition-statistics"}) {
    for (const Json& item : list(member)) {
      if (std::string path = item.string_or("statistics-path", ""); !path.empty()) {
        metadata.statistics.push_back(std::move(path));
      }
    }
  }
  return metadata;
}

/// Collects the edits of a document, in their order.
class Rewriter {
 public:
  Rewriter(std::string_view json, const AddressMap& addresses)
      : text_(json), addresses_(addresses) {}

  std::vector<TextEdit> edits(std::string_view location);

 private:
  void replace(TextSpan at, std::string_view address) {
    TextEdit edit{.at = at, .text = {}};
    append_json_string(edit.text, address);
    edits_.push_back(std::move(edit));
  }
  void map(TextSpan at) {
    if (const std::optional<std::string> before = text_.string_at(at)) {
      if (const std::optional<std::string> after = addresses_(*before)) {
        replace(at, *after);
      }
    }
  }
  /// The files are objects of the repository, which no engine may remove.
  void keep_files(TextSpan properties) {
    if (!text_.is_object(properties)) {
      edits_.push_back({.at = properties, .text = fmt::format(R"({{"{}":"false"}})", kGcEnabled)});
      return;
    }
    bool named = false;
    bool empty = true;
    (void)text_.members(properties.begin,
                        [&](std::string_view key, TextSpan value) -> Result<void> {
                          empty = false;
                          if (key == kGcEnabled) {
                            named = true;
                            replace(value, "false");
                          }
                          return {};
                        });
    if (!named) {
      const std::size_t at = properties.begin + 1;
      edits_.push_back(
          {.at = {at, at}, .text = fmt::format(R"("{}":"false"{})", kGcEnabled, empty ? "" : ",")});
    }
  }
  /// Calls `visit` for members of each object of a list.
  void each_object(TextSpan list, const std::function<void(std::string_view, TextSpan)>& visit) {
    if (!text_.is_array(list)) {
      return;
    }
    (void)text_.items(list.begin, [&](TextSpan item) -> Result<void> {
      if (!text_.is_object(item)) {
        return {};
      }
      return text_.members(item.begin, [&](std::string_view key, TextSpan value) -> Result<void> {
        visit(key, value);
        return {};
      });
    });
  }

  JsonText text_;
  const AddressMap& addresses_;
  std::vector<TextEdit> edits_;
};

std::vector<TextEdit> Rewriter::edits(std::string_view location) {
  bool has_properties = false;
  (void)text_.members(text_.first(), [&](std::string_view key, TextSpan value) -> Result<void> {
    if (key == "location") {
      replace(value, location);
    } else if (key == "properties") {
      has_properties = true;
      keep_files(value);
    } else if (key == "metadata-log") {
      edits_.push_back({.at = value, .text = "[]"});
    } else if (key == "snapshots") {
      each_object(value, [this](std::string_view member, TextSpan at) {
        if (member == "manifest-list") {
          map(at);
        } else if (member == "manifests" && text_.is_array(at)) {
          (void)text_.items(at.begin, [this](TextSpan manifest) -> Result<void> {
            map(manifest);
            return {};
          });
        }
      });
    } else if (key == "statistics" || key == "partition-statistics") {
      each_object(value, [this](std::string_view member, TextSpan at) {
        if (member == "statistics-path") {
          map(at);
        }
      });
    }
    return {};
  });
  if (!has_properties) {
    const std::size_t at = text_.first() + 1;
    TextEdit edit{.at = {at, at},
                  .text = fmt::format(R"("properties":{{"{}":"false"}},)", kGcEnabled)};
    edits_.insert(edits_.begin(), std::move(edit));
  }
  return std::move(edits_);
}

}  // namespace

Result<IcebergMetadata> parse_iceberg_metadata(std::string_view json, std::string_view file) {
  const Result<Json> document = parse_json(json);
  if (!document) {
    return Error::with_message(kBadIceberg,
                               fmt::format("{}: {}", file, document.error().message()));
  }
  if (!document->is_object()) {
    return Error::with_message(kBadIceberg, fmt::format("{}: it is no JSON object", file));
  }
  return Reader(*document, file).read();
}

std::string rewrite_iceberg_metadata(std::string_view json, std::string_view location,
                                     const AddressMap& addresses) {
  return rewrite_json(json, Rewriter(json, addresses).edits(location));
}

}  // namespace tarn::tables
