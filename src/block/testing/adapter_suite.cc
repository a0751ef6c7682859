#include "block/testing/adapter_suite.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "block/multipart_etag.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"

#include <algorithm>
#include <set>
#include <vector>

namespace tarn::block::testing {
namespace {

using tarn::testing::run;

char pattern_byte(std::uint64_t at) { return static_cast<char>((at * 31 + at / 977) & 0xff); }

class PatternSource final : public ByteSource {
 public:
  PatternSource(std::uint64_t size, std::uint64_t cut) : size_(size), cut_(cut) {}
  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    if (cut_ > 0 && at_ >= cut_) {
      co_return Error(kUnavailable, "the sender went away");
    }
    const std::uint64_t end = cut_ > 0 ? std::min(cut_, size_) : size_;
    Bytes chunk(std::min<std::uint64_t>(max_bytes, end - at_), '\0');
    for (char& c : chunk) {
      c = pattern_byte(at_++);
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  std::uint64_t size_;
  std::uint64_t cut_;
  std::uint64_t at_ = 0;
};

const Location kWhere{"bucket", "data/p/name.csv"};

Result<ObjectInfo> put(Adapter& adapter, Location where, std::string bytes,
                       PutOptions options = {}) {
  const std::optional<std::uint64_t> size = bytes.size();
  return run(adapter.put(Context(), std::move(where), memory_source(std::move(bytes)), size,
                         std::move(options)));
}

Result<std::string> get(Adapter& adapter, Location where,
                        std::optional<ByteRange> range = std::nullopt) {
  auto task = [](Adapter& from, Location at,
                 std::optional<ByteRange> part) -> Task<Result<std::string>> {
    TARN_CO_TRY(ObjectBody object, co_await from.get(Context(), std::move(at), part));
    co_return co_await read_all(Context(), *object.body, kGiB);
  };
  return run(task(adapter, std::move(where), range));
}

TEST_P(AdapterSuite, GivesBackWhatWasPut) {
  PutOptions options;
  options.content_type = "text/csv";
  const auto info = put(adapter(), kWhere, "one,two\n", options);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->size_bytes, 8U);
  EXPECT_EQ(info->etag, hex_encode(md5("one,two\n")));
  EXPECT_EQ(get(adapter(), kWhere).value(), "one,two\n");
  const auto stat = run(adapter().stat(Context(), kWhere));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->size_bytes, 8U);
  if (subject_.keeps_attributes) {
    EXPECT_EQ(stat->etag, info->etag);
    EXPECT_EQ(stat->content_type, "text/csv");
  }
}

TEST_P(AdapterSuite, HoldsEmptyObjects) {
  ASSERT_TRUE(put(adapter(), kWhere, ""));
  EXPECT_EQ(get(adapter(), kWhere).value(), "");
  EXPECT_EQ(run(adapter().stat(Context(), kWhere))->size_bytes, 0U);
}

TEST_P(AdapterSuite, ReplacesAnObjectAsAWhole) {
  ASSERT_TRUE(put(adapter(), kWhere, "a longer first version"));
  ASSERT_TRUE(put(adapter(), kWhere, "second"));
  EXPECT_EQ(get(adapter(), kWhere).value(), "second");
}

TEST_P(AdapterSuite, ReportsMissingObjects) {
  EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound));
  EXPECT_TRUE(run(adapter().stat(Context(), kWhere)).error().is(kObjectNotFound));
  EXPECT_TRUE(run(adapter().copy(Context(), kWhere, {"bucket", "x"})).error().is(kObjectNotFound));
}

TEST_P(AdapterSuite, PutsIfAbsentOnce) {
  PutOptions options;
  options.if_absent = true;
  ASSERT_TRUE(put(adapter(), kWhere, "first", options));
  EXPECT_TRUE(put(adapter(), kWhere, "second", options).error().is(kPreconditionFailed));
  EXPECT_EQ(get(adapter(), kWhere).value(), "first");
}

TEST_P(AdapterSuite, LeavesNothingOfABodyThatIsNotAsLongAsPromised) {
  for (const std::uint64_t promised : {3U, 5U, 400'000U, 600'000U}) {
    const std::uint64_t sent = promised < 10 ? 4 : 500'000;
    const std::optional<std::uint64_t> size = promised;
    const auto result =
        run(adapter().put(Context(), kWhere, pattern_source(sent), size, PutOptions()));
    ASSERT_FALSE(result) << promised;
    EXPECT_TRUE(result.error().is(kBodyMismatch)) << result.error().message();
    EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound)) << promised;
  }
}

