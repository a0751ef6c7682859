#pragma once

#include "actions/api_caller.h"
#include "tables/object_reader.h"

#include <optional>
#include <string>

namespace tarn::actions::lua {

/// A version of a repository as `user` sees it through the REST API. Errors: what the API refuses,
/// `lakeFS: api return non-2xx<status>: <message>`, by the kind of its status.
class ApiReader final : public tables::ObjectReader, public tables::ChangeReader {
 public:
  ApiReader(ApiCaller& api, std::string user, std::string repository, std::string ref)
      : api_(api),
        user_(std::move(user)),
        repository_(std::move(repository)),
        ref_(std::move(ref)) {}

  Task<Result<tables::ObjectPage>> list(Context ctx, std::string prefix, std::string after,
                                        std::size_t amount) override;
  Task<Result<std::optional<tables::TableObject>>> find(Context ctx, std::string path) override;
  Task<Result<Bytes>> get(Context ctx, std::string path) override;
  Task<Result<Bytes>> get_range(Context ctx, std::string path, std::uint64_t offset,
                                std::size_t size_bytes) override;
  Task<Result<tables::ChangePage>> changes(Context ctx, std::string from, std::string to,
                                           std::string prefix, std::string after,
                                           std::size_t amount) override;
  Task<Result<bool>> is_ancestor(Context ctx, std::string older, std::string newer) override;

 private:
  Task<Result<Bytes>> call(Context ctx, std::string target, std::string range = "");

  ApiCaller& api_;
  const std::string user_;
  const std::string repository_;
  const std::string ref_;
};

}  // namespace tarn::actions::lua
