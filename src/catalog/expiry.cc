#include "catalog/expiry.h"

#include "kv/row_scan.h"

#include <utility>
#include <vector>

namespace tarn::catalog {
namespace {

constexpr std::size_t kRepositoriesPerPage = 1000;

}  // namespace

Task<Result<void>> remove_old_rows(Context ctx, kv::Store& store, graveler::Refs& refs,
                                   std::string folder,
                                   std::function<Result<bool>(ByteView row)> is_old) {
  kv::ScanOptions options;
  options.prefix = std::move(folder);
  graveler::PageRequest page;
  page.amount = kRepositoriesPerPage;
  for (bool more = true; more;) {
    TARN_CO_TRY(const graveler::Paged<graveler::Repository> repositories,
                co_await refs.list_repositories(ctx, page, std::string()));
    for (const graveler::Repository& repository : repositories.items) {
      page.after = repository.id.str();
      const std::string partition = repository.partition();
      for (kv::RowScan scan(store, partition, options); !scan.ended();) {
        TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
        for (const kv::Entry& row : rows) {
          TARN_CO_TRY(const bool old, is_old(row.value));
          if (old) {
            kv::Key key{partition, row.key};
            TARN_CO_CHECK_OK(co_await store.remove(ctx, std::move(key)));
          }
        }
      }
    }
    more = repositories.more;
  }
  co_return Result<void>();
}

}  // namespace tarn::catalog
