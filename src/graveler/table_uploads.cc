#include "graveler/table_uploads.h"

#include "base/fault_points.h"
#include "runtime/loop_event.h"

#include <boost/asio/this_coro.hpp>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tarn::graveler {
namespace {

/// Bytes of files under way at once, unless a single one is larger.
constexpr std::size_t kUploadBytesMax = 48 * kMiB;
/// With more than this, tables are read from the store as soon as they are in it.
constexpr std::size_t kReadableBytesMax = 16 * kMiB;

}  // namespace

struct TableUploads::State {
  struct Waiting {
    std::string id;
    Bytes file;
  };
  struct Readable {
    TablePtr table;
    std::size_t size_bytes = 0;
  };

  State(Context c, Tables& t, StorageNamespace n, bool k)
      : ctx(std::move(c)), tables(t), storage_namespace(std::move(n)), keeps_readable(k) {}

  const Context ctx;
  Tables& tables;
  const StorageNamespace storage_namespace;
  const bool keeps_readable;
  std::size_t running = 0;
  std::size_t running_bytes = 0;
  std::optional<Error> failure;
  LoopEvent changed;
  std::vector<Waiting> metaranges;
  std::map<std::string, Readable> readable;
  std::size_t readable_bytes = 0;

  Result<void> keep(const std::string& id, const Bytes& file) {
    if (!keeps_readable) {
      return {};
    }
    TARN_TRY(TablePtr table, tables.open_bytes(id, file));
    if (readable.insert_or_assign(id, Readable{std::move(table), file.size()}).second) {
      readable_bytes += file.size();
    }
    return {};
  }
  void let_go(const std::string& id) {
    const auto found = readable.find(id);
    if (found != readable.end()) {
      readable_bytes -= found->second.size_bytes;
      readable.erase(found);
    }
  }
  bool full_for(std::size_t size_bytes) const {
    return running > 0 &&
           (running >= tables.uploads_max() || running_bytes + size_bytes > kUploadBytesMax);
  }
};

TableUploads::TableUploads(Context ctx, Tables& tables, StorageNamespace storage_namespace,
                           Reading reading)
    : state_(std::make_shared<State>(std::move(ctx), tables, std::move(storage_namespace),
                                     reading == Reading::kYes)) {}

TableUploads::~TableUploads() = default;

Task<void> TableUploads::upload(std::shared_ptr<State> state, std::string id, Bytes file) {
  const std::size_t size_bytes = file.size();
  Result<void> written = Error(kInternal, "an upload that threw");
  try {
    written =
        co_await state->tables.write(state->ctx, state->storage_namespace, id, std::move(file));
  } catch (const std::exception& e) {
    written = Error(kInternal, e.what());
  }
  if (!written && !state->failure) {
    state->failure = std::move(written).error();
  }
  if (state->readable_bytes > kReadableBytesMax) {
    state->let_go(id);
  }
  --state->running;
  state->running_bytes -= size_bytes;
  state->changed.notify();
}

Task<Result<void>> TableUploads::start(std::string id, Bytes file) {
  const std::shared_ptr<State> state = state_;
  while (!state->failure && state->full_for(file.size())) {
    co_await state->changed.wait();
  }
  if (state->failure) {
    co_return *state->failure;
  }
  auto executor = co_await boost::asio::this_coro::executor;
  const std::size_t size_bytes = file.size();
  ++state->running;
  state->running_bytes += size_bytes;
  Task<void> task = upload(state, std::move(id), std::move(file));
  if (!state->tables.background().spawn(executor, std::move(task))) {
    --state->running;
    state->running_bytes -= size_bytes;
    co_return Error(kCancelled, "the store is closing");
  }
  co_return Result<void>();
}

Task<Result<void>> TableUploads::add_range(std::string id, Bytes file) {
  TARN_CO_CHECK_OK(state_->keep(id, file));
  co_return co_await start(std::move(id), std::move(file));
}

Result<void> TableUploads::add_metarange(std::string id, Bytes file) {
  TARN_CHECK_OK(state_->keep(id, file));
  state_->metaranges.push_back({std::move(id), std::move(file)});
  return {};
}

Task<Result<void>> TableUploads::wait() {
  const std::shared_ptr<State> state = state_;
  std::vector<State::Waiting> metaranges = std::exchange(state->metaranges, {});
  while (state->running > 0) {
    co_await state->changed.wait();
  }
  if (!metaranges.empty() && !state->failure) {
    TARN_FAULT_POINT("graveler.tree.before_metarange");
  }
  for (State::Waiting& metarange : metaranges) {
    TARN_CO_CHECK_OK(co_await start(std::move(metarange.id), std::move(metarange.file)));
  }
  while (state->running > 0) {
    co_await state->changed.wait();
  }
  if (state->failure) {
    co_return *state->failure;
  }
  co_return Result<void>();
}

const StorageNamespace& TableUploads::storage_namespace() const {
  return state_->storage_namespace;
}

bool TableUploads::failed() const { return state_->failure.has_value(); }

TablePtr TableUploads::find(const std::string& id) const {
  const auto found = state_->readable.find(id);
  return found == state_->readable.end() ? nullptr : found->second.table;
}

std::size_t TableUploads::readable_bytes() const { return state_->readable_bytes; }

}  // namespace tarn::graveler
