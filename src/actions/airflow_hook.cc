// Hooks of type `airflow`: triggers a run of a DAG by Airflow's stable REST API (version 1), and
// waits for its end if asked to.
#include "actions/hook.h"
#include "actions/hook_http.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/time_text.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace tarn::actions {
namespace {

constexpr std::chrono::seconds kRequestTimeout{5};
/// Of an answer that is read whole.
constexpr std::size_t kAnswerBytesMax = kMiB;

/// A value of `dag_conf` as JSON; dates are text.
Json to_json(const YamlNode& node) {
  switch (node.kind()) {
    case YamlNode::Kind::kNull:
      return {};
    case YamlNode::Kind::kScalar:
      if (const std::optional<bool> flag = node.as_bool()) {
        return *flag;
      }
      if (const std::optional<std::int64_t> number = node.as_int()) {
        return *number;
      }
      if (const std::optional<double> number = node.as_double()) {
        return *number;
      }
      return node.text();
    case YamlNode::Kind::kSequence: {
      Json::Array items;
      for (const YamlNode& item : node.items()) {
        items.push_back(to_json(item));
      }
      return Json::array(std::move(items));
    }
    case YamlNode::Kind::kMap:
      break;
  }
  Json::Object members;
  for (const YamlNode::Field& field : node.fields()) {
    members.push_back({field.key, to_json(field.value)});
  }
  std::ranges::sort(members, {}, &Json::Member::key);
  return Json::from_members(std::move(members));
}

class AirflowHook final : public Hook {
 public:
  AirflowHook(HookServices services, HookRequest request)
      : services_(services), request_(std::move(request)) {}

  Url url;
  std::string dag_id;
  std::string username;
  std::string password;
  Json conf = Json::object();
  bool wait = false;
  std::chrono::nanoseconds timeout = std::chrono::minutes(1);

  Task<Result<void>> run(Context ctx, BlockingPool&, HookLog& log) override {
    ++attempts_;
    TARN_CO_CHECK_OK(co_await trigger(ctx, log));
    if (!wait) {
      co_return Result<void>();
    }
    log.text.append("Waiting for DAG to complete...\n");
    Context waiting = ctx.with_timeout(services_.clock, timeout);
    for (;;) {
      const Result<void> slept =
          co_await sleep_for(waiting, services_.config.airflow_poll_interval);
      if (!slept) {
        co_return end_of(ctx);
      }
      TARN_CO_TRY(const std::string state, co_await poll(waiting, log));
      if (state == "success" || state == "failed") {
        log.text.append("DAG completed with state: ").append(state).append("\n");
        if (state == "failed") {
          co_return Error::with_message(kHookFailed, "airflow hook DAG failed");
        }
        co_return Result<void>();
      }
    }
  }

 private:
  /// An id of ours, so that a trigger that is sent again finds the run that it started.
  std::string dag_run_id() const {
    std::string id =
        fmt::format("lakeFS_hook_{}_{}", request_.names.hook_id, request_.record.run_id);
    return attempts_ == 1 ? id : fmt::format("{}_{}", id, attempts_);
  }

  Url runs_url(std::string_view below) const {
    const std::size_t query = std::min(url.target.find('?'), url.target.size());
    std::string path = url.target.substr(0, query);
    if (path.ends_with('/')) {
      path.pop_back();
    }
    path.append("/api/v1/dags/").append(percent_encode(dag_id)).append("/dagRuns").append(below);
    return {url.base, path + url.target.substr(query)};
  }

  OutgoingRequest make_request(std::string method, Url to) const {
    OutgoingRequest request;
    request.method = std::move(method);
    request.url = std::move(to);
    request.headers.set("Authorization", "Basic " + base64_encode(username + ":" + password));
    request.headers.set("Content-Type", "application/json");
    return request;
  }

  struct Answer {
    unsigned status = 0;
    Bytes body;
  };
  Task<Result<Answer>> ask(Context ctx, OutgoingRequest request) {
    ctx = ctx.with_timeout(services_.clock, kRequestTimeout);
    const std::string method = request.method;
    const Url to = request.url;
    Result<http::ClientResponse> response =
        co_await send_following(ctx, services_.http, std::move(request));
    Result<Bytes> body = Bytes();
    if (response) {
      body = co_await read_start(ctx, *response->body, kAnswerBytesMax);
    }
    if (!response || !body) {
      const Error& error = response ? body.error() : response.error();
      co_return Error::with_message(kHookFailed, transport_error(method, to, error));
    }
    Answer answer{response->status, *std::move(body)};
    co_return answer;
  }

