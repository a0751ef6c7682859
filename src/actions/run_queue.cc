#include "actions/run_queue.h"

#include "base/log.h"
#include "kv/row_scan.h"

#include <algorithm>
#include <utility>

namespace tarn::actions {
namespace {

constexpr std::string_view kPartition = "actions-queue";

}  // namespace

Task<Result<void>> RunQueue::put(Context ctx, RunOrder order) {
  kv::Key key{std::string(kPartition), order.record.run_id};
  Bytes value = encode(order);
  co_return co_await kv_.set(std::move(ctx), std::move(key), std::move(value));
}

Task<Result<void>> RunQueue::remove(Context ctx, std::string run_id) {
  kv::Key key{std::string(kPartition), std::move(run_id)};
  co_return co_await kv_.remove(std::move(ctx), std::move(key));
}

Task<Result<std::vector<StoredOrder>>> RunQueue::load(Context ctx) {
  std::vector<StoredOrder> out;
  for (kv::RowScan scan(kv_, std::string(kPartition), {}); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& entry : rows) {
      Result<StoredOrder> order = decode_order(entry.value);
      if (order) {
        out.push_back(*std::move(order));
      } else {
        log::error("a waiting run of actions cannot be read",
                   {{"run", entry.key}, {"error", order.error().message()}});
      }
    }
  }
  std::ranges::reverse(out);  // ids of runs fall with time
  co_return out;
}

}  // namespace tarn::actions
