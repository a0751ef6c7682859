#include "tables/table_format.h"

#include "base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

struct Pair {
  std::string_view name;
  std::string_view value;
};

struct Format {
  std::string_view word;
  std::string_view serde;
  std::array<Pair, 2> serde_parameters;
  std::array<Pair, 3> parameters;
};

constexpr std::string_view kInput = "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat";
/// Nobody writes through it.
constexpr std::string_view kOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

constexpr std::array kFormats = std::to_array<Format>({
    {"csv",
     "org.apache.hadoop.hive.serde2.OpenCSVSerde",
     {{{"separatorChar", ","}, {"quoteChar", "\""}}},
     {{{"EXTERNAL", "TRUE"}, {"classification", "csv"}, {"skip.header.line.count", "1"}}}},
    {"tsv",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
     {{{"field.delim", "\t"}, {"serialization.format", "\t"}}},
     {{{"EXTERNAL", "TRUE"}, {"classification", "csv"}, {"skip.header.line.count", "1"}}}},
    {"text",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
     {},
     {{{"EXTERNAL", "TRUE"}, {"classification", "csv"}}}},
    {"json",
     "org.openx.data.jsonserde.JsonSerDe",
     {},
     {{{"EXTERNAL", "TRUE"}, {"classification", "json"}}}},
    {"parquet",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
     {{{"serialization.format", "1"}}},
     {{{"EXTERNAL", "TRUE"}, {"classification", "parquet"}}}},
    {"orc",
     "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
     {{{"serialization.format", "1"}}},
     {{{"EXTERNAL", "TRUE"}, {"classification", "orc"}}}},
    {"avro",
     "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
     {},
     {{{"EXTERNAL", "TRUE"}, {"classification", "avro"}}}},
});

template <std::size_t N>
Json object_of(const std::array<Pair, N>& pairs) {
  Json object = Json::object();
  for (const Pair& pair : pairs) {
    if (!pair.name.empty()) {
      object.set(pair.name, pair.value);
    }
  }
  return object;
}

}  // namespace

Result<Json> table_format(std::string_view word) {
  const auto* found = std::ranges::find(kFormats, word, &Format::word);
  if (found == kFormats.end()) {
    std::vector<std::string_view> words;
    for (const Format& format : kFormats) {
      words.push_back(format.word);
    }
    return Error::with_message(
        kInvalid, fmt::format("format `{}` is none of {}", word, fmt::join(words, ", ")));
  }
  Json serde = Json::object();
  serde.set("SerializationLibrary", found->serde);
  serde.set("Parameters", object_of(found->serde_parameters));
  Json storage = Json::object();
  storage.set("InputFormat", kInput).set("OutputFormat", kOutput);
  storage.set("SerdeInfo", std::move(serde));
  Json input = Json::object();
  input.set("StorageDescriptor", std::move(storage));
  input.set("Parameters", object_of(found->parameters));
  return input;
}

Json merge_json(Json base, const Json& over) {
  if (!base.is_object() || !over.is_object()) {
    return over;
  }
  for (const Json::Member& member : over.members()) {
    const Json* there = base.find(member.key);
    base.set(member.key, there == nullptr ? member.value : merge_json(*there, member.value));
  }
  return base;
}

}  // namespace tarn::tables
