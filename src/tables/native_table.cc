#include "tables/native_table.h"

#include "tables/errors.h"
#include "tables/glue_input.h"
#include "tables/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

/// What the user says of `key`, with the members of `own` over it.
Result<Json> merged(const Json& user_input, std::string_view key, const Json& own) {
  const Json* given = user_input.find(key);
  if (given != nullptr && !given->is_object()) {
    return Error::with_message(kBadTableInput,
                               fmt::format("create_table_input: {} must be an object", key));
  }
  Json out = given == nullptr ? Json::object() : *given;
  for (const Json::Member& member : own.members()) {
    out.set(member.key, member.value);
  }
  return out;
}

}  // namespace

std::string table_prefix(const TableDescriptor& descriptor) {
  return PartitionLayout(descriptor.path, {}).prefix();
}

Task<Result<bool>> only_added(Context ctx, ChangeReader& changes, TableChanges difference,
                              std::function<bool(const std::string&)> matters) {
  std::string after;
  while (true) {
    const Result<ChangePage> page = co_await changes.changes(
        ctx, difference.from, difference.to, difference.prefix, after, difference.page_objects);
    if (!page && page.error().kind() == ErrorKind::kNotFound) {
      co_return false;  // a commit is gone
    }
    if (!page) {
      co_return page.error();
    }
    if (std::ranges::any_of(page->replaced, matters)) {
      co_return false;
    }
    if (!page->has_more) {
      co_return true;
    }
    if (page->next_after <= after) {
      co_return Error(kInternal, "a difference does not advance");
    }
    after = page->next_after;
  }
}

Result<Json> make_native_input(Json columns, std::string name, std::string location,
                               const Json& storage, const Json& parameters, Json user_input) {
  if (!user_input.is_object()) {
    return Error::with_message(kBadTableInput, "create_table_input: it must be an object");
  }
  TARN_TRY(Json described, merged(user_input, "StorageDescriptor", storage));
  TARN_TRY(Json said, merged(user_input, "Parameters", parameters));
  described.set("Columns", std::move(columns));
  described.set("Location", std::move(location));
  user_input.set("Name", std::move(name));
  user_input.set("Parameters", std::move(said));
  user_input.set("PartitionKeys", Json::array());
  user_input.set("StorageDescriptor", std::move(described));
  user_input.set("TableType", "EXTERNAL_TABLE");
  return normalize_table_input(user_input);
}

}  // namespace tarn::tables
