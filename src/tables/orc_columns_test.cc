#include "tables/orc_columns.h"

#include "runtime/testing/run.h"
#include "tables/hive_types.h"
#include "tables/orc.pb.h"
#include "tables/table_sample.h"
#include "tables/testing/fake_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

// testdata/orc.py wrote the files.

namespace tarn::tables {
namespace {

std::string file(std::string_view name) {
  std::ifstream in(fmt::format("{}/orc/{}.orc", TARN_TEST_DATA, name), std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The end of a file that is not compressed.
std::string end_of_file(const orc::Footer& footer) {
  std::string bytes = footer.SerializeAsString();
  orc::PostScript script;
  script.set_footer_length(bytes.size());
  script.set_magic("ORC");
  bytes += script.SerializeAsString();
  bytes.push_back(static_cast<char>(script.ByteSizeLong()));
  return bytes;
}

orc::Type& add_type(orc::Footer& footer, std::uint32_t kind) {
  orc::Type& type = *footer.add_types();
  type.set_kind(kind);
  return type;
}

/// A row of one column, of the types that follow.
orc::Footer one_column() {
  orc::Footer footer;
  orc::Type& row = add_type(footer, 12);
  row.add_subtypes(1);
  row.add_field_names("c");
  return footer;
}

std::string refusal(const orc::Footer& footer) {
  const auto columns = orc_columns(end_of_file(footer));
  return columns ? "read" : columns.error().message();
}

TEST(OrcColumns, OfEveryTypeAndCompression) {
  for (const std::string_view codec : {"uncompressed", "zlib", "snappy", "lz4", "zstd"}) {
    const auto fields = orc_columns(file(codec));
    ASSERT_TRUE(fields) << codec << ": " << fields.error().message();
    std::string text;
    for (const TableField& field : *fields) {
      text += field.name + " " + field.type + "\n";
      EXPECT_TRUE(map_hive_type(field.type)) << field.type;
    }
    EXPECT_EQ(text,
              "flag boolean\ntiny tinyint\nsmall smallint\nnumber int\nbig bigint\nratio float\n"
              "wide double\ntext string\nraw binary\nat timestamp\ninstant timestamp\nday date\n"
              "price decimal(9,2)\nlist array<bigint>\nmap map<string,struct<x:int>>\n"
              "nested struct<a:string,b:array<double>>\n")
        << codec;
  }
}

TEST(OrcColumns, OfTypesThatOnlyHiveWrites) {
  orc::Footer footer;
  orc::Type& row = add_type(footer, 12);
  const std::pair<std::string, std::uint32_t> columns[] = {
      {"v", 16}, {"c", 17}, {"d", 14}, {"u", 13}};
  for (const auto& [name, kind] : columns) {
    row.add_field_names(name);
    row.add_subtypes(static_cast<std::uint32_t>(footer.types_size()));
    orc::Type& type = add_type(footer, kind);
    type.set_maximum_length(7);
  }
  orc::Type& choice = *footer.mutable_types(4);
  choice.add_subtypes(5);
  choice.add_subtypes(6);
  add_type(footer, 3);
  add_type(footer, 7);
  const auto fields = orc_columns(end_of_file(footer));
  ASSERT_TRUE(fields) << fields.error().message();
  std::string text;
  for (const TableField& field : *fields) {
    text += field.name + " " + field.type + "\n";
  }
  EXPECT_EQ(text, "v varchar(7)\nc char(7)\nd decimal(38,18)\nu uniontype<int,string>\n");
}

TEST(OrcColumns, SayWhyThereAreNone) {
  EXPECT_EQ(orc_columns("").error().message(), "invalid ORC file: it is empty");
  EXPECT_EQ(orc_columns("id,name\n").error().message(), "invalid ORC file: it does not end as one");
  EXPECT_EQ(orc_columns(file("nameless")).error().message(),
            "invalid ORC file: its columns have no names, as in files of old versions of Hive");
  EXPECT_EQ(refusal({}), "invalid ORC file: there are no columns");
  orc::Footer footer = one_column();
  EXPECT_EQ(refusal(footer), "invalid ORC file: its columns are no tree");
  add_type(footer, 99);
  EXPECT_EQ(refusal(footer), "invalid ORC file: a column of type 99, which is unknown");
  footer.mutable_types(1)->set_kind(11);
  footer.mutable_types(1)->add_subtypes(1);
  EXPECT_EQ(refusal(footer), "invalid ORC file: a column of type map with 1 parts");
  footer.mutable_types(1)->set_kind(10);
  EXPECT_EQ(refusal(footer), "invalid ORC file: its columns are no tree") << "it holds itself";
  footer.mutable_types(1)->set_kind(12);
  EXPECT_EQ(refusal(footer), "invalid ORC file: a column without a name");

  const std::string whole = file("zlib");
  orc::PostScript script;
  script.set_magic("ORC");
  script.set_footer_length(4);
  script.set_compression(3);
  std::string lzo = "1234" + script.SerializeAsString();
  lzo.push_back(static_cast<char>(script.ByteSizeLong()));
  EXPECT_EQ(orc_columns(lzo).error().message(),
            "invalid ORC file: its compression 3 (LZO) is not read");
  script.set_compression(1);
  script.set_compression_block_size(1024);
  std::string cut = "1234" + script.SerializeAsString();
  cut.push_back(static_cast<char>(script.ByteSizeLong()));
  EXPECT_EQ(orc_columns(cut).error().message(), "invalid ORC file: its footer is cut off");
}

/// Types that name others again and again would become longer than memory.
TEST(OrcColumns, AreOfBoundedLength) {
  orc::Footer footer = one_column();
  constexpr std::uint32_t kLevels = 40;
  for (std::uint32_t level = 1; level <= kLevels; ++level) {
    orc::Type& type = add_type(footer, 12);
    for (const char* name : {"a", "b"}) {
      type.add_field_names(name);
      type.add_subtypes(level + 1);
    }
  }
  add_type(footer, 3);
  EXPECT_EQ(refusal(footer), "invalid ORC file: a type of more than 131072 bytes");

  footer = one_column();
  for (std::uint32_t level = 1; level <= 100; ++level) {
    add_type(footer, 10).add_subtypes(level + 1);
  }
  add_type(footer, 3);
  EXPECT_EQ(refusal(footer), "invalid ORC file: columns are nested too deep");

  footer = one_column();
  orc::Type& wide = add_type(footer, 12);
  wide.add_field_names(std::string(100 * kKiB, 'x'));
  wide.add_subtypes(2);
  add_type(footer, 3);
  for (int i = 0; i < 50; ++i) {
    footer.mutable_types(0)->add_subtypes(1);
    footer.mutable_types(0)->add_field_names("c");
  }
  EXPECT_EQ(refusal(footer), "invalid ORC file: types of more than 4 MiB");
}

/// Cut anywhere, or with any byte turned round, it is read or refused, and no more.
TEST(OrcColumns, RefuseWhatIsBroken) {
  for (const std::string_view codec : {"uncompressed", "zlib", "lz4"}) {
    const std::string whole = file(codec);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(orc_columns(ByteView(whole).substr(0, size)));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string broken = whole;
      broken[at] = static_cast<char>(~broken[at]);
      (void)orc_columns(broken);
    }
  }
}

TEST(OrcColumns, AreFoundAtTheEndOfAFile) {
  testing::FakeReader reader;
  const PartitionLayout layout("t", {});
  reader.set_content("t/a.orc", std::string(200 * kKiB, 'x') + file("zlib"));
  auto sample = tarn::testing::run(sample_table({}, reader, layout, "orc"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->fields.size(), 16U);
  // More than what is read at first.
  orc::Footer footer;
  orc::Type& row = add_type(footer, 12);
  constexpr std::uint32_t kColumns = 5000;
  for (std::uint32_t i = 1; i <= kColumns; ++i) {
    row.add_subtypes(i);
    row.add_field_names(fmt::format("a_rather_long_name_{:06}", i));
    add_type(footer, 4);
  }
  ASSERT_GT(footer.ByteSizeLong(), 100 * kKiB);
  reader.set_content("t/a.orc", std::string(200 * kKiB, 'x') + end_of_file(footer));
  sample = tarn::testing::run(sample_table({}, reader, layout, "orc"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->fields.size(), kColumns);
  reader.set_content("t/a.orc", "a,b\n");
  sample = tarn::testing::run(sample_table({}, reader, layout, "orc"));
  ASSERT_FALSE(sample);
  EXPECT_EQ(sample.error().message(), "t/a.orc: invalid ORC file: it does not end as one");
}

}  // namespace
}  // namespace tarn::tables
