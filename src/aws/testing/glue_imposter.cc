#include "aws/testing/glue_imposter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace tarn::aws::testing {

using http::testing::ReceivedRequest;
using http::testing::Reply;

namespace {

constexpr std::size_t kPageMax = 1000;

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

std::vector<std::string> values_of(const Json* list) {
  std::vector<std::string> out;
  if (list != nullptr) {
    for (const Json& item : list->items()) {
      out.push_back(item.as_string() == nullptr ? std::string() : *item.as_string());
    }
  }
  return out;
}

Json item_error(std::string_view member, const Json* values, std::string_view code) {
  Json error = Json::object();
  error.set(member, values == nullptr ? Json::array() : *values);
  error.set("ErrorDetail", Json::object({{"ErrorCode", code}, {"ErrorMessage", "as told"}}));
  return error;
}

Reply batch_answer(Json errors) {
  Json body = Json::object();
  if (errors.size() > 0) {
    body.set("Errors", std::move(errors));
  }
  return reply(200, body);
}

}  // namespace

void GlueImposter::inject(GlueFault fault) {
  const MutexLock lock(mutex_);
  faults_.push_back(std::move(fault));
}

GlueConfig GlueImposter::config() const {
  GlueConfig config;
  config.endpoint.base_url = base_url();
  config.retry.first_delay = std::chrono::milliseconds(1);
  return config;
}

Credentials GlueImposter::credentials() {
  Credentials keys;
  keys.access_key_id = "AKIDEXAMPLE";
  keys.secret_access_key = Secret("secret");
  return keys;
}

void GlueImposter::clear_faults() {
  const MutexLock lock(mutex_);
  faults_.clear();
}

std::optional<GlueFault> GlueImposter::next_fault(const std::string& operation) {
  for (GlueFault& fault : faults_) {
    if (fault.operation != operation || fault.times == 0) {
      continue;
    }
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    --fault.times;
    return fault;
  }
  return std::nullopt;
}

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
  const std::optional<GlueFault> fault = next_fault(operation);
  Reply drop;
  drop.drop = true;
  if (fault && fault->kind == GlueFault::Kind::kDrop) {
    return drop;
  }
  if (fault && fault->kind == GlueFault::Kind::kRefuse) {
    return refusal(fault->code, "as told");
  }
  refuse_item_ = fault && fault->kind == GlueFault::Kind::kRefuseItem ? fault->code : "";
  Reply answer = apply(operation, *input);
  return fault && fault->kind == GlueFault::Kind::kLoseReply ? drop : answer;
}

Reply GlueImposter::apply(const std::string& operation, const Json& input) {
  const std::string database = input.string_or("DatabaseName", "");
  if (operation == "CreateDatabase") {
    const std::string created = input.find("DatabaseInput")->string_or("Name", "");
    return databases_.insert(created).second
               ? reply(200, Json::object())
               : refusal("AlreadyExistsException", "Database already exists.");
  }
  if (operation == "GetDatabases") {
    Json list = Json::array();
    for (const std::string& name : databases_) {
      list.push_back(Json::object({{"Name", name}}));
    }
    Json body = Json::object();
    body.set("DatabaseList", std::move(list));
    return reply(200, body);
  }
  if (operation == "DeleteDatabase") {
    return databases_.erase(input.string_or("Name", "")) == 1
               ? reply(200, Json::object())
               : refusal("EntityNotFoundException", "Entity Not Found");
  }
  if (!databases_.contains(database)) {
    return refusal("EntityNotFoundException", fmt::format("Database {} not found.", database));
  }
  if (operation == "GetTables") {
    return get_tables(database, input);
  }
  if (operation == "CreateTable") {
    const Json& table = *input.find("TableInput");
    const std::pair key(database, table.string_or("Name", ""));
    if (tables_.contains(key)) {
      return refusal("AlreadyExistsException", "Table already exists.");
    }
    tables_[key].input = table;
    return reply(200, Json::object());
  }
  std::string name = input.string_or("Name", input.string_or("TableName", ""));
  if (operation == "UpdateTable") {
    name = input.find("TableInput")->string_or("Name", "");
  }
  const auto found = tables_.find({database, name});
  if (found == tables_.end()) {
    return refusal("EntityNotFoundException", "Entity Not Found");
  }
  if (operation == "DeleteTable") {
    tables_.erase(found);
    return reply(200, Json::object());
  }
  if (operation == "GetTable") {
    Json table = found->second.input;
    table.set("CreateTime", found->second.created)
        .set("UpdateTime", Json())
        .set("DatabaseName", database);
    table.set("VersionId", std::to_string(found->second.version));
    Json body = Json::object();
    body.set("Table", std::move(table));
    return reply(200, body);
  }
  return apply_to_table(operation, input, found->second);
}

Reply GlueImposter::apply_to_table(const std::string& operation, const Json& input, Table& table) {
  if (operation == "UpdateTable") {
    table.input = *input.find("TableInput");
    ++table.version;
    return reply(200, Json::object());
  }
  if (operation == "BatchCreatePartition" || operation == "BatchUpdatePartition") {
    return put_partitions(operation == "BatchCreatePartition", input, table);
  }
  if (operation == "BatchDeletePartition") {
    return delete_partitions(input, table);
  }
  if (operation == "BatchGetPartition") {
    return find_partitions(input, table);
  }
  EXPECT_EQ(operation, "GetPartitions");
  const auto max = static_cast<std::size_t>(input.int_or("MaxResults", kPageMax));
  const std::size_t start = std::stoul(input.string_or("NextToken", "0"));
  EXPECT_LE(max, kPageMax);
  Json list = Json::array();
  std::size_t at = 0;
  for (const auto& [values, partition] : table.partitions) {
    if (at++ >= start && list.size() < max) {
      list.push_back(partition);
    }
  }
  Json body = Json::object();
  if (start + list.size() < table.partitions.size()) {
    body.set("NextToken", std::to_string(start + list.size()));
  }
  body.set("Partitions", std::move(list));
  return reply(200, body);
}

