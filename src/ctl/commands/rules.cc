// Rules of a repository: `branch-protect` and `gc … -config`.
#include "base/json.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/table.h"
#include "ctl/transfer/source.h"

namespace tarn::ctl {
namespace {

namespace ops = api::ops;
namespace dto = api::dto;

constexpr std::size_t kDocumentBytesMax = kMiB;

// Branch protection.

struct ProtectionRules {
  std::vector<dto::BranchProtectionRule> rules;
  /// Changes are made only to what was read.
  std::string etag;
};

Result<ProtectionRules> get_rules(Ctl& ctl, const std::string& repository) {
  using Op = ops::GetBranchProtectionRules;
  const Op::Request request{.repository = repository};
  TARN_TRY(const Answer answer,
           ctl.session().exchange(ctl.session().prepare(api::encode_call(request))));
  ProtectionRules out;
  TARN_TRY(out.rules, Session::read_answer<Op>(answer));
  out.etag = answer.headers.get("ETag");
  return out;
}

Result<void> set_rules(Ctl& ctl, const std::string& repository, ProtectionRules rules) {
  api::SetBranchProtectionRulesRequest request;
  request.repository = repository;
  request.body = std::move(rules.rules);
  if (!rules.etag.empty()) {
    request.if_match = std::move(rules.etag);
  }
  TARN_CHECK_OK(ctl.session().call<ops::SetBranchProtectionRules>(request));
  return {};
}

Result<void> list_protection(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_TRY(const ProtectionRules found, get_rules(ctl, uri.repository));
  Table table({"Branch Name Pattern"});
  for (const dto::BranchProtectionRule& rule : found.rules) {
    table.add({rule.pattern});
  }
  print_list(ctl.console, table, {}, 0);
  return {};
}

Result<void> add_protection(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_TRY(ProtectionRules rules, get_rules(ctl, uri.repository));
  rules.rules.push_back({.pattern = call.arguments[1]});
  return set_rules(ctl, uri.repository, std::move(rules));
}

Result<void> delete_protection(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_TRY(ProtectionRules rules, get_rules(ctl, uri.repository));
  const auto equal = [&](const dto::BranchProtectionRule& rule) {
    return rule.pattern == call.arguments[1];
  };
  if (std::erase_if(rules.rules, equal) == 0) {
    return failure("Branch protection rule not found");
  }
  return set_rules(ctl, uri.repository, std::move(rules));
}

// Garbage collection.

Json to_json(const dto::GarbageCollectionRules& rules) {
  Json branches = Json::array();
  for (const dto::GarbageCollectionRule& rule : rules.branches) {
    branches.push_back(
        Json::object({{"branch_id", rule.branch_id}, {"retention_days", rule.retention_days}}));
  }
  return Json::object({{"branches", std::move(branches)},
                       {"default_retention_days", rules.default_retention_days}});
}

Result<void> get_gc(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_TRY(const dto::GarbageCollectionRules rules,
           ctl.session().call<ops::GetGCRules>({.repository = uri.repository}));
  if (call.flags.boolean("json")) {
    ctl.console.print(to_json(rules).dump(2));
    return {};
  }
  ctl.console.print(
      fmt::format("Default Retention Days: {}\nBranch Rules: \n", rules.default_retention_days));
  for (const dto::GarbageCollectionRule& rule : rules.branches) {
    ctl.console.print(fmt::format("  - Branch: {}\n    Retention Days: {}\n", rule.branch_id,
                                  rule.retention_days));
  }
  return {};
}

Result<void> set_gc(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_TRY(const UploadSource source, UploadSource::open(call.flags.text("filename")));
  TARN_TRY(const std::string text, source.read_all(kDocumentBytesMax));
  api::SetGCRulesRequest request;
  request.repository = uri.repository;
  TARN_TRY(request.body, api::decode<dto::GarbageCollectionRules>(text));
  TARN_CHECK_OK(ctl.session().call<ops::SetGCRules>(request));
  return {};
}

Result<void> delete_gc(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_CHECK_OK(ctl.session().call<ops::DeleteGCRules>({.repository = uri.repository}));
  return {};
}

}  // namespace

std::vector<Command> rules_commands() {
  return {
      {.words = "branch-protect", .summary = "Manage which branches only merges may change"},
      {.words = "branch-protect list",
       .usage = "<repository URI>",
       .summary = "List the patterns of protected branches",
       .arguments = {1, 1},
       .run = list_protection},
      {.words = "branch-protect add",
       .usage = "<repository URI> <pattern>",
       .summary = "Protect the branches whose names match",
       .arguments = {2, 2},
       .run = add_protection},
      {.words = "branch-protect delete",
       .usage = "<repository URI> <pattern>",
       .summary = "Remove a pattern",
       .arguments = {2, 2},
       .run = delete_protection},
      {.words = "gc", .summary = "Manage the rules of garbage collection"},
      {.words = "gc get-config",
       .usage = "<repository URI>",
       .summary = "Show the rules",
       .arguments = {1, 1},
       .flags = {{.name = "json", .letter = 'p', .kind = FlagKind::kBool, .text = "As JSON"}},
       .run = get_gc},
      {.words = "gc set-config",
       .usage = "<repository URI>",
       .summary = "Replace the rules",
       .arguments = {1, 1},
       .flags = {{.name = "filename",
                  .letter = 'f',
                  .text = "JSON file with the rules; - for stdin",
                  .required = true}},
       .run = set_gc},
      {.words = "gc delete-config",
       .usage = "<repository URI>",
       .summary = "Delete the rules",
       .arguments = {1, 1},
       .run = delete_gc},
  };
}

}  // namespace tarn::ctl
