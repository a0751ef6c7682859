#include "ctl/transfer/presign.h"

#include "base/time_text.h"
#include "ctl/errors.h"
#include "http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tarn::ctl {

Result<PreSign> negotiate_presign(Ctl& ctl, bool wanted, const std::string& repository) {
  PreSign out;
  if (!wanted) {
    return out;
  }
  TARN_TRY(const api::dto::Config config, ctl.server_config());
  std::optional<api::dto::StorageConfig> storage = config.storage_config;
  if (config.storage_config_list && config.storage_config_list->size() > 1) {
    TARN_TRY(const api::dto::Repository found,
             ctl.session().call<api::ops::GetRepository>({.repository = repository}));
    const std::string id = found.storage_id.value_or("");
    const auto row = std::ranges::find_if(
        *config.storage_config_list,
        [&](const api::dto::StorageConfig& one) { return one.blockstore_id.value_or("") == id; });
    if (row == config.storage_config_list->end()) {
      return failure(fmt::format("Storage config not found for repo {}", repository));
    }
    storage = *row;
  }
  if (storage) {
    out.on = storage->pre_sign_support;
    out.multipart = out.on && storage->pre_sign_multipart_upload.value_or(false);
  }
  return out;
}

bool about_to_expire(std::string_view signed_url, WallTime now) {
  const std::size_t question = signed_url.find('?');
  if (question == std::string_view::npos) {
    return true;
  }
  const Result<http::QueryPairs> query = http::parse_query(signed_url.substr(question + 1));
  if (!query) {
    return true;
  }
  std::optional<WallTime> made;
  std::optional<std::int64_t> seconds;
  for (const auto& [name, value] : *query) {
    if (name == "X-Amz-Date") {
      const Result<WallTime> time = parse_iso8601_basic(value);
      if (time) {
        made = *time;
      }
    } else if (name == "X-Amz-Expires") {
      std::int64_t number = 0;
      const auto [at, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (wrong == std::errc() && at == value.data() + value.size()) {
        seconds = number;
      }
    }
  }
  constexpr std::int64_t margin = 15;
  return !made || !seconds || unix_seconds(*made) + *seconds - margin <= unix_seconds(now);
}

}  // namespace tarn::ctl
