#pragma once

#include "endpoints/s3/naming.h"

#include <cstdint>
#include <string_view>

namespace tarn::endpoints::s3 {

/// What address and method ask for; query and headers refine it (dispatch.h). Metrics are labelled
/// by these.
enum class Operation : std::uint8_t {
  kListBuckets,
  kListObjects,  ///< and everything else that GET asks of a bucket
  kHeadBucket,
  kPutBucket,
  kDeleteObjects,
  kDeleteBucket,
  kGetObject,
  kHeadObject,
  kPutObject,
  kPostObject,
  kDeleteObject,
  kNotFound,
};
inline constexpr std::size_t kOperationCount = 12;

Operation operation_of(const Address& address, std::string_view method);

/// The label of metrics, lakeFS's; `DELETE bucket` is `unsupported`.
std::string_view to_string(Operation operation);

/// A sub-resource named in the query that the operation does not have.
bool names_unsupported(Operation operation, const http::QueryPairs& query);

}  // namespace tarn::endpoints::s3
