#include "tables/parquet_records_writer.h"

#include "tables/parquet_column_buffer.h"
#include "tables/parquet_file.h"
#include "tables/thrift_compact_writer.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Structures and numbers are those of
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

namespace tarn::tables {
namespace {

using Kind = RecordField::Kind;

constexpr std::size_t kGroupBytesMax = 8 * kMiB;
/// How often the size of a group is added up, in rows.
constexpr std::size_t kCheckRows = 256;
constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kCreatedBy = "tarn version 1";

// ConvertedType.
constexpr std::int64_t kUtf8 = 0;
constexpr std::int64_t kMap = 1;
constexpr std::int64_t kList = 3;

std::optional<std::int64_t> converted_type(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return kUtf8;
    case Kind::kMap:
      return kMap;
    case Kind::kList:
      return kList;
    default:
      return std::nullopt;
  }
}

/// The member of the union LogicalType; none of its members has members.
std::optional<std::int64_t> logical_type(Kind kind) {
  const std::optional<std::int64_t> converted = converted_type(kind);
  return converted ? std::optional(kind == Kind::kText  ? 1
                                   : kind == Kind::kMap ? 2
                                                        : 3)
                   : std::nullopt;
}

ParquetType stored_type(Kind kind) {
  switch (kind) {
    case Kind::kFlag:
      return ParquetType::kBoolean;
    case Kind::kInt:
      return ParquetType::kInt32;
    case Kind::kLong:
      return ParquetType::kInt64;
    default:
      return ParquetType::kBytes;
  }
}

/// A SchemaElement.
struct Element {
  std::string_view name;
  ParquetRepetition repetition = ParquetRepetition::kOptional;
  /// Nothing for groups that are only there to repeat, and the root.
  std::optional<Kind> kind = {};
  std::size_t children = 0;

  void write(CompactWriter& out) const {
    out.begin_struct();
    if (children == 0) {
      out.i32(1, static_cast<std::int64_t>(stored_type(*kind)));
    }
    out.i32(3, static_cast<std::int64_t>(repetition));
    out.text(4, name);
    if (children > 0) {
      out.i32(5, static_cast<std::int64_t>(children));
    }
    if (kind && converted_type(*kind)) {
      out.i32(6, *converted_type(*kind));
      out.begin_struct(10);
      out.begin_struct(*logical_type(*kind));
      out.end_struct();
      out.end_struct();
    }
    out.end_struct();
  }
};

/// A part of the schema, and where its values go.
struct Node {
  const RecordField* field = nullptr;
  /// At which it is there; an element of it is at the next one.
  unsigned definition = 0;
  /// At which another element begins.
  unsigned element_repeats = 0;
  /// Of a value; of the keys of a map.
  std::size_t column = 0;
  std::vector<Node> parts = {};
};

/// Where a part is.
struct Place {
  unsigned definition = 0;
  unsigned repeats = 0;
  std::vector<std::string> path = {};

  Place below(std::string_view name, unsigned definitions, unsigned repetitions) const {
    Place made{definition + definitions, repeats + repetitions, path};
    made.path.emplace_back(name);
    return made;
  }
};

}  // namespace

class ParquetRecordsWriter::Impl {
 public:
  explicit Impl(const RecordField& schema) : file_(kMagic) {
    elements_.push_back({.name = "schema",
                         .repetition = ParquetRepetition::kRequired,
                         .children = schema.parts.size()});
    root_.field = &schema;
    for (const RecordField& part : schema.parts) {
      root_.parts.push_back(make(part, part.name, {}));
    }
  }

  Result<void> add(const Json& record) {
    TARN_CHECK_OK(add_value(root_, record, 0));
    ++rows_;
    ++group_rows_;
    if (group_rows_ % kCheckRows == 0 && group_bytes() >= kGroupBytesMax) {
      flush();
    }
    return {};
  }
  std::uint64_t rows() const { return rows_; }
  Bytes finish();

 private:
  struct Group {
    std::size_t rows = 0;
    std::vector<ParquetColumnBuffer::Chunk> chunks = {};
  };

