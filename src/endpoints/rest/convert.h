#pragma once

#include "api/models.h"
#include "catalog/objects.h"
#include "graveler/store.h"

#include <string>

/// From the product's types to the interface's.
namespace tarn::endpoints::rest {

inline constexpr std::int64_t kMaxPerPage = 1000;
inline constexpr std::size_t kDefaultPerPage = 100;

template <class Page>
api::dto::Pagination pagination(const Page& page, std::string last) {
  api::dto::Pagination out;
  out.has_more = page.more;
  out.next_offset = page.more ? std::move(last) : std::string();
  out.results = static_cast<std::int64_t>(page.items.size());
  out.max_per_page = kMaxPerPage;
  return out;
}

inline graveler::PageRequest page_request(const std::optional<std::string>& prefix,
                                          const std::optional<std::string>& after,
                                          std::int64_t amount) {
  return {prefix.value_or(std::string()), after.value_or(std::string()),
          amount <= 0 ? kDefaultPerPage : static_cast<std::size_t>(amount)};
}

api::dto::Repository to_dto(const graveler::Repository& repository);
api::dto::Commit to_dto(const graveler::CommitRecord& commit);
/// Stats of an object; metadata only where it is asked for.
api::dto::ObjectStats to_dto(const graveler::Repository& repository, std::string path,
                             const graveler::Entry& entry, bool with_metadata);

/// `with_right` adds what the newer side holds (of what is gone, what it was).
api::dto::DiffList to_dto(const graveler::Paged<graveler::Difference>& page, bool with_right);

/// `"etag"`; as it is where it has quotes already.
std::string quoted_etag(const std::string& etag);

}  // namespace tarn::endpoints::rest
