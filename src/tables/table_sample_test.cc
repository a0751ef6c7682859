#include "tables/table_sample.h"

#include "runtime/testing/run.h"
#include "tables/testing/fake_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace tarn::tables {
namespace {

using tarn::testing::run;

TEST(TableSample, IsOfTheFirstFileThatHoldsSomething) {
  testing::FakeReader reader;
  const PartitionLayout layout("t", {"day"});
  EXPECT_FALSE(run(sample_table({}, reader, layout, "csv")).value());
  reader.add("t/day=1/_hidden", 10);
  reader.add("t/day=1/a.csv", 0);
  reader.add("t/stray.csv", 10);
  EXPECT_FALSE(run(sample_table({}, reader, layout, "csv")).value());
  reader.set_content("t/day=2/b.csv", "id,Day,name\n1,x,Tom\n");
  reader.set_content("t/day=3/c.csv", "other\n1\n");
  const auto sample = run(sample_table({}, reader, layout, "csv"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->path, "t/day=2/b.csv");
  EXPECT_TRUE((*sample)->by_position);

  TableDescriptor descriptor;
  descriptor.partition_columns = {"day"};
  adopt_sample(descriptor, **sample);
  std::string fields;
  for (const TableField& field : descriptor.fields) {
    fields += field.name + " " + field.type + "; ";
  }
  EXPECT_EQ(fields, "day string; id bigint; name string; ");
}

TEST(TableSample, ALongFileIsLookedAtInPart) {
  testing::FakeReader reader;
  std::string text = "{\"a\":1}\n";
  while (text.size() < 400 * kKiB) {
    text += "{\"a\":2}\n";
  }
  text += "not JSON\n";
  reader.set_content("t/a.json", text);
  const auto sample = run(sample_table({}, reader, PartitionLayout("t", {}), "json"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->fields.size(), 1U);
}

TEST(TableSample, NamesTheFileThatCannotBeRead) {
  const auto message = [](const std::string& path, const std::string& content) {
    testing::FakeReader reader;
    reader.set_content(path, content);
    const auto sample = run(sample_table({}, reader, PartitionLayout("t", {}), "json"));
    return sample ? std::string("read") : sample.error().message();
  };
  EXPECT_EQ(message("t/a.json", "x\n"), "t/a.json: its line 1 is no JSON object");
  EXPECT_EQ(message("t/a.json.gz", "x\n"), "t/a.json.gz: columns of compressed files are not seen");
  EXPECT_FALSE(can_be_sampled("text"));
  EXPECT_TRUE(can_be_sampled("json"));
}

}  // namespace
}  // namespace tarn::tables