  /// Of an optional part in what is at `at`.
  Node make(const RecordField& field, std::string_view name, const Place& at);
  std::size_t make_column(Kind kind, Place at);

  Error wrong(const Node& node) const;
  /// Null is what is not there.
  Result<void> add_value(const Node& node, const Json& value, unsigned repetition);
  Result<void> add_elements(const Node& node, const Json& value, unsigned repetition);
  Result<void> add_scalar(const Node& node, const Json& value, unsigned repetition);
  /// `definition` is that of what is there.
  void add_absent(const Node& node, unsigned repetition, unsigned definition);
  std::size_t group_bytes() const;
  void flush();

  Node root_;
  Bytes file_;
  std::vector<ParquetColumnBuffer> columns_;
  std::vector<Element> elements_;
  std::vector<Group> groups_;
  std::uint64_t rows_ = 0;
  std::size_t group_rows_ = 0;
};

std::size_t ParquetRecordsWriter::Impl::make_column(Kind kind, Place at) {
  columns_.emplace_back(std::move(at.path), stored_type(kind), at.definition, at.repeats);
  return columns_.size() - 1;
}

Node ParquetRecordsWriter::Impl::make(const RecordField& field, std::string_view name,
                                      const Place& at) {
  const Place here = at.below(name, 1, 0);
  Node node{.field = &field, .definition = here.definition};
  Element element{.name = name, .kind = field.kind};
  switch (field.kind) {
    case Kind::kGroup:
      element.children = field.parts.size();
      elements_.push_back(element);
      for (const RecordField& part : field.parts) {
        node.parts.push_back(make(part, part.name, here));
      }
      return node;
    case Kind::kMap: {
      element.children = 1;
      elements_.push_back(element);
      elements_.push_back(
          {.name = "key_value", .repetition = ParquetRepetition::kRepeated, .children = 2});
      const Place pair = here.below("key_value", 1, 1);
      elements_.push_back(
          {.name = "key", .repetition = ParquetRepetition::kRequired, .kind = Kind::kText});
      node.column = make_column(Kind::kText, pair.below("key", 0, 0));
      node.element_repeats = pair.repeats;
      node.parts.push_back(make(field.parts[0], "value", pair));
      return node;
    }
    case Kind::kList: {
      element.children = 1;
      elements_.push_back(element);
      elements_.push_back(
          {.name = "list", .repetition = ParquetRepetition::kRepeated, .children = 1});
      const Place item = here.below("list", 1, 1);
      node.element_repeats = item.repeats;
      node.parts.push_back(make(field.parts[0], "element", item));
      return node;
    }
    default:
      elements_.push_back(element);
      node.column = make_column(field.kind, here);
      return node;
  }
}

Error ParquetRecordsWriter::Impl::wrong(const Node& node) const {
  return Error::with_message(kBadParquet,
                             fmt::format("`{}` is not what it should be", node.field->name));
}

void ParquetRecordsWriter::Impl::add_absent(const Node& node, unsigned repetition,
                                            unsigned definition) {
  if (node.field->kind != Kind::kGroup && node.field->kind != Kind::kList) {
    columns_[node.column].add_absent(repetition, definition);
  }
  for (const Node& part : node.parts) {
    add_absent(part, repetition, definition);
  }
}

Result<void> ParquetRecordsWriter::Impl::add_scalar(const Node& node, const Json& value,
                                                    unsigned repetition) {
  ParquetColumnBuffer& column = columns_[node.column];
  if (node.field->kind == Kind::kText) {
    if (!value.is_string()) {
      return wrong(node);
    }
    column.add_text(repetition, *value.as_string());
    return {};
  }
  if (node.field->kind == Kind::kFlag) {
    const std::optional<bool> flag = value.as_bool();
    if (!flag) {
      return wrong(node);
    }
    column.add_number(repetition, *flag ? 1 : 0);
    return {};
  }
  const std::optional<std::int64_t> number = value.as_int();
  if (!number ||
      (node.field->kind == Kind::kInt && *number != static_cast<std::int32_t>(*number))) {
    return wrong(node);
  }
  column.add_number(repetition, *number);
  return {};
}