TEST_P(AdapterSuite, LeavesNothingOfABodyThatFails) {
  for (const std::uint64_t cut : {1U, 300'000U}) {
    const auto result = run(
        adapter().put(Context(), kWhere, pattern_source(500'000, cut), std::nullopt, PutOptions()));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::kUnavailable);
    EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound));
  }
}

TEST_P(AdapterSuite, ReadsRanges) {
  ASSERT_TRUE(put(adapter(), kWhere, "0123456789"));
  EXPECT_EQ(get(adapter(), kWhere, ByteRange{0, 1}).value(), "0");
  EXPECT_EQ(get(adapter(), kWhere, ByteRange{3, 4}).value(), "3456");
  EXPECT_EQ(get(adapter(), kWhere, ByteRange{8, 100}).value(), "89");
  EXPECT_TRUE(get(adapter(), kWhere, ByteRange{10, 1}).error().is(kInvalidRange));
}

TEST_P(AdapterSuite, StreamsBodiesOfUnknownLength) {
  const std::uint64_t size = 20 * kMiB + 7;
  const auto info =
      run(adapter().put(Context(), kWhere, pattern_source(size), std::nullopt, PutOptions()));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->size_bytes, size);
  EXPECT_EQ(get(adapter(), kWhere, ByteRange{size - 3, 3}).value(), pattern(size).substr(size - 3));
  EXPECT_EQ(sha256(get(adapter(), kWhere).value()), sha256(pattern(size)));
}

TEST_P(AdapterSuite, CopiesAndRemoves) {
  ASSERT_TRUE(put(adapter(), kWhere, "bytes"));
  const Location copy{"bucket", "other/copy.csv"};
  ASSERT_TRUE(run(adapter().copy(Context(), kWhere, copy)));
  ASSERT_TRUE(run(adapter().remove(Context(), kWhere)));
  ASSERT_TRUE(run(adapter().remove(Context(), kWhere)));
  EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound));
  EXPECT_EQ(get(adapter(), copy).value(), "bytes");
}

TEST_P(AdapterSuite, KeepsOddKeysApart) {
  std::vector<std::string> keys{"plain",
                                "with space",
                                "a//b",
                                "/lead",
                                "x/./y",
                                "x/../y",
                                "dots/..",
                                "../../etc/passwd",
                                "percent%2Fd",
                                ".tarn~=x",
                                "tail/",
                                "new\nline",
                                "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87",
                                std::string(300, 'n'),
                                std::string(900, 'n') + "/z",
                                "type=a b/weight=1%/part"};
  if (!subject_.keys_may_hold_newlines) {
    std::erase(keys, "new\nline");
  }
  for (const std::string& key : keys) {
    const auto info = put(adapter(), {"bucket", key}, "value of " + key);
    ASSERT_TRUE(info) << key << ": " << info.error().message();
  }
  for (const std::string& key : keys) {
    EXPECT_EQ(get(adapter(), {"bucket", key}).value_or("missing"), "value of " + key);
  }
  const auto page = run(adapter().list(Context(), "bucket", "", "", 1000));
  ASSERT_TRUE(page);
  std::vector<std::string> listed;
  for (const ListedObject& object : page->objects) {
    listed.push_back(object.key);
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(listed, keys);
}

TEST_P(AdapterSuite, NestsKeysOrRefusesThem) {
  ASSERT_TRUE(put(adapter(), {"bucket", "a"}, "file"));
  const auto nested = put(adapter(), {"bucket", "a/b"}, "below");
  EXPECT_EQ(nested.has_value(), subject_.keys_may_nest);
  if (!nested) {
    EXPECT_TRUE(nested.error().is(kInvalidAddress)) << nested.error().message();
  }
  EXPECT_EQ(get(adapter(), {"bucket", "a"}).value(), "file");
  EXPECT_TRUE(get(adapter(), {"bucket", "a/c"}).error().is(kObjectNotFound));
}

TEST_P(AdapterSuite, ListsInKeyOrderPageByPage) {
  std::set<std::string> keys;
  for (int i = 0; i < 60; ++i) {
    keys.insert("p/" + std::to_string(i % 7) + (i % 2 == 0 ? "/" : "-") + std::to_string(i));
  }
  keys.insert({"p/a.b", "p/a/b", "p/a0", "q"});
  for (const std::string& key : keys) {
    ASSERT_TRUE(put(adapter(), {"bucket", key}, key));
  }
  for (const std::size_t limit : {1U, 7U, 1000U}) {
    for (const std::string prefix : {"", "p", "p/", "p/1", "p/1/", "p/a", "zz"}) {
      std::vector<std::string> expected;
      std::copy_if(keys.begin(), keys.end(), std::back_inserter(expected),
                   [&prefix](const std::string& key) { return key.starts_with(prefix); });
      std::vector<std::string> listed;
      std::string after;
      do {
        const auto page = run(adapter().list(Context(), "bucket", prefix, after, limit));
        ASSERT_TRUE(page);
        ASSERT_LE(page->objects.size(), limit);
        for (const ListedObject& object : page->objects) {
          listed.push_back(object.key);
          EXPECT_EQ(object.info.size_bytes, object.key.size());
        }
        after = page->next_after;
      } while (!after.empty());
      EXPECT_EQ(listed, expected) << "prefix " << prefix << " limit " << limit;
    }
  }
}

TEST_P(AdapterSuite, JoinsPartsInOrder) {
  const auto id = run(adapter().create_upload(Context(), kWhere, PutOptions()));
  ASSERT_TRUE(id);
  const std::size_t part_size = 5 * kMiB;
  const std::vector<std::string> bodies{std::string(part_size, 'a'), std::string(part_size, 'b'),
                                        "tail"};
  std::vector<UploadedPart> parts;
  std::vector<std::string> etags;
  const auto send = [this, &id](std::uint32_t number, const std::string& body) {
    const std::optional<std::uint64_t> size = body.size();
    return run(adapter().put_part(Context(), kWhere, *id, number, memory_source(body), size));
  };
  ASSERT_TRUE(send(2, "replaced by what follows"));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto part = send(3 - i, bodies[2 - i]);
    ASSERT_TRUE(part);
    parts.insert(parts.begin(), *part);
    etags.insert(etags.begin(), part->etag);
  }
  EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound));
  const auto done = run(adapter().complete_upload(Context(), kWhere, *id, parts));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->etag, multipart_etag(etags));
  EXPECT_EQ(sha256(get(adapter(), kWhere).value()), sha256(bodies[0] + bodies[1] + bodies[2]));
  if (subject_.completes_once) {
    EXPECT_TRUE(
        run(adapter().complete_upload(Context(), kWhere, *id, parts)).error().is(kUploadNotFound));
  }
}