Reply GlueImposter::put_partitions(bool create, const Json& input, Table& table) {
  const Json* list = input.find(create ? "PartitionInputList" : "Entries");
  if (list == nullptr || list->size() == 0 || list->size() > 100) {
    return refusal("InvalidInputException", "a batch of partitions has 1 to 100");
  }
  const std::string_view member = create ? "PartitionValues" : "PartitionValueList";
  const Json* keys = table.input.find("PartitionKeys");
  Json errors = Json::array();
  bool first = true;
  for (const Json& item : list->items()) {
    const Json* partition = create ? &item : item.find("PartitionInput");
    const Json* named = create ? item.find("Values") : item.find("PartitionValueList");
    const Values values = values_of(named);
    std::string code;
    if (std::exchange(first, false)) {
      code = refuse_item_;
    }
    if (code.empty() && (keys == nullptr || values.size() != keys->size())) {
      code = "InvalidInputException";
    }
    if (code.empty() && table.partitions.contains(values) == create) {
      code = create ? "AlreadyExistsException" : "EntityNotFoundException";
    }
    if (code.empty()) {
      table.partitions[values] = *partition;
    } else {
      errors.push_back(item_error(member, named, code));
    }
  }
  return batch_answer(std::move(errors));
}

Reply GlueImposter::find_partitions(const Json& input, Table& table) {
  const Json* list = input.find("PartitionsToGet");
  if (list == nullptr || list->size() > kPageMax) {
    return refusal("InvalidInputException", "up to 1000 partitions at once");
  }
  Json found = Json::array();
  Json left = Json::array();
  for (const Json& item : list->items()) {
    const auto partition = table.partitions.find(values_of(item.find("Values")));
    if (!std::exchange(refuse_item_, "").empty()) {
      left.push_back(item);
    } else if (partition != table.partitions.end()) {
      found.push_back(partition->second);
    }
  }
  Json body = Json::object();
  body.set("Partitions", std::move(found)).set("UnprocessedKeys", std::move(left));
  return reply(200, body);
}

Reply GlueImposter::delete_partitions(const Json& input, Table& table) {
  const Json* list = input.find("PartitionsToDelete");
  if (list == nullptr || list->size() == 0 || list->size() > 25) {
    return refusal("InvalidInputException", "a batch of partitions to delete has 1 to 25");
  }
  Json errors = Json::array();
  bool first = true;
  for (const Json& item : list->items()) {
    std::string code;
    if (std::exchange(first, false)) {
      code = refuse_item_;
    }
    if (code.empty() && table.partitions.erase(values_of(item.find("Values"))) == 0) {
      code = "EntityNotFoundException";
    }
    if (!code.empty()) {
      errors.push_back(item_error("PartitionValues", item.find("Values"), code));
    }
  }
  return batch_answer(std::move(errors));
}

Reply GlueImposter::get_tables(const std::string& database, const Json& input) {
  const auto max = static_cast<std::size_t>(input.int_or("MaxResults", 100));
  EXPECT_LE(max, 100U);
  const std::string after = input.string_or("NextToken", "");
  Json list = Json::array();
  Json body = Json::object();
  for (const auto& [key, table] : tables_) {
    if (key.first != database || key.second <= after) {
      continue;
    }
    if (list.size() == max) {
      body.set("NextToken", list.items().back().string_or("Name", ""));
      break;
    }
    Json each = table.input;
    each.set("CreateTime", table.created).set("DatabaseName", database);
    list.push_back(std::move(each));
  }
  body.set("TableList", std::move(list));
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

std::vector<std::string> GlueImposter::operations() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& call : calls_) {
    out.push_back(call.first);
  }
  return out;
}

void GlueImposter::add_database(const std::string& name) {
  const MutexLock lock(mutex_);
  databases_.insert(name);
}

void GlueImposter::set_created(const std::string& database, const std::string& name,
                               double seconds) {
  const MutexLock lock(mutex_);
  const auto found = tables_.find({database, name});
  if (found != tables_.end()) {
    found->second.created = seconds;
  }
}

Json GlueImposter::table(const std::string& database, const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto found = tables_.find({database, name});
  return found == tables_.end() ? Json() : found->second.input;
}

std::size_t GlueImposter::table_count() const {
  const MutexLock lock(mutex_);
  return tables_.size();
}

std::map<std::string, std::string> GlueImposter::partitions(const std::string& database,
                                                            const std::string& name) const {
  const MutexLock lock(mutex_);
  std::map<std::string, std::string> out;
  const auto found = tables_.find({database, name});
  if (found == tables_.end()) {
    return out;
  }
  for (const auto& [values, partition] : found->second.partitions) {
    const Json* location = partition.find_path({"StorageDescriptor", "Location"});
    out[fmt::format("{}", fmt::join(values, "/"))] =
        location == nullptr || location->as_string() == nullptr ? "" : *location->as_string();
  }
  return out;
}

Json GlueImposter::partition(const std::string& database, const std::string& name,
                             const std::vector<std::string>& values) const {
  const MutexLock lock(mutex_);
  const auto found = tables_.find({database, name});
  if (found == tables_.end()) {
    return {};
  }
  const auto partition = found->second.partitions.find(values);
  return partition == found->second.partitions.end() ? Json() : partition->second;
}

}  // namespace tarn::aws::testing
