#include "aws/errors.h"
#include "base/log.h"
#include "runtime/parallel.h"
#include "runtime/timer.h"
#include "tables/glue_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tarn::tables {
namespace {

// What Glue takes at once: https://docs.aws.amazon.com/glue/latest/webapi/WebAPI_Welcome.html
constexpr std::size_t kPutMax = 100;
constexpr std::size_t kDeleteMax = 25;
/// Glue takes 1000, but answers each with all of its columns.
constexpr std::size_t kFindMax = 100;
constexpr std::size_t kPageMax = 1000;
constexpr std::chrono::seconds kCleanUpTimeout{30};

/// What Glue says of one partition of a batch.
struct Refusal {
  std::vector<std::string> values;
  std::string code;
  std::string message;
};

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> out;
  if (list != nullptr) {
    for (const Json& item : list->items()) {
      out.push_back(item.as_string() == nullptr ? std::string() : *item.as_string());
    }
  }
  return out;
}

Json list_of(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) {
    list.push_back(value);
  }
  return list;
}

std::vector<Refusal> refusals(const Json& answer, std::string_view values_member) {
  std::vector<Refusal> out;
  const Json* errors = answer.find("Errors");
  if (errors == nullptr) {
    return out;
  }
  for (const Json& error : errors->items()) {
    const Json* detail = error.find("ErrorDetail");
    out.push_back({.values = texts(error.find(values_member)),
                   .code = detail == nullptr ? "" : detail->string_or("ErrorCode", ""),
                   .message = detail == nullptr ? "" : detail->string_or("ErrorMessage", "")});
  }
  return out;
}

void add_partitions(const Json& answer, std::vector<GluePartition>& to) {
  const Json* page = answer.find("Partitions");
  if (page == nullptr) {
    return;
  }
  for (const Json& each : page->items()) {
    const Json* location = each.find_path({"StorageDescriptor", "Location"});
    const std::string* text = location == nullptr ? nullptr : location->as_string();
    to.push_back({.values = texts(each.find("Values")),
                  .location = text == nullptr ? std::string() : *text});
  }
}

/// Codes of what passes when one tries again.
bool passes(std::string_view code) {
  constexpr std::string_view kPassing[] = {
      "InternalServiceException",
      "OperationTimeoutException",
      "ConcurrentModificationException",
      "ThrottlingException",
      "Throttling",
      "ResourceNotReadyException",
      "TooManyRequestsException",
      "RequestLimitExceeded",
      "ServiceUnavailableException",
      "InternalFailure",
  };
  return std::ranges::find(kPassing, code) != std::end(kPassing);
}

Error refused(const Refusal& refusal) {
  return Error::with_message(
      kBadPartition, fmt::format("Glue refuses partition `{}`: {}: {}",
                                 partition_text(refusal.values), refusal.code, refusal.message));
}

}  // namespace

Task<Result<void>> GlueCatalog::put_batch(Context ctx, Puts* puts, std::size_t index) {
  const Json& table_input = puts->table_input;
  PartitionChanges& changes = puts->changes;
  const bool exist = puts->exist;
  std::vector<const GluePartition*> create;
  std::vector<const GluePartition*> update;
  const std::size_t end = std::min((index + 1) * kPutMax, puts->partitions.size());
  for (std::size_t i = index * kPutMax; i < end; ++i) {
    (exist ? update : create).push_back(&puts->partitions[i]);
  }
  const auto find = [](const std::vector<const GluePartition*>& sent, const Refusal& refusal) {
    const auto found = std::ranges::find(sent, refusal.values, &GluePartition::values);
    return found == sent.end() ? nullptr : *found;
  };
  std::optional<Refusal> last;
  const std::array<bool, 3> turns{!exist, exist, !exist};
  for (std::size_t tries = 0; tries < options_.tries_max; ++tries) {
    if (last) {
      TARN_CO_CHECK_OK(co_await sleep_for(ctx, options_.first_delay * (1U << (tries - 1))));
      last.reset();
    }
    // A partition that turns out to be there, or not, moves to the other list; so a batch takes two
    // requests at most unless others change the table meanwhile.
    for (const bool creating : turns) {
      if (last) {
        break;  // something was throttled: what is left waits, too
      }
      std::vector<const GluePartition*> sent = std::exchange(creating ? create : update, {});
      if (sent.empty()) {
        continue;
      }
      Json list = Json::array();
      for (const GluePartition* partition : sent) {
        Json each = partition_input(table_input, *partition);
        if (creating) {
          list.push_back(std::move(each));
        } else {
          Json entry = Json::object();
          entry.set("PartitionValueList", list_of(partition->values));
          entry.set("PartitionInput", std::move(each));
          list.push_back(std::move(entry));
        }
      }
      Json input = Json::object();
      input.set("DatabaseName", database_).set("TableName", table_input.string_or("Name", ""));
      input.set(creating ? "PartitionInputList" : "Entries", std::move(list));
      const char* operation = creating ? "BatchCreatePartition" : "BatchUpdatePartition";
      TARN_CO_TRY(const Json answer, co_await call(ctx, operation, std::move(input)));
      std::size_t done = sent.size();
      for (Refusal& refusal :
           refusals(answer, creating ? "PartitionValues" : "PartitionValueList")) {
        const GluePartition* partition = find(sent, refusal);
        const bool other_list =
            refusal.code == (creating ? std::string_view("AlreadyExistsException")
                                      : std::string_view("EntityNotFoundException"));
        if (partition == nullptr || (!other_list && !passes(refusal.code))) {
          co_return refused(refusal);
        }
        --done;
        (creating == other_list ? update : create).push_back(partition);
        if (!other_list) {
          last = std::move(refusal);
        }
      }
      (creating ? changes.created : changes.updated) += done;
    }
    if (create.empty() && update.empty()) {
      co_return Result<void>();
    }
    if (!last) {
      last = Refusal{.values = (create.empty() ? update : create).front()->values,
                     .code = "ConcurrentModificationException",
                     .message = "it comes and goes"};
    }
  }
  co_return Error::with_message(aws::kServiceFailed, refused(*last).message());
}

