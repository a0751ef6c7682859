#include "tables/symlink_export.h"

#include "runtime/parallel.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

/// One export under way. Everything runs on one loop.
class Run {
 public:
  Run(Context ctx, ObjectReader& reader, ManifestWriter& writer, SymlinkExport spec)
      : ctx_(std::move(ctx)),
        reader_(reader),
        writer_(writer),
        spec_(std::move(spec)),
        builder_(spec_.layout, spec_.manifest_bytes_max) {}

  Task<Result<ExportCounts>> run();

 private:
  /// Lists the next page into page_.
  Task<Result<void>> list();
  Task<Result<void>> write(std::size_t index);
  Result<void> take_page();

  const Context ctx_;
  ObjectReader& reader_;
  ManifestWriter& writer_;
  const SymlinkExport spec_;
  ManifestBuilder builder_;
  std::string after_;
  ObjectPage page_;
  std::vector<Manifest> ready_;
};

Task<Result<void>> Run::list() {
  TARN_CO_TRY(page_,
              co_await reader_.list(ctx_, spec_.layout.prefix(), after_, spec_.page_objects));
  if (page_.has_more && page_.next_after <= after_) {
    co_return Error(kInternal, "a listing does not advance");
  }
  after_ = page_.next_after;
  co_return Result<void>();
}

Task<Result<void>> Run::write(std::size_t index) {
  Manifest manifest = std::move(ready_[index]);
  std::string key = manifest_key(spec_, manifest.partition);
  if (spec_.on_manifest) {
    spec_.on_manifest(key);
  }
  TARN_CO_CHECK_OK(co_await writer_.put(ctx_, spec_.location.bucket, std::move(key),
                                        std::move(manifest.content)));
  co_return Result<void>();
}

/// Moves what page_ completes into ready_.
Result<void> Run::take_page() {
  ready_.clear();
  for (const TableObject& object : page_.objects) {
    TARN_TRY(std::optional<Manifest> complete, builder_.add(object));
    if (complete) {
      ready_.push_back(*std::move(complete));
    }
  }
  if (!page_.has_more) {
    if (std::optional<Manifest> last = builder_.finish()) {
      ready_.push_back(*std::move(last));
    }
  }
  return {};
}

Task<Result<ExportCounts>> Run::run() {
  TARN_CO_CHECK_OK(co_await list());
  while (true) {
    TARN_CO_CHECK_OK(take_page());
    if (spec_.on_partition) {
      for (const Manifest& manifest : ready_) {
        spec_.on_partition(manifest.partition);
      }
    }
    // The listing goes first: it is what takes longest when partitions are large.
    const std::size_t listings = page_.has_more ? 1 : 0;
    std::function<Task<Result<void>>(std::size_t)> work = [this, listings](std::size_t index) {
      return index < listings ? list() : write(index - listings);
    };
    TARN_CO_CHECK_OK(co_await parallel_for(ready_.size() + listings, spec_.requests_max, work));
    if (listings == 0) {
      co_return builder_.counts();
    }
  }
}

}  // namespace

std::string manifest_key(const SymlinkExport& spec, std::string_view partition) {
  const bool with_path = spec.keep_table_path && spec.layout.partitioned();
  const std::string_view base = spec.location.key;
  return fmt::format("{}{}{}/{}{}{}", base, base.empty() || base.ends_with('/') ? "" : "/",
                     spec.table_name, with_path ? spec.layout.prefix() : "", partition,
                     kManifestName);
}

Task<Result<ExportCounts>> export_symlinks(Context ctx, ObjectReader& reader,
                                           ManifestWriter& writer, SymlinkExport spec) {
  Run run(std::move(ctx), reader, writer, std::move(spec));
  co_return co_await run.run();
}

}  // namespace tarn::tables
