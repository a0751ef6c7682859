#include "actions/lua/testing/glue_imposter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tarn::actions::lua::testing {

using http::testing::ReceivedRequest;
using http::testing::Reply;

namespace {

Reply reply(unsigned status, const Json& body) {
  Reply out;
  out.status = status;
  out.headers.add("Content-Type", "application/x-amz-json-1.1");
  out.headers.add("x-amzn-RequestId", "request-1");
  out.body = body.dump();
  return out;
}

Reply refusal(std::string_view type, std::string_view message) {
  return reply(400, Json::object({{"__type", type}, {"Message", message}}));
}

}  // namespace

Reply GlueImposter::answer(const ReceivedRequest& request) {
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_NE(request.headers.get("Authorization").find("/glue/aws4_request"), std::string::npos);
  const std::string target(request.headers.get("X-Amz-Target"));
  EXPECT_TRUE(target.starts_with("AWSGlue.")) << target;
  const Result<Json> input = parse_json(request.body);
  EXPECT_TRUE(input) << request.body;
  const MutexLock lock(mutex_);
  const std::string operation = target.substr(8);
  calls_.emplace_back(operation, *input);
  return apply(operation, *input);
}

Reply GlueImposter::apply(const std::string& operation, const Json& input) {
  const std::string name = input.string_or("Name", "");
  const std::string database = input.string_or("DatabaseName", "");
  if (operation == "CreateDatabase") {
    const std::string created = input.find("DatabaseInput")->string_or("Name", "");
    return databases_.insert(created).second
               ? reply(200, Json::object())
               : refusal("AlreadyExistsException", "Database already exists.");
  }
  if (operation == "DeleteDatabase") {
    return databases_.erase(name) == 1 ? reply(200, Json::object())
                                       : refusal("EntityNotFoundException", "Entity Not Found");
  }
  if (!databases_.contains(database)) {
    return refusal("EntityNotFoundException", fmt::format("Database {} not found.", database));
  }
  if (operation == "CreateTable" || operation == "UpdateTable") {
    const Json& table = *input.find("TableInput");
    const std::pair key(database, table.string_or("Name", ""));
    if (tables_.contains(key) == (operation == "CreateTable")) {
      return operation == "CreateTable" ? refusal("AlreadyExistsException", "Table already exists.")
                                        : refusal("EntityNotFoundException", "Entity Not Found");
    }
    tables_[key] = table;
    return reply(200, Json::object());
  }
  const auto found = tables_.find({database, name});
  if (found == tables_.end()) {
    return refusal("EntityNotFoundException", "Entity Not Found");
  }
  if (operation == "DeleteTable") {
    tables_.erase(found);
    return reply(200, Json::object());
  }
  EXPECT_EQ(operation, "GetTable");
  Json table = found->second;
  table.set("CreateTime", 1698592670.25).set("UpdateTime", Json()).set("DatabaseName", database);
  Json body = Json::object();
  body.set("Table", std::move(table));
  return reply(200, body);
}

std::vector<Json> GlueImposter::inputs(const std::string& operation) const {
  const MutexLock lock(mutex_);
  std::vector<Json> out;
  for (const auto& [name, input] : calls_) {
    if (name == operation) {
      out.push_back(input);
    }
  }
  return out;
}

void GlueImposter::add_database(const std::string& name) {
  const MutexLock lock(mutex_);
  databases_.insert(name);
}

Json GlueImposter::table(const std::string& database, const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto found = tables_.find({database, name});
  return found == tables_.end() ? Json() : found->second;
}

std::size_t GlueImposter::table_count() const {
  const MutexLock lock(mutex_);
  return tables_.size();
}

}  // namespace tarn::actions::lua::testing
