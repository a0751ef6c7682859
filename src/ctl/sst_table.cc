#include "ctl/sst_table.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/time_text.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/proto_fields.h"
#include "sstable/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {
namespace {

using Cells = std::vector<std::string>;
using Pairs = std::map<std::string, std::string>;

/// A record: its key, the identity in its value, and the message in its value's data. Field
/// numbers are those of docs/formats/records.md.
struct Record {
  std::string_view key;
  std::string_view identity;
  ProtoFields data;
};

/// As Go prints a map.
std::string go_map(const Pairs& pairs) {
  std::string out = "map[";
  for (const auto& [key, value] : pairs) {
    out.append(fmt::format("{}{}:{}", out.size() > 4 ? " " : "", key, value));
  }
  return out + "]";
}

std::string json_map(const Pairs& pairs) {
  std::string out = "{";
  for (const auto& [key, value] : pairs) {
    if (out.size() > 1) {
      out += ',';
    }
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  return out + "}";
}

std::string json_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) {
      out += ',';
    }
    append_json_string(out, item);
  }
  return out + "]";
}

Result<Cells> range_cells(const Record& record) {
  const ProtoFields& range = record.data;
  return Cells{std::string(record.identity), std::string(range.bytes(1)),
               std::string(range.bytes(2)), fmt::format("{}", range.integer(4)),
               fmt::format("{}", range.varint(3))};
}

Result<Cells> entry_cells(const Record& record) {
  const ProtoFields& entry = record.data;
  TARN_TRY(const WallTime modified, entry.time(2));
  TARN_TRY(const Pairs metadata, entry.map(5));
  return Cells{std::string(record.key),
               hex_encode(record.identity),
               fmt::format("{}", entry.integer(3)),
               std::string(entry.bytes(4)),
               format_date(modified),
               std::string(entry.bytes(1)),
               go_map(metadata)};
}

Result<Cells> ref_cells(const Record& record) {
  return Cells{std::string(record.data.bytes(1)), std::string(record.data.bytes(2))};
}

Result<Cells> commit_cells(const Record& record) {
  const ProtoFields& commit = record.data;
  TARN_TRY(const WallTime created, commit.time(4));
  TARN_TRY(const Pairs metadata, commit.map(6));
  return Cells{std::string(commit.bytes(1)),
               std::string(commit.bytes(2)),
               std::string(commit.bytes(3)),
               format_rfc3339(created),
               json_map(metadata),
               json_list(commit.strings(7)),
               std::string(commit.bytes(5)),
               fmt::format("{}", static_cast<std::int32_t>(commit.varint(8))),
               fmt::format("{}", static_cast<std::int32_t>(commit.varint(9)))};
}

struct Kind {
  std::string_view type;
  /// The property `entity` of a range; only dumps have one.
  std::string_view entity;
  std::vector<std::string_view> columns;
  std::vector<std::size_t> right;
  Result<Cells> (*cells)(const Record& record);
};

const Kind kKinds[] = {
    {sstable::kTypeMetaRanges,
     "",
     {"range_id", "min_key", "max_key", "count", "estimated_size"},
     {},
     range_cells},
    {sstable::kTypeRanges,
     "",
     {"path", "identity", "size", "etag", "last_modified", "address", "metadata"},
     {},
     entry_cells},
    {sstable::kTypeRanges, "branch", {"branch ID", "commit ID"}, {}, ref_cells},
    {sstable::kTypeRanges, "tag", {"tag ID", "commit ID"}, {}, ref_cells},
    {sstable::kTypeRanges,
     "commit",
     {"commit ID", "committer", "message", "creation date", "metadata", "parents", "metarange ID",
      "version", "generation"},
     {7, 8},
     commit_cells},
};

Result<const Kind*> kind_of(const sstable::Properties& properties) {
  if (properties.type.empty()) {
    return failure("could not determine sstable file type");
  }
  const auto found = properties.all.find("entity");
  // A metarange lists ranges, whatever they hold.
  const bool lists_ranges = properties.type == sstable::kTypeMetaRanges;
  const std::string_view entity =
      lists_ranges || found == properties.all.end() ? std::string_view() : found->second;
  for (const Kind& kind : kKinds) {
    if (kind.type == properties.type && kind.entity == entity) {
      return &kind;
    }
  }
  return failure(fmt::format("unknown sstable file type: {}",
                             entity.empty() ? std::string_view(properties.type) : entity));
}

Result<Cells> cells_of(const Kind& kind, std::string_view key, const sstable::Value& value) {
  TARN_TRY(ProtoFields data, ProtoFields::parse(value.data));
  return kind.cells({.key = key, .identity = value.identity, .data = std::move(data)});
}

}  // namespace

Result<Table> read_sst(const sstable::Reader& reader, std::int64_t amount) {
  TARN_TRY(const Kind* kind, kind_of(reader.properties()));
  Table table(kind->columns);
  std::ranges::for_each(kind->right, [&](std::size_t column) { table.align_right(column); });
  sstable::Iterator it = reader.iterator();
  TARN_CHECK_OK(it.seek_first());
  for (std::int64_t done = 0; it.valid() && (amount < 0 || done < amount); ++done) {
    TARN_TRY(const sstable::Value value, sstable::decode_value(it.value()));
    Result<Cells> cells = cells_of(*kind, it.key(), value);
    if (!cells) {
      return failure(fmt::format("{}: {}", it.key(), cells.error().message()));
    }
    table.add(*std::move(cells));
    TARN_CHECK_OK(it.next());
  }
  return table;
}

}  // namespace tarn::ctl
