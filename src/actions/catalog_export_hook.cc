#include "actions/catalog_export.h"
#include "actions/catalog_prune.h"
#include "actions/hook.h"

#include <utility>

// `type: catalog_export`: tables of a commit in a catalog, without a script. After an event it
// exports, and removes what it exported when the ref is gone; before one it only checks the
// descriptors, so that a commit that would break an export can be refused.

namespace tarn::actions {
namespace {

class CatalogExportHook final : public Hook {
 public:
  CatalogExportHook(HookServices services, HookRequest request, CatalogExport job)
      : services_(services), request_(std::move(request)), job_(std::move(job)) {}

  Task<Result<void>> run(Context ctx, BlockingPool& pool, HookLog& log) override {
    if (ctx.user().empty()) {
      co_return Error::with_message(kHookFailed, "user not found");
    }
    ctx = ctx.with_timeout(services_.clock, job_.timeout.value_or(services_.config.lua_timeout));
    const graveler::HookRecord& record = request_.record;
    const bool before = graveler::is_pre(record.event);
    CatalogExportRequest request{
        .source = {.repository_id = record.repository.id.str(),
                   .ref = record.tag.str().empty() ? record.branch.str() : record.tag.str(),
                   .commit_id = before || record.commit_id.str().empty() ? record.source_ref
                                                                         : record.commit_id.str(),
                   .base_uri = record.repository.storage_namespace.str()},
        .only_forward = true,
        .log = [&log](std::string_view line) { log.text.append(line).push_back('\n'); }};
    const CatalogExportServices services{
        .api = services_.api,
        .aws = {.http = services_.config.aws_http == nullptr ? services_.http
                                                             : *services_.config.aws_http,
                .clock = services_.clock,
                .rng = services_.rng},
        .outbound = services_.http,
        .blocks = services_.config.blocks,
        .files_root = services_.config.files_root,
        .environment = services_.environment,
        .locks = *services_.config.export_locks,
        .roles = *services_.config.roles,
        .journal = services_.config.export_journal,
        .pool = &pool};
    CatalogExport job = job_;
    Result<void> done;
    if (before) {
      done = co_await check_catalog_export(std::move(ctx), services, std::move(job),
                                           std::move(request));
    } else if (record.event == graveler::Event::kPostDeleteBranch ||
               record.event == graveler::Event::kPostDeleteTag) {
      done = co_await remove_catalog_export(std::move(ctx), services, std::move(job),
                                            std::move(request));
    } else {
      done = co_await export_catalog(std::move(ctx), services, std::move(job), std::move(request));
    }
    if (!done && done.error().kind() == ErrorKind::kInvalid) {
      co_return Error::with_message(kHookFailed, done.error().message());
    }
    co_return done;
  }

 private:
  const HookServices services_;
  const HookRequest request_;
  const CatalogExport job_;
};

}  // namespace

Result<std::unique_ptr<Hook>> make_catalog_export_hook(HookServices services, HookRequest request,
                                                       Secrets& secrets) {
  const Substitution substitution(services.environment, services.config.environment);
  TARN_TRY(const YamlNode properties, substitution.apply(request.spec.properties, secrets));
  TARN_TRY(CatalogExport job, read_catalog_export(properties));
  return std::unique_ptr<Hook>(
      std::make_unique<CatalogExportHook>(services, std::move(request), std::move(job)));
}

}  // namespace tarn::actions
