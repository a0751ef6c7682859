// Background tasks and their records.
#include "catalog/tasks.h"

#include "base/encoding.h"
#include "base/testing/manual_clock.h"
#include "graveler/testing/world.h"
#include "kv/open.h"
#include "runtime/testing/run.h"
#include "runtime/timer.h"

#include <gtest/gtest.h>

#include <future>

namespace tarn::catalog {
namespace {

using tarn::testing::ManualClock;
using tarn::testing::run;

Tasks::Failure describe(const Error& error) { return {"told: " + error.message(), 418}; }

struct Office {
  graveler::testing::World world;
  ManualClock clock;
  std::optional<Tasks> tasks;

  Office() { open(); }
  /// A new server process over the same rows.
  void open() {
    tasks.emplace(Tasks::Services{*world.kv, clock, world.rng, world.loops, describe});
  }
  std::string start(TaskKind kind, Tasks::Work work) {
    return run(tasks->start(Context(), world.repo, kind, std::move(work))).value();
  }
  Result<TaskRecord> status(TaskKind kind, const std::string& id) {
    return run(tasks->status(Context(), world.repo, kind, id));
  }
  /// Waits for the end of everything.
  void settle() {
    tasks->stop();
    open();
  }
};

TEST(Tasks, TellTheirResult) {
  Office office;
  const std::string id =
      office.start(kDumpRefsTask, [](Context, Tasks::Progress progress) -> Task<Result<Bytes>> {
        progress->store(7);
        co_return Bytes("result");
      });
  EXPECT_TRUE(id.starts_with("DR"));
  EXPECT_EQ(id.size(), 22U);
  office.settle();
  const TaskRecord record = office.status(kDumpRefsTask, id).value();
  EXPECT_EQ(record.id, id);
  EXPECT_TRUE(record.done);
  EXPECT_EQ(record.info, "result");
  EXPECT_EQ(record.progress, 7);
  EXPECT_EQ(record.error, "");
  EXPECT_EQ(record.operation, "dump_refs");
}

TEST(Tasks, TellTheirFailureAsClientsAreToldIt) {
  Office office;
  const std::string id = office.start(
      kRestoreRefsTask,
      [](Context, Tasks::Progress) -> Task<Result<Bytes>> { co_return Error(kTimeout); });
  office.settle();
  const TaskRecord record = office.status(kRestoreRefsTask, id).value();
  EXPECT_TRUE(record.done);
  EXPECT_EQ(record.error, "told: deadline exceeded");
  EXPECT_EQ(record.status_code, 418);
}

TEST(Tasks, AreFoundByTheirKindAndRepositoryOnly) {
  Office office;
  const std::string id = office.start(
      kDumpRefsTask, [](Context, Tasks::Progress) -> Task<Result<Bytes>> { co_return Bytes(); });
  office.settle();
  EXPECT_TRUE(office.status(kRestoreRefsTask, id).error().is(kTaskNotFound));
  for (const char* other :
       {"", "DR", "DR0123456789012345678", "DR01234567890123456789", "DR../../branches/main00"}) {
    EXPECT_TRUE(office.status(kDumpRefsTask, other).error().is(kTaskNotFound)) << other;
  }
}

TEST(Tasks, AreCancelledAtShutdownAndSaySo) {
  Office office;
  const std::string id =
      office.start(kDumpRefsTask, [](Context ctx, Tasks::Progress) -> Task<Result<Bytes>> {
        TARN_CO_CHECK_OK(co_await sleep_for(ctx, std::chrono::hours(1)));
        co_return Bytes();
      });
  EXPECT_FALSE(office.status(kDumpRefsTask, id)->done);
  office.settle();
  const TaskRecord record = office.status(kDumpRefsTask, id).value();
  EXPECT_TRUE(record.done);
  EXPECT_EQ(record.error, "told: cancelled");
}

TEST(Tasks, OfAServerThatIsGoneAreDone) {
  Office office;
  TaskRecord lost;
  lost.id = "DR01234567890123456789";
  lost.owner = "somebody else";
  lost.operation = "dump_refs";
  lost.updated_at = office.clock.now();
  ASSERT_TRUE(run(office.world.kv->set(
      Context(), {office.world.repo->partition(), "tasks/" + lost.id}, encode(lost))));
  EXPECT_FALSE(office.status(kDumpRefsTask, lost.id)->done);
  office.clock.advance(std::chrono::seconds(31));
  const TaskRecord record = office.status(kDumpRefsTask, lost.id).value();
  EXPECT_TRUE(record.done);
  EXPECT_EQ(record.error, "Task owner instance no longer available. Please retry.");
  EXPECT_EQ(record.status_code, 408);
}

TEST(Tasks, RecordsAreKeptForADay) {
  Office office;
  const std::string id = office.start(
      kDumpRefsTask, [](Context, Tasks::Progress) -> Task<Result<Bytes>> { co_return Bytes(); });
  office.settle();
  graveler::Refs& refs = office.world.store().refs();
  office.clock.advance(std::chrono::hours(24));
  ASSERT_TRUE(run(office.tasks->expire(Context(), refs)));
  EXPECT_TRUE(office.status(kDumpRefsTask, id));
  office.clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(run(office.tasks->expire(Context(), refs)));
  EXPECT_TRUE(office.status(kDumpRefsTask, id).error().is(kTaskNotFound));
}

/// Field numbers are lakeFS's: task {1 id, 2 done, 3 updated_at, 5 error_msg, 6 status_code, 7
/// operation, 8 owner}, info {1 commits, 2 tags, 3 branches}.
TEST(TaskRecords, AreLakeFsOnes) {
  TaskRecord record;
  record.id = "DR1";
  record.done = true;
  record.updated_at = from_unix_seconds(1'700'000'000);
  record.progress = 3;
  record.error = "e";
  record.status_code = 400;
  record.operation = "dump_refs";
  record.owner = "o";
  graveler::RefsDump dump;
  dump.commits = MetaRangeId::trusted("c");
  dump.tags = MetaRangeId::trusted("t");
  dump.branches = MetaRangeId::trusted("b");
  record.info = encode_dump_info(dump);
  const Bytes bytes = encode(record);
  EXPECT_EQ(hex_encode(bytes),
            "0a250a0344523110011a060880e2cfaa0620032a0165309003"
            "3a0964756d705f7265667342016f"
            "12090a01631201741a0162");
  EXPECT_EQ(encode(decode_task(bytes).value()), bytes);
  EXPECT_EQ(decode_dump_info(record.info)->branches.str(), "b");
  EXPECT_EQ(decode_task("\xff").error().kind(), ErrorKind::kCorruption);
}

}  // namespace
}  // namespace tarn::catalog