  Task<Result<void>> trigger(Context ctx, HookLog& log) {
    OutgoingRequest request = make_request("POST", runs_url(""));
    Json::Object members = conf.members();
    Result<Json> event =
        parse_json(webhook_event(request_.record, request_.names, services_.clock.now()));
    if (!event) {
      co_return std::move(event).error();
    }
    std::erase_if(members, [](const Json::Member& one) { return one.key == "lakeFS_event"; });
    members.push_back({"lakeFS_event", *std::move(event)});
    std::ranges::sort(members, {}, &Json::Member::key);
    Json body = Json::object();
    body.set("dag_run_id", dag_run_id());
    body.set("conf", Json::from_members(std::move(members)));
    request.body = body.dump();
    log.text.append("Request:\nPOST ").append(request.url.text());
    log.text.append("\nRequest Body:\n").append(*request.body).append("\n\n");
    Result<Answer> answer = co_await ask(std::move(ctx), std::move(request));
    if (!answer) {
      co_return std::move(answer).error();
    }
    log.text.append(fmt::format("Response: {}\n", answer->status));
    if (answer->status == 409) {
      // The id is this run's own: the server ended after it had triggered the DAG.
      log.text.append("The DAG run is there already.\n");
      co_return Result<void>();
    }
    if (answer->status != 200) {
      log.text.append(answer->body).append("\n");
      co_return Error::with_message(
          kHookFailed,
          fmt::format("status code ({}): airflow hook request failed", answer->status));
    }
    co_return Result<void>();
  }

  /// The state of the DAG run; empty when the answer tells none, which may pass.
  Task<Result<std::string>> poll(Context ctx, HookLog& log) {
    OutgoingRequest request = make_request("GET", runs_url("/" + percent_encode(dag_run_id())));
    Result<Answer> answer = co_await ask(std::move(ctx), std::move(request));
    if (!answer) {
      log.text.append(answer.error().message()).append("\n");
      co_return std::string();
    }
    if (answer->status == 401 || answer->status == 403 || answer->status == 404) {
      co_return Error::with_message(
          kHookFailed,
          fmt::format("status code ({}): airflow hook request failed", answer->status));
    }
    const Result<Json> document = parse_json(answer->body);
    if (answer->status != 200 || !document) {
      log.text.append(fmt::format("Response: {}\n", answer->status));
      co_return std::string();
    }
    co_return document->string_or("state", "");
  }

  /// Why waiting ended before the DAG did.
  Error end_of(const Context& ctx) const {
    if (ctx.cancel().cancelled()) {
      return Error(kCancelled);
    }
    return Error::with_message(kHookFailed, "context deadline exceeded");
  }

  const HookServices services_;
  const HookRequest request_;
  int attempts_ = 0;
};

/// A property that is there and no empty text.
Result<std::string> required_text(const YamlNode& properties, std::string_view key) {
  const YamlNode* found = properties.find(key);
  const bool is_text = found != nullptr && found->is_scalar() && !found->as_bool() &&
                       !found->as_int() && !found->as_double();
  if (found != nullptr && !found->is_null() && !is_text) {
    return Error(kInvalidAction,
                 fmt::format("value of {} is not of type string: wrong value type", key));
  }
  if (!is_text || found->text().empty()) {
    return Error(kInvalidAction,
                 fmt::format("value of {} is empty: missing key in properties", key));
  }
  return found->text();
}

}  // namespace

Result<std::unique_ptr<Hook>> make_airflow_hook(HookServices services, HookRequest request,
                                                Secrets& secrets) {
  auto hook = std::make_unique<AirflowHook>(services, request);
  const YamlNode& properties = request.spec.properties;
  TARN_TRY(const std::string url, required_text(properties, "url"));
  const std::optional<Url> split = split_url(url);
  if (!split) {
    return Error(kInvalidAction, "'url' should be an http or https URL: wrong value type");
  }
  hook->url = *split;
  TARN_TRY(hook->dag_id, required_text(properties, "dag_id"));
  TARN_TRY(hook->username, required_text(properties, "username"));
  TARN_TRY(const std::string password, required_text(properties, "password"));
  const Substitution substitution(services.environment, services.config.environment);
  TARN_TRY(Substitution::Text secret, substitution.apply(password, secrets));
  hook->password = std::move(secret.value);
  secrets.add(hook->password);  // also one that stands in the file
  if (const YamlNode* conf = properties.find("dag_conf"); conf != nullptr && !conf->is_null()) {
    if (!conf->is_map()) {
      return Error(kInvalidAction, "'dag_conf' should be a map: wrong value type");
    }
    hook->conf = to_json(*conf);
  }
  if (const YamlNode* wait = properties.find("wait_for_dag"); wait != nullptr && !wait->is_null()) {
    const std::optional<bool> flag = wait->as_bool();
    if (!flag) {
      return Error(kInvalidAction, "value of wait_for_dag is not of type bool: wrong value type");
    }
    hook->wait = *flag;
  }
  if (const YamlNode* timeout = properties.find("timeout");
      timeout != nullptr && !timeout->is_null()) {
    const Result<std::chrono::nanoseconds> read = parse_duration(timeout->text());
    if (!read || *read <= std::chrono::nanoseconds::zero()) {
      return Error(kInvalidAction,
                   fmt::format("airflow hook timeout: '{}' is no duration", timeout->text()));
    }
    hook->timeout = *read;
  }
  return std::unique_ptr<Hook>(std::move(hook));
}

}  // namespace tarn::actions
