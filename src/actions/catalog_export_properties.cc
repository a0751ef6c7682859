#include "actions/catalog_export.h"
#include "actions/errors.h"
#include "base/time_text.h"
#include "tables/descriptor.h"
#include "tables/table_format.h"
#include "tables/table_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tarn::actions {
namespace {

constexpr std::chrono::hours kTimeoutMax(24);

Error wrong(std::string_view property, std::string_view what) {
  return Error(kInvalidAction, fmt::format("'{}' {}", property, what));
}

/// Takes properties by name, and knows which it was never asked about.
class Properties {
 public:
  Properties(const YamlNode& node, std::string prefix) : node_(node), prefix_(std::move(prefix)) {}

  std::string name(std::string_view key) const { return prefix_ + std::string(key); }
  const YamlNode* find(std::string_view key) {
    known_.emplace_back(key);
    const YamlNode* found = node_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  Result<void> text(std::string_view key, std::string& to) {
    const YamlNode* found = find(key);
    if (found == nullptr) {
      return {};
    }
    if (!found->is_scalar()) {
      return wrong(name(key), "should be a string");
    }
    to = found->text();
    return {};
  }
  Result<void> flag(std::string_view key, bool& to) {
    const YamlNode* found = find(key);
    if (found == nullptr) {
      return {};
    }
    const std::optional<bool> value = found->as_bool();
    if (!value) {
      return wrong(name(key), "should be true or false");
    }
    to = *value;
    return {};
  }
  /// A property that is misspelled would otherwise be one that is silently ignored.
  Result<void> refuse_others() const {
    for (const YamlNode::Field& field : node_.fields()) {
      if (std::ranges::find(known_, field.key) == known_.end()) {
        return wrong(name(field.key), "is no property of catalog_export");
      }
    }
    return {};
  }

 private:
  const YamlNode& node_;
  const std::string prefix_;
  std::vector<std::string> known_;
};

/// Numbers and booleans become the strings that Glue takes.
Json to_json(const YamlNode& node) {
  switch (node.kind()) {
    case YamlNode::Kind::kNull:
      return {};
    case YamlNode::Kind::kScalar:
      return node.text();
    case YamlNode::Kind::kSequence: {
      Json list = Json::array();
      for (const YamlNode& item : node.items()) {
        list.push_back(to_json(item));
      }
      return list;
    }
    case YamlNode::Kind::kMap: {
      Json object = Json::object();
      for (const YamlNode::Field& field : node.fields()) {
        object.set(field.key, to_json(field.value));
      }
      return object;
    }
  }
  return {};
}

Result<void> read_tables(Properties& properties, std::vector<std::string>& to) {
  const YamlNode* list = properties.find("tables");
  if (list == nullptr || !list->is_sequence() || list->items().empty()) {
    return wrong("tables", "should be a list of paths of table descriptors");
  }
  for (const YamlNode& item : list->items()) {
    if (!item.is_scalar() || item.text().empty()) {
      return wrong("tables", "should be a list of paths of table descriptors");
    }
    // A bare name is that of a file in the folder of descriptors.
    const bool bare = item.text().find('/') == std::string::npos;
    std::string path = bare ? std::string(tables::kDescriptorFolder) + item.text() : item.text();
    if (bare && !path.ends_with(".yaml")) {
      path.append(".yaml");
    }
    to.push_back(std::move(path));
  }
  return {};
}

/// `keep: {last: 5, days: 7}`.
Result<void> read_keep(Properties& properties, CatalogExport& to) {
  const YamlNode* node = properties.find("keep");
  if (node == nullptr) {
    return {};
  }
  constexpr std::int64_t kMax = 1'000'000;
  Properties keep(*node, "keep.");
  const auto number = [&keep](std::string_view key) -> Result<std::optional<std::int64_t>> {
    const YamlNode* found = keep.find(key);
    if (found == nullptr) {
      return std::optional<std::int64_t>();
    }
    const std::optional<std::int64_t> value = found->as_int();
    if (!value || *value < 0 || *value > kMax) {
      return wrong(keep.name(key), "should be a whole number, not negative");
    }
    return value;
  };
  TARN_TRY(const std::optional<std::int64_t> last, number("last"));
  TARN_TRY(const std::optional<std::int64_t> days, number("days"));
  TARN_CHECK_OK(keep.refuse_others());
  if (!node->is_map() || (!last && !days)) {
    return wrong("keep", "should be a map of 'last', 'days' or both");
  }
  if (last == 0) {
    return wrong("keep.last", "should be 1 or more");
  }
  if (last) {
    to.keep_last = static_cast<std::size_t>(*last);
  }
  if (days) {
    to.keep_for = std::chrono::hours(24) * *days;
  }
  return {};
}

Result<void> read_timeout(Properties& properties, CatalogExport& to) {
  std::string text;
  TARN_CHECK_OK(properties.text("timeout", text));
  if (text.empty()) {
    return {};
  }
  const Result<std::chrono::nanoseconds> timeout = parse_duration(text);
  if (!timeout || *timeout <= std::chrono::nanoseconds(0) || *timeout > kTimeoutMax) {
    return wrong("timeout", "should be a duration of up to 24h, like 30m");
  }
  to.timeout = *timeout;
  return {};
}

Result<void> read_aws(Properties& properties, ExportTargetSpec& to) {
  const YamlNode* node = properties.find("aws");
  if (node == nullptr) {
    return {};
  }
  if (!node->is_map()) {
    return wrong("aws", "should be a map");
  }
  Properties aws(*node, "aws.");
  TARN_CHECK_OK(aws.text("access_key_id", to.access_key_id));
  TARN_CHECK_OK(aws.text("secret_access_key", to.secret_access_key));
  TARN_CHECK_OK(aws.text("region", to.region));
  TARN_CHECK_OK(aws.text("s3_endpoint", to.s3_endpoint));
  TARN_CHECK_OK(aws.text("glue_endpoint", to.glue_endpoint));
  const bool has_role = aws.find("role_arn") != nullptr;
  TARN_CHECK_OK(aws.text("role_arn", to.role.arn));
  TARN_CHECK_OK(aws.text("external_id", to.role.external_id));
  TARN_CHECK_OK(aws.text("session_name", to.role.session_name));
  TARN_CHECK_OK(aws.refuse_others());
  const bool id = aws.find("access_key_id") != nullptr;
  const bool secret = aws.find("secret_access_key") != nullptr;
  // A key that is there but empty is a variable that is not set; it must not stand for the
  // server's own.
  if (id != secret || (id && (to.access_key_id.empty() || to.secret_access_key.empty()))) {
    return wrong("aws", "needs an access_key_id and a secret_access_key, or neither");
  }
  if (!has_role && !(to.role.external_id + to.role.session_name).empty()) {
    return wrong("aws", "has an external_id or a session_name, and no role_arn");
  }
  // As with keys: an empty one must not stand for the server itself.
  if (has_role) {
    if (const Result<void> role = aws::check_role(to.role); !role) {
      return wrong("aws.role_arn", ": " + role.error().message());
    }
  }
  return {};
}

Result<void> read_target(Properties& properties, ExportTargetSpec& to) {
  std::string catalog;
  TARN_CHECK_OK(properties.text("catalog", catalog));
  TARN_TRY(to.catalog, parse_catalog(catalog));
  TARN_CHECK_OK(properties.text("export_base_uri", to.base_uri));
  return read_aws(properties, to);
}

}  // namespace

Result<ExportTargetSpec> read_export_target(const YamlNode& node) {
  Properties properties(node, "");
  ExportTargetSpec target;
  TARN_CHECK_OK(read_target(properties, target));
  TARN_CHECK_OK(properties.refuse_others());
  return target;
}

Result<CatalogExport> read_catalog_export(const YamlNode& node) {
  Properties properties(node, "");
  CatalogExport job;
  TARN_CHECK_OK(read_tables(properties, job.tables));
  std::string mode = "ref";
  TARN_CHECK_OK(properties.text("mode", mode));
  if (mode != "ref" && mode != "commit") {
    return wrong("mode", "should be 'ref' or 'commit'");
  }
  job.mode = mode == "ref" ? CatalogExport::Mode::kRef : CatalogExport::Mode::kCommit;
  TARN_CHECK_OK(read_target(properties, job.target));
  job.database = "{repository}_{ref}";
  job.table = job.mode == CatalogExport::Mode::kRef ? "{table}" : "";
  TARN_CHECK_OK(properties.text("database", job.database));
  TARN_CHECK_OK(properties.text("table", job.table));
  // Patterns are checked before anything runs.
  const tables::ExportSource sample{
      .repository_id = "r", .ref = "b", .commit_id = "c", .base_uri = {}};
  TARN_CHECK_OK(tables::expand_name(job.database, "t", sample));
  if (!job.table.empty()) {
    TARN_CHECK_OK(tables::expand_name(job.table, "t", sample));
  }
  TARN_CHECK_OK(properties.text("format", job.format));
  const std::string& format = job.format;
  job.table_input = Json::object();
  job.table_input.set("StorageDescriptor", Json::object());
  if (!format.empty()) {
    Result<Json> input = tables::table_format(format);
    if (!input) {
      return Error(kInvalidAction, input.error().message());
    }
    job.table_input = *std::move(input);
  }
  const YamlNode* input = properties.find("table_input");
  if (input != nullptr) {
    if (!input->is_map()) {
      return wrong("table_input", "should be a map");
    }
    job.own_input = to_json(*input);
    job.table_input = tables::merge_json(std::move(job.table_input), job.own_input);
  }
  job.has_formats = !format.empty() || input != nullptr;
  TARN_CHECK_OK(properties.flag("dry_run", job.dry_run));
  TARN_CHECK_OK(properties.flag("full", job.full));
  TARN_CHECK_OK(properties.flag("check_data", job.check_data));
  if (job.check_data && !tables::can_be_sampled(format)) {
    return wrong("check_data", "works with the formats csv, tsv, json, parquet, orc and avro");
  }
  TARN_CHECK_OK(properties.flag("create_database", job.create_database));
  TARN_CHECK_OK(properties.flag("lake_formation", job.lake_formation));
  TARN_CHECK_OK(read_keep(properties, job));
  TARN_CHECK_OK(read_timeout(properties, job));
  TARN_CHECK_OK(properties.refuse_others());
  return job;
}

}  // namespace tarn::actions
