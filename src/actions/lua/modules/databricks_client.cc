#include "actions/lua/modules/databricks_client.h"

#include "base/encoding.h"
#include "base/text.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kAnswerBytesMax = 4 * kMiB;
constexpr std::size_t kTableNameBytesMax = 255;
constexpr std::string_view kSchemas = "/api/2.1/unity-catalog/schemas";
constexpr std::string_view kTables = "/api/2.1/unity-catalog/tables/";
constexpr std::string_view kStatements = "/api/2.0/sql/statements";
/// How long Databricks holds the first answer back for a statement that is soon done; below the
/// idle time of the HTTP client.
constexpr std::string_view kWaitTimeout = "30s";
constexpr std::chrono::seconds kCancelTimeout{5};

bool says_exists(std::string_view code, std::string_view message) {
  return code.ends_with("ALREADY_EXISTS") ||
         ascii_lower(message).find("already exists") != std::string::npos;
}

/// `CODE: message`, whatever of them is there.
std::string join_words(const std::string& code, const std::string& message) {
  return code.empty() ? message : message.empty() ? code : code + ": " + message;
}

Error refused(std::string_view method, std::string_view target, const CloudAnswer& answer) {
  std::string code;
  std::string message = excerpt(answer.body);
  if (const Result<Json> body = parse_json(answer.body); body && body->is_object()) {
    code = body->string_or("error_code", "");
    message = body->string_or("message", code.empty() ? message : "");
  }
  const ErrorId& id = answer.status == 404         ? kDatabricksMissing
                      : says_exists(code, message) ? kDatabricksExists
                                                   : kDatabricksRefused;
  return Error::with_message(id, fmt::format("databricks: {} {}: status {}: {}", method,
                                             target.substr(0, target.find('?')), answer.status,
                                             join_words(code, message)));
}

/// Text as a literal of Spark's SQL.
std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 && text.size() > colon + 3 &&
         std::ranges::all_of(
             text.substr(0, colon),
             [](char c) { return is_word(c) || c == '+' || c == '-' || c == '.'; }) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

}  // namespace

DatabricksClient::DatabricksClient(http::Client& client, const Clock& clock, Rng& rng,
                                   DatabricksConfig config)
    : clock_(clock), config_(std::move(config)), http_(client, rng, config_.url, config_.retry) {}

Task<Result<Json>> DatabricksClient::call(Context ctx, std::string method, std::string target,
                                          Json body) {
  CloudRequest request;
  request.method = method;
  request.target = target;
  request.headers.set("Authorization", "Bearer " + config_.token.reveal());
  request.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = body.dump();
  }
  request.repeatable = method != "POST";
  Result<CloudAnswer> answer =
      co_await http_.send(std::move(ctx), std::move(request), kAnswerBytesMax);
  if (!answer) {
    co_return std::move(answer).error().wrap(fmt::format("databricks: {} {}", method, target));
  }
  if (answer->status < 200 || answer->status > 299) {
    co_return refused(method, target, *answer);
  }
  if (answer->body.empty()) {
    co_return Json::object();
  }
  Result<Json> parsed = parse_json(answer->body);
  if (!parsed || !parsed->is_object()) {
    co_return Error::with_message(kDatabricksRefused,
                                  fmt::format("databricks: {} {}: the answer is no JSON object: {}",
                                              method, target, excerpt(answer->body)));
  }
  co_return *std::move(parsed);
}

Task<Result<std::string>> DatabricksClient::create_schema(Context ctx, std::string name,
                                                          std::string catalog, bool get_if_exists) {
  Json body = Json::object({{"name", name}, {"catalog_name", catalog}});
  std::string target(kSchemas);
  Result<Json> schema = co_await call(ctx, "POST", std::move(target), std::move(body));
  if (!schema && schema.error().is(kDatabricksExists) && get_if_exists) {
    std::string existing = fmt::format("{}/{}", kSchemas, percent_encode(catalog + "." + name));
    Json nothing;
    schema = co_await call(ctx, "GET", std::move(existing), std::move(nothing));
  }
  if (!schema) {
    co_return std::move(schema).error().wrap(
        fmt::format("failed creating/getting schema {}.{}", catalog, name));
  }
  co_return schema->string_or("name", name);
}

