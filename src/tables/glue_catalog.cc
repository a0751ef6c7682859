#include "tables/glue_catalog.h"

#include "aws/errors.h"

#include <utility>

namespace tarn::tables {
namespace {

// https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html
constexpr std::size_t kTablesPageMax = 100;

}  // namespace

Task<Result<Json>> GlueCatalog::call(Context ctx, std::string operation, Json input) {
  co_return co_await client_.call(std::move(ctx), std::move(operation), std::move(input));
}

Task<Result<std::optional<Json>>> GlueCatalog::find_table(Context ctx, std::string table) {
  Json input = Json::object();
  input.set("DatabaseName", database_).set("Name", table);
  Result<Json> answer = co_await call(std::move(ctx), "GetTable", std::move(input));
  if (!answer && answer.error().is(aws::kNotFound)) {
    co_return std::optional<Json>();
  }
  if (!answer) {
    co_return std::move(answer).error();
  }
  const Json* found = answer->find("Table");
  co_return found == nullptr ? std::optional<Json>() : std::optional<Json>(*found);
}

Task<Result<std::vector<Json>>> GlueCatalog::tables(Context ctx) {
  std::vector<Json> found;
  std::string token;
  do {
    Json input = Json::object();
    input.set("DatabaseName", database_).set("MaxResults", kTablesPageMax);
    if (!token.empty()) {
      input.set("NextToken", token);
    }
    const Result<Json> answer = co_await call(ctx, "GetTables", std::move(input));
    if (!answer && answer.error().is(aws::kNotFound)) {
      co_return found;
    }
    if (!answer) {
      co_return answer.error();
    }
    if (const Json* list = answer->find("TableList")) {
      found.insert(found.end(), list->items().begin(), list->items().end());
    }
    token = answer->string_or("NextToken", "");
  } while (!token.empty());
  co_return found;
}

Task<Result<std::vector<std::string>>> GlueCatalog::databases(Context ctx) {
  std::vector<std::string> found;
  std::string token;
  do {
    Json input = Json::object();
    input.set("MaxResults", kTablesPageMax);
    if (!token.empty()) {
      input.set("NextToken", token);
    }
    TARN_CO_TRY(const Json answer, co_await call(ctx, "GetDatabases", std::move(input)));
    if (const Json* list = answer.find("DatabaseList")) {
      for (const Json& database : list->items()) {
        found.push_back(database.string_or("Name", ""));
      }
    }
    token = answer.string_or("NextToken", "");
  } while (!token.empty());
  co_return found;
}

Task<Result<bool>> GlueCatalog::create_database(Context ctx) {
  Json described = Json::object();
  described.set("Name", database_);
  Json input = Json::object();
  input.set("DatabaseInput", std::move(described));
  Result<Json> done = co_await call(std::move(ctx), "CreateDatabase", std::move(input));
  if (!done && !done.error().is(aws::kAlreadyExists)) {
    co_return std::move(done).error();
  }
  co_return done.has_value();
}

Task<Result<bool>> GlueCatalog::put_table(Context ctx, Json table_input) {
  Json input = Json::object();
  input.set("DatabaseName", database_).set("TableInput", table_input);
  Result<Json> created = co_await call(ctx, "CreateTable", std::move(input));
  if (created) {
    co_return true;
  }
  if (!created.error().is(aws::kAlreadyExists)) {
    co_return std::move(created).error();
  }
  // It may be what a lost reply left, what an earlier export left, or somebody's own table.
  std::string name = table_input.string_or("Name", "");
  TARN_CO_TRY(const std::optional<Json> found, co_await find_table(ctx, name));
  if (found) {
    TARN_CO_CHECK_OK(require_export(*found, database_));
  }
  TARN_CO_CHECK_OK(co_await update_table(std::move(ctx), std::move(table_input)));
  co_return false;
}

Task<Result<void>> GlueCatalog::update_table(Context ctx, Json table_input) {
  Json input = Json::object();
  input.set("DatabaseName", database_).set("TableInput", std::move(table_input));
  input.set("SkipArchive", true);
  TARN_CO_CHECK_OK(co_await call(std::move(ctx), "UpdateTable", std::move(input)));
  co_return Result<void>();
}

Task<Result<void>> GlueCatalog::delete_table(Context ctx, std::string table) {
  Json input = Json::object();
  input.set("DatabaseName", database_).set("Name", std::move(table));
  Result<Json> deleted = co_await call(std::move(ctx), "DeleteTable", std::move(input));
  if (!deleted && !deleted.error().is(aws::kNotFound)) {
    co_return std::move(deleted).error();
  }
  co_return Result<void>();
}

}  // namespace tarn::tables
