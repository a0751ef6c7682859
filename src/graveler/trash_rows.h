#pragma once

#include "graveler/trash.h"
#include "kv/errors.h"
#include "kv/row_scan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// What the parts of Trash share: its rows, by key and by kind. Private to them.
namespace tarn::graveler {

inline constexpr std::string_view kTrashPartition = "graveler";
inline constexpr std::string_view kDeletedRepositories = "deleted-repos/";
inline constexpr std::string_view kDeletedBranches = "deleted-branches/";
inline constexpr std::size_t kTrashRowsPerPage = 1000;

inline std::string row_key(const DeletedRepository& deleted) {
  return std::string(kDeletedRepositories) + deleted.key();
}
inline std::string branches_folder(const std::string& partition) {
  return std::string(kDeletedBranches) + partition + "/";
}
inline std::string row_key(const DeletedBranch& deleted) {
  return branches_folder(deleted.repository_id.str() + "-" + deleted.instance_uid) + deleted.key();
}
inline kv::Key kv_key(std::string key) { return {std::string(kTrashPartition), std::move(key)}; }

/// `start` empty = from the beginning.
inline kv::RowScan trash_below(kv::Store& store, std::string prefix, std::string start = {}) {
  kv::ScanOptions options;
  options.prefix = std::move(prefix);
  options.start = std::move(start);
  return kv::RowScan(store, std::string(kTrashPartition), std::move(options));
}

inline Result<DeletedRepository> decode_row(const kv::Entry& row, const DeletedRepository*) {
  return decode_deleted_repository(row.value);
}
inline Result<DeletedBranch> decode_row(const kv::Entry& row, const DeletedBranch*) {
  TARN_TRY(DeletedBranch deleted, decode_deleted_branch(row.value));
  deleted.uid = row.key.substr(row.key.rfind('/') + 1);
  return deleted;
}

/// A row of the trash with its stored bytes, for compare-and-swap.
template <class T>
struct Trash::Row {
  T deleted;
  Bytes bytes;
};

/// The last row below `prefix` that can be brought back, or the one of that uid.
template <class T>
Task<Result<std::optional<Trash::Row<T>>>> Trash::find_row(Context ctx, std::string prefix,
                                                           std::optional<std::string> uid) {
  std::optional<Row<T>> found;
  for (kv::RowScan scan = trash_below(services_.kv, prefix); !scan.ended();) {
    TARN_CO_TRY(std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (kv::Entry& entry : rows) {
      TARN_CO_TRY(T deleted, decode_row(entry, static_cast<const T*>(nullptr)));
      const bool wanted = !uid || entry.key == prefix + *uid;
      if (wanted && deleted.state != TrashState::kPurging && !due(deleted.deleted_at)) {
        found = Row<T>{std::move(deleted), std::move(entry.value)};
      }
    }
  }
  co_return found;
}

/// Errors: kv::kPredicateFailed (somebody else was faster).
template <class T>
Task<Result<Trash::Row<T>>> Trash::claim(Context ctx, Row<T> row, TrashState state) {
  row.deleted.state = state;
  Bytes next = encode(row.deleted);
  if (next != row.bytes) {
    kv::Predicate unchanged = kv::Predicate::equals(std::move(row.bytes));
    TARN_CO_CHECK_OK(co_await services_.kv.set_if(ctx, kv_key(row_key(row.deleted)), next,
                                                  std::move(unchanged)));
  }
  row.bytes = std::move(next);
  co_return row;
}

template <class T>
Task<Result<Paged<T>>> Trash::list_deleted(Context ctx, std::string folder, PageRequest page,
                                           bool due_ones) {
  Paged<T> out;
  std::string start = page.after.empty() ? std::string() : kv::next_key(folder + page.after);
  for (kv::RowScan scan = trash_below(services_.kv, folder + page.prefix, std::move(start));
       !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(T deleted, decode_row(row, static_cast<const T*>(nullptr)));
      const bool ended = deleted.state == TrashState::kPurging || due(deleted.deleted_at);
      if (ended != due_ones) {
        continue;
      }
      if (!due_ones) {
        TARN_CO_TRY(const bool live, co_await is_live(ctx, deleted));
        if (live) {
          continue;
        }
      }
      if (out.items.size() == page.amount) {
        out.more = true;
        co_return out;
      }
      out.items.push_back(std::move(deleted));
    }
  }
  co_return out;
}

}  // namespace tarn::graveler