/// Waits until a statement is no longer under way.
Task<Result<std::string>> DatabricksClient::follow(Context ctx, Json answer) {
  const std::string id = answer.string_or("statement_id", "");
  std::chrono::nanoseconds delay = config_.poll_delay;
  while (true) {
    const Json* found = answer.find("status");
    const Json status = found == nullptr ? Json() : *found;
    const std::string state = status.string_or("state", "");
    // CLOSED: it succeeded, and its rows are no longer kept.
    if (state == "SUCCEEDED" || state == "CLOSED") {
      co_return state;
    }
    if (state != "PENDING" && state != "RUNNING") {
      const Json* failure = status.find("error");
      const std::string code = failure == nullptr ? "" : failure->string_or("error_code", "");
      const std::string message = failure == nullptr ? "" : failure->string_or("message", "");
      const ErrorId& kind = says_exists(code, message) ? kDatabricksExists : kDatabricksRefused;
      const std::string words = join_words(code, message);
      co_return Error::with_message(
          kind, fmt::format("databricks: statement {} ended as {}{}{}", id,
                            state.empty() ? "unknown" : state, words.empty() ? "" : ": ", words));
    }
    TARN_CO_CHECK_OK(co_await sleep_for(ctx, delay));
    delay = std::min<std::chrono::nanoseconds>(delay * 2, config_.poll_delay_max);
    std::string target = fmt::format("{}/{}", kStatements, percent_encode(id));
    Json nothing;
    TARN_CO_TRY(answer, co_await call(ctx, "GET", std::move(target), std::move(nothing)));
  }
}

Task<Result<std::string>> DatabricksClient::execute(Context ctx, DatabricksStatement statement) {
  Json body = Json::object({{"statement", statement.sql},
                            {"warehouse_id", statement.warehouse_id},
                            {"wait_timeout", kWaitTimeout},
                            {"on_wait_timeout", "CONTINUE"}});
  if (!statement.catalog.empty()) {
    body.set("catalog", statement.catalog);
  }
  if (!statement.schema.empty()) {
    body.set("schema", statement.schema);
  }
  const Context bounded = ctx.with_timeout(clock_, config_.statement_timeout);
  std::string target(kStatements);
  TARN_CO_TRY(Json started, co_await call(bounded, "POST", std::move(target), std::move(body)));
  const std::string id = started.string_or("statement_id", "");
  Result<std::string> state = co_await follow(bounded, std::move(started));
  if (!state && state.error().kind() == ErrorKind::kTimeout && !id.empty()) {
    // Nobody waits for it any more. When the hook itself is out of time, this has no effect.
    std::string cancel = fmt::format("{}/{}/cancel", kStatements, percent_encode(id));
    Json nothing = Json::object();
    const Context brief = ctx.with_timeout(clock_, kCancelTimeout);
    (void)co_await call(brief, "POST", std::move(cancel), std::move(nothing));
    co_return std::move(state).error().wrap(fmt::format("databricks: statement {}", id));
  }
  co_return state;
}

Result<std::string> create_table_sql(const DatabricksTable& table) {
  std::string name = table.name;
  std::ranges::replace(name, '-', '_');
  if (name.empty() || name.size() > kTableNameBytesMax || !std::ranges::all_of(name, is_word)) {
    return Error::with_message(
        kInvalid,
        fmt::format("databricks: table name `{}` may have letters, digits, `_` and `-`, at most {}",
                    name, kTableNameBytesMax));
  }
  if (!is_uri(table.location)) {
    return Error::with_message(
        kInvalid, fmt::format("databricks: table location `{}` is no URI", table.location));
  }
  std::string sql =
      fmt::format("CREATE EXTERNAL TABLE {} LOCATION {}", name, quote(table.location));
  if (!table.comment.empty()) {
    sql.append(" COMMENT ").append(quote(table.comment));
  }
  return sql;
}

Task<Result<void>> DatabricksClient::drop_external(Context ctx, std::string full_name) {
  std::string target = fmt::format("{}{}", kTables, percent_encode(full_name));
  std::string again = target;
  Json nothing;
  const Result<Json> found = co_await call(ctx, "GET", std::move(target), std::move(nothing));
  if (!found && found.error().is(kDatabricksMissing)) {
    co_return Result<void>();
  }
  if (!found) {
    co_return found.error();
  }
  const std::string type = found->string_or("table_type", "");
  if (type != "EXTERNAL") {
    co_return Error::with_message(
        kDatabricksRefused,
        fmt::format("databricks: {} is there and no external table but {}: it is not replaced",
                    full_name, type.empty() ? "of unknown type" : type));
  }
  Json empty;
  const Result<Json> dropped = co_await call(ctx, "DELETE", std::move(again), std::move(empty));
  if (!dropped && !dropped.error().is(kDatabricksMissing)) {
    co_return dropped.error();
  }
  co_return Result<void>();
}

Task<Result<std::string>> DatabricksClient::register_table(Context ctx, DatabricksTable table) {
  TARN_CO_TRY(std::string sql, create_table_sql(table));
  DatabricksStatement statement{.sql = std::move(sql),
                                .warehouse_id = table.warehouse_id,
                                .catalog = table.catalog,
                                .schema = table.schema};
  Result<std::string> state = co_await execute(ctx, statement);
  if (state || !state.error().is(kDatabricksExists)) {
    co_return state;
  }
  std::ranges::replace(table.name, '-', '_');
  std::string full_name = fmt::format("{}.{}.{}", table.catalog, table.schema, table.name);
  TARN_CO_CHECK_OK(co_await drop_external(ctx, std::move(full_name)));
  co_return co_await execute(ctx, statement);
}

}  // namespace tarn::actions::lua
