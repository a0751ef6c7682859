#pragma once

#include "graveler/trash.h"
#include "kv/errors.h"

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

inline std::string key_after(std::string_view folder, const std::string& after) {
  return kv::next_key(std::string(folder) + after);
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
  kv::ScanOptions options;
  options.prefix = prefix;
  options.start = prefix;
  for (;;) {
    TARN_CO_TRY(kv::Page page,
                co_await services_.kv.scan(ctx, std::string(kTrashPartition), options));
    if (page.entries.empty()) {
      co_return found;
    }
    options.start = kv::next_key(page.entries.back().key);
    for (kv::Entry& entry : page.entries) {
      TARN_CO_TRY(T deleted, decode_row(entry, static_cast<const T*>(nullptr)));
      const bool wanted = !uid || entry.key == prefix + *uid;
      if (wanted && deleted.state != TrashState::kPurging && !due(deleted.deleted_at)) {
        found = Row<T>{std::move(deleted), std::move(entry.value)};
      }
    }
    if (!page.more) {
      co_return found;
    }
  }
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
  kv::ScanOptions options;
  options.prefix = folder + page.prefix;
  options.start =
      page.after.empty() ? options.prefix : std::max(options.prefix, key_after(folder, page.after));
  for (;;) {
    TARN_CO_TRY(const kv::Page rows,
                co_await services_.kv.scan(ctx, std::string(kTrashPartition), options));
    for (const kv::Entry& row : rows.entries) {
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
    if (!rows.more || rows.entries.empty()) {
      co_return out;
    }
    options.start = kv::next_key(rows.entries.back().key);
  }
}

}  // namespace tarn::graveler
