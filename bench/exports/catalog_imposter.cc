#include "bench/exports/catalog_imposter.h"

#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tarn::bench {
namespace {

constexpr std::size_t kBodyBytesMax = 512 * kMiB;

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> out;
  if (list != nullptr) {
    for (const Json& item : list->items()) {
      out.push_back(*item.as_string());
    }
  }
  return out;
}

Json refusal(std::string_view type) {
  return Json::object({{"__type", type}, {"Message", "as said"}});
}

std::string location_of(const Json& partition) {
  return *partition.find_path({"StorageDescriptor", "Location"})->as_string();
}

}  // namespace

CatalogImposter::CatalogImposter(std::chrono::nanoseconds latency) : latency_(latency) {
  http::ServerConfig config;
  config.listen_address = "127.0.0.1:0";
  Result<std::unique_ptr<http::Server>> started = http::start_server(config, loops_, *this, rng_);
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    std::exit(1);
  }
  server_ = *std::move(started);
}

CatalogImposter::~CatalogImposter() { server_->stop(std::chrono::milliseconds(0)); }

std::string CatalogImposter::base_url() const {
  return fmt::format("http://127.0.0.1:{}", server_->port());
}

std::size_t CatalogImposter::partitions() const {
  const MutexLock lock(mutex_);
  return partitions_.size();
}

void CatalogImposter::throttle(std::size_t amount, std::chrono::nanoseconds window) {
  const MutexLock lock(mutex_);
  admitted_max_ = amount;
  window_ = window;
}

bool CatalogImposter::admitted() {
  const SteadyTime now = clock_.steady_now();
  if (now >= window_end_) {
    window_end_ = now + window_;
    admitted_ = 0;
  }
  return admitted_max_ == 0 || ++admitted_ <= admitted_max_;
}

Task<http::Response> CatalogImposter::handle(Context ctx, http::Request request) {
  ++requests_;
  http::Response response;
  const Result<Bytes> body = co_await read_all(ctx, *request.body, kBodyBytesMax);
  (void)co_await sleep_for(ctx, latency_);
  const std::string target(request.headers.get("X-Amz-Target"));
  if (!body || (target.empty() && request.method != "PUT")) {
    response.status = 400;
    co_return response;
  }
  if (target.empty()) {
    ++manifests_;
    manifest_bytes_ += body->size();
    response.headers.add("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
    co_return response;
  }
  const Result<Json> input = parse_json(*body);
  std::pair<unsigned, Json> answer{400, refusal("SerializationException")};
  if (input) {
    answer = apply(target.substr(target.find('.') + 1), *input);
  }
  response.status = answer.first;
  response.headers.add("Content-Type", "application/x-amz-json-1.1");
  response.body = answer.second.dump();
  co_return response;
}

std::pair<unsigned, Json> CatalogImposter::apply(const std::string& operation, const Json& input) {
  const MutexLock lock(mutex_);
  if (!admitted()) {
    ++throttled_;
    return {400, refusal("ThrottlingException")};
  }
  Json body = Json::object();
  if (operation == "CreateTable" || operation == "UpdateTable") {
    if (table_.is_object() == (operation == "CreateTable")) {
      return {400,
              refusal(table_.is_object() ? "AlreadyExistsException" : "EntityNotFoundException")};
    }
    table_ = *input.find("TableInput");
    return {200, std::move(body)};
  }
  if (!table_.is_object()) {
    return {400, refusal("EntityNotFoundException")};
  }
  if (operation == "GetTable") {
    body.set("Table", table_);
    return {200, std::move(body)};
  }
  if (operation == "BatchGetPartition") {
    return {200, find_partitions(input)};
  }
  if (operation == "BatchCreatePartition" || operation == "BatchUpdatePartition") {
    return {200, put_partitions(operation == "BatchCreatePartition", input)};
  }
  return {400, refusal("UnknownOperationException")};
}

Json CatalogImposter::find_partitions(const Json& input) const {
  Json found = Json::array();
  for (const Json& asked : input.find("PartitionsToGet")->items()) {
    const auto partition = partitions_.find(texts(asked.find("Values")));
    if (partition != partitions_.end()) {
      Json each = Json::object();
      each.set("Values", *asked.find("Values"));
      each.set("StorageDescriptor", Json::object({{"Location", partition->second}}));
      found.push_back(std::move(each));
    }
  }
  Json body = Json::object();
  body.set("Partitions", std::move(found));
  return body;
}

Json CatalogImposter::put_partitions(bool create, const Json& input) {
  Json errors = Json::array();
  const Json& list = *input.find(create ? "PartitionInputList" : "Entries");
  ++partition_requests_;
  batch_max_ = std::max<std::uint64_t>(batch_max_, list.size());
  for (const Json& item : list.items()) {
    const Json& partition = create ? item : *item.find("PartitionInput");
    const Json& named = *item.find(create ? "Values" : "PartitionValueList");
    Values values = texts(&named);
    if (partitions_.contains(values) == create) {
      Json error = Json::object();
      error.set(create ? "PartitionValues" : "PartitionValueList", named);
      error.set("ErrorDetail", Json::object({{"ErrorCode", create ? "AlreadyExistsException"
                                                                  : "EntityNotFoundException"}}));
      errors.push_back(std::move(error));
      continue;
    }
    partitions_[std::move(values)] = location_of(partition);
  }
  Json body = Json::object();
  body.set("Errors", std::move(errors));
  return body;
}

}  // namespace tarn::bench
