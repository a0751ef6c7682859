// Feeds foreign bytes to the readers of request bodies and of documents. Invariants: nothing
// crashes; what is accepted is written so that it reads back the same; the parser and the
// recogniser that explains its refusals agree.

#include "api/codec.h"
#include "api/models.h"
#include "base/json.h"
#include "base/testing/require.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using tarn::testing::require;

template <class T>
void round_trip(std::string_view text) {
  tarn::Result<T> value = tarn::api::decode<T>(text);
  if (value) {
    const std::string written = tarn::api::encode(*value);
    tarn::Result<T> again = tarn::api::decode<T>(written);
    require(again.has_value() && tarn::api::encode(*again) == written);
  }
  (void)tarn::api::decode_response<T>(text).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace dto = tarn::api::dto;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip<dto::Policy>(text);
  round_trip<dto::CommitRecordCreation>(text);
  round_trip<dto::ImportCreation>(text);
  round_trip<dto::CompletePresignMultipartUpload>(text);
  round_trip<dto::ExternalLoginInformation>(text);
  round_trip<dto::PullRequest>(text);
  round_trip<dto::StorageConfigList>(text);
  const bool accepted = tarn::parse_json(text).has_value();
  if (accepted) {
    require(!tarn::find_json_error(text).has_value());
  }
  return 0;
}