TEST_P(AdapterSuite, RefusesPartsThatAreNotThere) {
  const auto id = run(adapter().create_upload(Context(), kWhere, PutOptions()));
  ASSERT_TRUE(id);
  const std::optional<std::uint64_t> size = 4;
  const auto part = run(adapter().put_part(Context(), kWhere, *id, 1, memory_source("body"), size));
  ASSERT_TRUE(part);
  std::vector<UploadedPart> wrong{{1, std::string(32, '0')}};
  EXPECT_TRUE(
      run(adapter().complete_upload(Context(), kWhere, *id, wrong)).error().is(kInvalidPart));
  std::vector<UploadedPart> absent{{2, part->etag}};
  EXPECT_TRUE(
      run(adapter().complete_upload(Context(), kWhere, *id, absent)).error().is(kInvalidPart));
  std::vector<UploadedPart> doubled{{1, part->etag}, {1, part->etag}};
  EXPECT_TRUE(
      run(adapter().complete_upload(Context(), kWhere, *id, doubled)).error().is(kInvalidPart));
  EXPECT_TRUE(get(adapter(), kWhere).error().is(kObjectNotFound));
}

TEST_P(AdapterSuite, AbortsUploads) {
  const auto id = run(adapter().create_upload(Context(), kWhere, PutOptions()));
  ASSERT_TRUE(id);
  ASSERT_TRUE(run(adapter().abort_upload(Context(), kWhere, *id)));
  ASSERT_TRUE(run(adapter().abort_upload(Context(), kWhere, *id)));
  for (const std::string& upload : {*id, std::string("../../x"), std::string("nonsense")}) {
    const std::optional<std::uint64_t> size = 1;
    const auto part =
        run(adapter().put_part(Context(), kWhere, upload, 1, memory_source("x"), size));
    ASSERT_FALSE(part);
    if (subject_.tells_unknown_uploads) {
      EXPECT_TRUE(part.error().is(kUploadNotFound)) << part.error().message();
    }
  }
}

TEST_P(AdapterSuite, CopiesParts) {
  ASSERT_TRUE(put(adapter(), {"bucket", "source"}, "0123456789"));
  const auto id = run(adapter().create_upload(Context(), kWhere, PutOptions()));
  const std::optional<ByteRange> range = ByteRange{2, 3};
  const auto part =
      run(adapter().copy_part(Context(), kWhere, *id, 1, {"bucket", "source"}, range));
  ASSERT_TRUE(part) << part.error().message();
  const std::vector<UploadedPart> parts{*part};
  ASSERT_TRUE(run(adapter().complete_upload(Context(), kWhere, *id, parts)));
  EXPECT_EQ(get(adapter(), kWhere).value(), "234");
}

TEST_P(AdapterSuite, KeepsOneOfManyConcurrentWrites) {
  auto put_one = [](Adapter& to, std::size_t index) -> Task<Result<void>> {
    std::string body(200'000, static_cast<char>('a' + index));
    const std::optional<std::uint64_t> size = body.size();
    auto source = memory_source(std::move(body));
    TARN_CO_CHECK_OK(co_await to.put(Context(), kWhere, std::move(source), size, PutOptions()));
    co_return Result<void>();
  };
  auto work = [this, &put_one](std::size_t index) { return put_one(adapter(), index); };
  ASSERT_TRUE(run(parallel_for(16, 16, work)));
  const std::string kept = get(adapter(), kWhere).value();
  EXPECT_EQ(kept, std::string(200'000, kept[0]));
}

}  // namespace

std::unique_ptr<ByteSource> pattern_source(std::uint64_t size, std::uint64_t cut) {
  return std::make_unique<PatternSource>(size, cut);
}

std::string pattern(std::uint64_t size) {
  std::string out(size, '\0');
  for (std::uint64_t at = 0; at < size; ++at) {
    out[at] = pattern_byte(at);
  }
  return out;
}

}  // namespace tarn::block::testing