Task<Result<PartitionChanges>> GlueCatalog::put_partitions(Context ctx, Json table_input,
                                                           std::vector<GluePartition> partitions,
                                                           bool exist) {
  Puts puts{.table_input = std::move(table_input),
            .partitions = std::move(partitions),
            .exist = exist,
            .changes = {}};
  const std::size_t batches = (puts.partitions.size() + kPutMax - 1) / kPutMax;
  std::function<Task<Result<void>>(std::size_t)> work = [this, &ctx, &puts](std::size_t index) {
    return put_batch(ctx, &puts, index);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(batches, options_.requests_max, work));
  co_return puts.changes;
}

Task<Result<void>> GlueCatalog::delete_batch(Context ctx, Deletions* deletions, std::size_t index) {
  std::vector<std::vector<std::string>> left;
  const std::size_t end = std::min((index + 1) * kDeleteMax, deletions->values.size());
  for (std::size_t i = index * kDeleteMax; i < end; ++i) {
    left.push_back(deletions->values[i]);
  }
  for (std::size_t tries = 0;; ++tries) {
    Json list = Json::array();
    for (const std::vector<std::string>& each : left) {
      Json entry = Json::object();
      entry.set("Values", list_of(each));
      list.push_back(std::move(entry));
    }
    Json input = Json::object();
    input.set("DatabaseName", database_).set("TableName", deletions->table);
    input.set("PartitionsToDelete", std::move(list));
    TARN_CO_TRY(const Json answer, co_await call(ctx, "BatchDeletePartition", std::move(input)));
    std::size_t done = left.size();
    left.clear();
    std::optional<Refusal> last;
    for (Refusal& refusal : refusals(answer, "PartitionValues")) {
      --done;
      if (refusal.code == "EntityNotFoundException") {
        continue;
      }
      if (!passes(refusal.code)) {
        co_return refused(refusal);
      }
      left.push_back(refusal.values);
      last = std::move(refusal);
    }
    deletions->deleted += done;
    if (!last) {
      co_return Result<void>();
    }
    if (tries + 1 >= options_.tries_max) {
      co_return Error::with_message(aws::kServiceFailed, refused(*last).message());
    }
    TARN_CO_CHECK_OK(co_await sleep_for(ctx, options_.first_delay * (1U << tries)));
  }
}

Task<Result<std::uint64_t>> GlueCatalog::delete_partitions(
    Context ctx, std::string table, std::vector<std::vector<std::string>> values) {
  Deletions deletions{.table = std::move(table), .values = std::move(values)};
  const std::size_t batches = (deletions.values.size() + kDeleteMax - 1) / kDeleteMax;
  std::function<Task<Result<void>>(std::size_t)> work =
      [this, &ctx, &deletions](std::size_t index) { return delete_batch(ctx, &deletions, index); };
  TARN_CO_CHECK_OK(co_await parallel_for(batches, options_.requests_max, work));
  co_return deletions.deleted;
}