Result<void> ParquetRecordsWriter::Impl::add_elements(const Node& node, const Json& value,
                                                      unsigned repetition) {
  const bool map = node.field->kind == Kind::kMap;
  if (map ? !value.is_object() : !value.is_array()) {
    return wrong(node);
  }
  if (value.size() == 0) {
    add_absent(node, repetition, node.definition);
    return {};
  }
  const auto add_one = [&](const Json& element) -> Result<void> {
    if (element.is_null()) {
      add_absent(node.parts[0], repetition, node.definition + 1);
    } else {
      TARN_CHECK_OK(add_value(node.parts[0], element, repetition));
    }
    repetition = node.element_repeats;
    return {};
  };
  for (const Json::Member& member : value.members()) {
    columns_[node.column].add_text(repetition, member.key);
    TARN_CHECK_OK(add_one(member.value));
  }
  for (const Json& item : value.items()) {
    TARN_CHECK_OK(add_one(item));
  }
  return {};
}

Result<void> ParquetRecordsWriter::Impl::add_value(const Node& node, const Json& value,
                                                   unsigned repetition) {
  switch (node.field->kind) {
    case Kind::kMap:
    case Kind::kList:
      return add_elements(node, value, repetition);
    case Kind::kGroup:
      break;
    default:
      return add_scalar(node, value, repetition);
  }
  if (!value.is_object()) {
    return wrong(node);
  }
  for (const Node& part : node.parts) {
    const Json* member = value.find(part.field->name);
    if (member == nullptr || member->is_null()) {
      add_absent(part, repetition, node.definition);
    } else {
      TARN_CHECK_OK(add_value(part, *member, repetition));
    }
  }
  return {};
}

std::size_t ParquetRecordsWriter::Impl::group_bytes() const {
  std::size_t bytes = 0;
  for (const ParquetColumnBuffer& column : columns_) {
    bytes += column.size_bytes();
  }
  return bytes;
}

void ParquetRecordsWriter::Impl::flush() {
  Group& group = groups_.emplace_back();
  group.rows = std::exchange(group_rows_, 0);
  for (ParquetColumnBuffer& column : columns_) {
    group.chunks.push_back(column.flush(file_));
  }
}

Bytes ParquetRecordsWriter::Impl::finish() {
  if (group_rows_ > 0) {
    flush();
  }
  CompactWriter out;
  out.i32(1, 1);
  out.begin_list(2, Wire::kStruct, elements_.size());
  for (const Element& element : elements_) {
    element.write(out);
  }
  out.i64(3, static_cast<std::int64_t>(rows_));
  out.begin_list(4, Wire::kStruct, groups_.size());
  for (const Group& group : groups_) {
    std::int64_t size_bytes = 0;
    std::int64_t stored_bytes = 0;
    out.begin_struct();
    out.begin_list(1, Wire::kStruct, columns_.size());
    for (std::size_t at = 0; at < columns_.size(); ++at) {
      columns_[at].describe(out, group.chunks[at]);
      size_bytes += group.chunks[at].size_bytes;
      stored_bytes += group.chunks[at].stored_bytes;
    }
    out.i64(2, size_bytes);
    out.i64(3, static_cast<std::int64_t>(group.rows));
    out.i64(5, group.chunks.front().offset);
    out.i64(6, stored_bytes);
    out.end_struct();
  }
  out.text(6, kCreatedBy);
  const Bytes metadata = out.finish();
  file_.append(metadata);
  append_little_endian(metadata.size(), 4, file_);
  file_.append(kMagic);
  return std::move(file_);
}

ParquetRecordsWriter::ParquetRecordsWriter(const RecordField& schema)
    : impl_(std::make_unique<Impl>(schema)) {}
ParquetRecordsWriter::~ParquetRecordsWriter() = default;
Result<void> ParquetRecordsWriter::add(const Json& record) { return impl_->add(record); }
std::uint64_t ParquetRecordsWriter::rows() const { return impl_->rows(); }
Bytes ParquetRecordsWriter::finish() { return impl_->finish(); }

}  // namespace tarn::tables
