#pragma once

#include "actions/lua/modules/cloud_http.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"

#include <chrono>
#include <string>

namespace tarn::actions::lua {

/// What Databricks refuses; the message has its words.
inline constexpr ErrorId kDatabricksRefused{ErrorKind::kInvalid, "refused by Databricks"};
/// A schema or table of that name is there.
inline constexpr ErrorId kDatabricksExists{ErrorKind::kAlreadyExists, "already exists"};
inline constexpr ErrorId kDatabricksMissing{ErrorKind::kNotFound, "not found"};

struct DatabricksConfig {
  /// `https://<workspace>`.
  std::string url;
  /// A personal access token.
  Secret token;
  RetryPolicy retry = CloudHttp::kRetry;
  /// For one statement, waiting for a warehouse to start included; then it is cancelled.
  std::chrono::milliseconds statement_timeout = std::chrono::minutes(20);
  std::chrono::milliseconds poll_delay{100};
  std::chrono::milliseconds poll_delay_max{5000};
};

struct DatabricksStatement {
  std::string sql;
  std::string warehouse_id;
  std::string catalog;
  std::string schema;
};

struct DatabricksTable {
  std::string name;
  /// URI of the Delta table.
  std::string location;
  std::string warehouse_id;
  std::string catalog;
  std::string schema;
  /// Empty = none.
  std::string comment;
};

/// Unity Catalog (API 2.1) and SQL statements (API 2.0) of one Databricks workspace. Thread-safe.
class DatabricksClient {
 public:
  /// `client`, `clock` and `rng` outlive it.
  DatabricksClient(http::Client& client, const Clock& clock, Rng& rng, DatabricksConfig config);

  /// The schema's name as the catalog has it. Errors: kDatabricksExists unless `get_if_exists`.
  Task<Result<std::string>> create_schema(Context ctx, std::string name, std::string catalog,
                                          bool get_if_exists);
  /// Runs a statement to its end; the state it ended in, `SUCCEEDED`. Errors: kDatabricksRefused
  /// for one that failed, kDatabricksExists when the thing that it creates is there, kTimeout.
  Task<Result<std::string>> execute(Context ctx, DatabricksStatement statement);
  /// Makes an external table in place of one that is there; the state as execute() has it. Errors:
  /// kInvalid for a name or location that is none, kDatabricksRefused when what is there is no
  /// external table and so holds data of its own.
  Task<Result<std::string>> register_table(Context ctx, DatabricksTable table);

 private:
  Task<Result<Json>> call(Context ctx, std::string method, std::string target, Json body);
  Task<Result<std::string>> follow(Context ctx, Json answer);
  Task<Result<void>> drop_external(Context ctx, std::string full_name);

  const Clock& clock_;
  DatabricksConfig config_;
  CloudHttp http_;
};

/// The statement that register_table() runs. Errors: as there.
Result<std::string> create_table_sql(const DatabricksTable& table);

}  // namespace tarn::actions::lua