Task<Result<std::vector<GluePartition>>> GlueCatalog::partitions(Context ctx, std::string table) {
  std::vector<GluePartition> found;
  std::string token;
  do {
    Json input = Json::object();
    input.set("DatabaseName", database_).set("TableName", table);
    input.set("MaxResults", kPageMax).set("ExcludeColumnSchema", true);
    if (!token.empty()) {
      input.set("NextToken", token);
    }
    TARN_CO_TRY(const Json answer, co_await call(ctx, "GetPartitions", std::move(input)));
    add_partitions(answer, found);
    token = answer.string_or("NextToken", "");
  } while (!token.empty());
  co_return found;
}

Task<Result<void>> GlueCatalog::find_batch(Context ctx, Lookups* lookups, std::size_t index) {
  const std::size_t end = std::min((index + 1) * kFindMax, lookups->values.size());
  Json list = Json::array();
  for (std::size_t i = index * kFindMax; i < end; ++i) {
    Json entry = Json::object();
    entry.set("Values", list_of(lookups->values[i]));
    list.push_back(std::move(entry));
  }
  for (std::size_t tries = 0;; ++tries) {
    Json input = Json::object();
    input.set("DatabaseName", database_).set("TableName", lookups->table);
    input.set("PartitionsToGet", std::move(list));
    TARN_CO_TRY(const Json answer, co_await call(ctx, "BatchGetPartition", std::move(input)));
    add_partitions(answer, lookups->found);
    const Json* left = answer.find("UnprocessedKeys");
    if (left == nullptr || left->size() == 0) {
      co_return Result<void>();
    }
    if (tries + 1 >= options_.tries_max) {
      co_return Error::with_message(
          aws::kServiceFailed,
          fmt::format("Glue does not look up {} partitions of {}", left->size(), lookups->table));
    }
    list = *left;
    TARN_CO_CHECK_OK(co_await sleep_for(ctx, options_.first_delay * (1U << tries)));
  }
}

Task<Result<std::vector<GluePartition>>> GlueCatalog::find_partitions(
    Context ctx, std::string table, std::vector<std::vector<std::string>> values) {
  Lookups lookups{.table = std::move(table), .values = std::move(values), .found = {}};
  const std::size_t batches = (lookups.values.size() + kFindMax - 1) / kFindMax;
  std::function<Task<Result<void>>(std::size_t)> work = [this, &ctx, &lookups](std::size_t index) {
    return find_batch(ctx, &lookups, index);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(batches, options_.requests_max, work));
  co_return std::move(lookups.found);
}

Task<Result<PartitionChanges>> GlueCatalog::sync_partitions(Context ctx, Json table_input,
                                                            std::vector<GluePartition> partitions,
                                                            bool created) {
  std::vector<std::vector<std::string>> gone;
  const std::string table = table_input.string_or("Name", "");
  if (!created) {
    std::set<std::vector<std::string>> wanted;
    for (const GluePartition& partition : partitions) {
      wanted.insert(partition.values);
    }
    TARN_CO_TRY(std::vector<GluePartition> there, co_await this->partitions(ctx, table));
    for (GluePartition& partition : there) {
      if (!wanted.contains(partition.values)) {
        gone.push_back(std::move(partition.values));
      }
    }
  }
  TARN_CO_TRY(PartitionChanges changes, co_await put_partitions(ctx, std::move(table_input),
                                                                std::move(partitions), !created));
  TARN_CO_TRY(changes.deleted, co_await delete_partitions(std::move(ctx), table, std::move(gone)));
  co_return changes;
}

Task<Result<GlueCatalog::Registered>> GlueCatalog::register_table(
    Context ctx, Json table_input, std::optional<std::vector<GluePartition>> partitions) {
  Registered registered;
  TARN_CO_TRY(registered.created, co_await put_table(ctx, table_input));
  if (!partitions) {
    co_return registered;
  }
  std::string name = table_input.string_or("Name", "");
  Result<PartitionChanges> changes = co_await sync_partitions(
      ctx, std::move(table_input), *std::move(partitions), registered.created);
  if (!changes && registered.created) {
    // Better no table than one that lacks rows without a word. The caller's time may be over.
    const Context own =
        Context(std::string(ctx.request_id()), CancelToken()).with_timeout(clock_, kCleanUpTimeout);
    const Result<void> removed = co_await delete_table(own, name);
    if (!removed) {
      log::warn("a Glue table that lacks partitions could not be removed",
                {{"database", database_}, {"table", name}, {"error", removed.error().message()}});
    }
  }
  if (!changes) {
    co_return std::move(changes).error();
  }
  registered.partitions = *changes;
  co_return registered;
}

}  // namespace tarn::tables
