#include "http/multipart.h"

#include "base/rng.h"
#include "runtime/testing/piecewise_source.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::http {
namespace {

/// All parts as `name|filename|type|content` lines, then how it ended.
Task<std::string> show(Bytes body, std::size_t piece, std::size_t read_bytes,
                       MultipartLimits limits) {
  tarn::testing::PiecewiseSource source(std::move(body), piece);
  MultipartReader reader(source, "BOUND", limits);
  std::string out;
  Context ctx;
  for (;;) {
    Result<std::optional<MultipartPart>> part = co_await reader.next(ctx);
    if (!part) {
      co_return out + "error: " + part.error().message();
    }
    if (!part->has_value()) {
      co_return out + "end";
    }
    MultipartPart& got = **part;
    out += got.name + "|" + got.filename.value_or("-") + "|" +
           std::string(got.headers.get("content-type")) + "|";
    for (;;) {
      Result<Bytes> chunk = co_await got.content->read(ctx, read_bytes);
      if (!chunk) {
        co_return out + "error: " + chunk.error().message();
      }
      if (chunk->empty()) {
        break;
      }
      out += *chunk;
    }
    out += "\n";
  }
}

std::string read(const Bytes& body, std::size_t piece = 1000, std::size_t read_bytes = 1000,
                 MultipartLimits limits = {}) {
  return tarn::testing::run(show(body, piece, read_bytes, limits));
}

const Bytes kForm =
    "preamble\r\n--BOUND \t\r\n"
    "Content-Disposition: form-data; name=\"content\"; filename=\"a.csv\"\r\n"
    "Content-Type: text/csv\r\n\r\n"
    "1,2\r\n--BOUN\r\n-BOUND\r\r\n"
    "\r\n--BOUND\r\n\r\n"
    "no header"
    "\r\n--BOUND\r\ncontent-disposition: form-data; name=empty\r\n\r\n"
    "\r\n--BOUND\r\nContent-Disposition: form-data; name=shared\r\n\r\n--BOUND--\r\nepilogue";
const std::string kParts =
    "content|a.csv|text/csv|1,2\r\n--BOUN\r\n-BOUND\r\r\n\n"
    "|-||no header\n"
    "empty|-||\n"
    "shared|-||\n"
    "end";

TEST(Multipart, ReadsPartsHoweverTheyArrive) {
  for (const std::size_t piece : {1, 2, 3, 5, 7, 11, 64, 100000}) {
    for (const std::size_t read_bytes : {1, 4, 100000}) {
      EXPECT_EQ(read(kForm, piece, read_bytes), kParts) << piece << " " << read_bytes;
    }
  }
}

TEST(Multipart, SkipsWhatIsNotReadOfAPart) {
  auto names = [](Bytes body) -> Task<std::string> {
    tarn::testing::PiecewiseSource source(std::move(body), 5);
    MultipartReader reader(source, "BOUND");
    Context ctx;
    std::string out;
    std::unique_ptr<ByteSource> previous;
    for (;;) {
      Result<std::optional<MultipartPart>> part = co_await reader.next(ctx);
      if (!part || !part->has_value()) {
        co_return out + (part ? "end" : part.error().message());
      }
      if (previous) {
        Result<Bytes> late = co_await previous->read(ctx, 10);  // a part that is over has no more
        out += late ? *late : "error";
      }
      out += (*part)->name + ",";
      previous = std::move((*part)->content);
    }
  };
  EXPECT_EQ(tarn::testing::run(names(kForm)), "content,,empty,shared,end");
}

TEST(Multipart, NamesDamageAtEveryPlaceItCanBeCut) {
  const std::size_t complete = kForm.rfind("--BOUND--") + 9;
  for (std::size_t size = 0; size < complete; ++size) {
    const std::string got = read(kForm.substr(0, size), 7);
    EXPECT_NE(got.find("malformed multipart body"), std::string::npos) << size << ": " << got;
  }
  EXPECT_EQ(read(kForm.substr(0, complete)), kParts);
}

TEST(Multipart, RefusesWhatItCannotTrust) {
  Bytes many = "--BOUND\r\n";
  for (int i = 0; i < 10000; ++i) {
    many += "A: b\r\n";
  }
  const std::pair<Bytes, std::string> cases[] = {
      {"--BOUNDARY\r\n\r\nx\r\n--BOUND--", "a boundary is followed by other text"},
      {"--BOUND\r\nno colon\r\n\r\nx\r\n--BOUND--", "a part has a malformed header field"},
      {"--BOUND\r\nA : b\r\n\r\nx\r\n--BOUND--", "a part has a malformed header field"},
      {"--BOUND\r\nContent-Disposition: a; name=\"x\r\n\r\nx\r\n--BOUND--",
       "a part has a malformed Content-Disposition"},
      {Bytes(200 * 1024, 'x'), "the boundary does not appear"},
      {"--BOUND\r\nA: " + Bytes(100 * 1024, 'x'), "a part's header is too large"},
      {many, "a part's header is too large"},
  };
  for (const auto& [body, why] : cases) {
    EXPECT_EQ(read(body), "error: " + why + ": malformed multipart body");
  }
  MultipartLimits limits;
  limits.parts_max = 3;
  const std::string got = read(kForm, 1000, 1000, limits);
  EXPECT_TRUE(got.ends_with("error: too many parts: malformed multipart body")) << got;
}

TEST(Multipart, PassesOnTheErrorOfItsSource) {
  auto fail = []() -> Task<std::string> {
    tarn::testing::PiecewiseSource source("--BOUND\r\n\r\nabc", 100, /*fails=*/true);
    MultipartReader reader(source, "BOUND");
    Context ctx;
    Result<std::optional<MultipartPart>> part = co_await reader.next(ctx);
    if (!part || !part->has_value()) {
      co_return "no part";
    }
    Result<Bytes> first = co_await (*part)->content->read(ctx, 100);
    EXPECT_EQ(first.value_or("error"), "abc");
    Result<Bytes> second = co_await (*part)->content->read(ctx, 100);
    co_return second ? "read" : second.error().message();
  };
  EXPECT_EQ(tarn::testing::run(fail()), "cut: unavailable");
}

TEST(Multipart, FindsTheBoundaryOfAMediaType) {
  EXPECT_EQ(*multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(*multipart_boundary("Multipart/Mixed; charset=x; Boundary=\"a b\""), "a b");
  for (const char* bad : {"", "text/plain; boundary=a", "multipart/form-data",
                          "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
                          "multipart/form-data; boundary=\xc3\xbc"}) {
    const Result<std::string> boundary = multipart_boundary(bad);
    ASSERT_FALSE(boundary) << bad;
    EXPECT_TRUE(boundary.error().is(kNotMultipart));
  }
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

TEST(Multipart, GivesBackRandomContentUnchanged) {
  // Content made of the delimiter's own letters, where a search is most likely to go wrong.
  SeededRng rng(20261124);
  for (int round = 0; round < 200; ++round) {
    Bytes content(rng.below(300), '\0');
    for (char& c : content) {
      c = "\r\n-BOUND"[rng.below(8)];
    }
    if (content.find("\r\n--BOUND") != Bytes::npos || content.starts_with("--BOUND")) {
      continue;
    }
    const Bytes body = "--BOUND\r\n\r\n" + content + "\r\n--BOUND--";
    EXPECT_EQ(read(body, 1 + rng.below(40), 1 + rng.below(40)), "|-||" + content + "\nend")
        << "round " << round;
  }
}

}  // namespace
}  // namespace tarn::http
