#include "tables/export_journal.h"

#include "base/json.h"
#include "base/time_text.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::tables {
namespace {

kv::Key row(const std::string& repository, const std::string& tree) {
  return {.partition = "exports", .key = repository + "/" + tree};
}

}  // namespace

Task<Result<void>> ExportJournal::begin(Context ctx, std::string repository, std::string tree,
                                        std::string commit) {
  Json open = Json::object();
  open.set("commit", std::move(commit)).set("began", format_rfc3339(clock_.now()));
  kv::Key key = row(repository, tree);
  Bytes value = open.dump();
  co_return co_await kv_.set(std::move(ctx), std::move(key), std::move(value));
}

Task<Result<void>> ExportJournal::finish(Context ctx, std::string repository, std::string tree) {
  kv::Key key = row(repository, tree);
  co_return co_await kv_.remove(std::move(ctx), std::move(key));
}

Task<Result<std::optional<ExportJournal::Open>>> ExportJournal::find(Context ctx,
                                                                     std::string repository,
                                                                     std::string tree) {
  kv::Key key = row(repository, tree);
  const Result<Bytes> value = co_await kv_.get(std::move(ctx), std::move(key));
  if (!value && value.error().is(kv::kKeyNotFound)) {
    co_return std::optional<Open>();
  }
  if (!value) {
    co_return value.error();
  }
  TARN_CO_TRY(const Json read, parse_json(*value));
  Open open{.commit = read.string_or("commit", ""), .began = read.string_or("began", "")};
  co_return std::optional<Open>(std::move(open));
}

}  // namespace tarn::tables
