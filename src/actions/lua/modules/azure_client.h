#pragma once

#include "actions/lua/modules/cloud_http.h"
#include "base/clock.h"
#include "base/secret.h"

#include <map>
#include <string>
#include <string_view>

namespace tarn::actions::lua {

/// What Azure refuses; the message has its words.
inline constexpr ErrorId kAzureRefused{ErrorKind::kInvalid, "refused by Azure"};
inline constexpr ErrorId kAzureMissing{ErrorKind::kNotFound, "no such blob"};

struct AzureBlobConfig {
  std::string account;
  /// Decoded.
  Secret key;
  /// `https://<account>.blob.core.windows.net`, or an emulator's with the account as its path.
  std::string url;
  RetryPolicy retry = CloudHttp::kRetry;
};

/// Blobs of one storage account, requests signed with its key. Thread-safe.
class AzureBlobClient {
 public:
  /// `client`, `clock` and `rng` outlive it.
  AzureBlobClient(http::Client& client, const Clock& clock, Rng& rng, AzureBlobConfig config);

  /// `path` is `<container>/<blob>`. Errors: kAzureMissing when blob or container are not there,
  /// kAzureRefused, those of the HTTP client, kInvalid beyond `bytes_max`.
  Task<Result<Bytes>> get(Context ctx, std::string path, std::size_t bytes_max);
  /// Replaces what is there.
  Task<Result<void>> put(Context ctx, std::string path, Bytes data);
  /// Errors: kAzureMissing, and the others.
  Task<Result<void>> remove(Context ctx, std::string path);

 private:
  Task<Result<CloudAnswer>> send(Context ctx, CloudRequest request, std::string path,
                                 std::size_t bytes_max);

  const Clock& clock_;
  AzureBlobConfig config_;
  CloudHttp http_;
};

/// The value of `Authorization` for a request (Shared Key of the Blob service, version 2015-02-21
/// and later). `target` is the path of the URL as it is sent, without a query.
std::string azure_authorization(std::string_view account, std::string_view key,
                                const CloudRequest& request, std::string_view target);

/// `abfss://<container>@<account>.dfs.core.windows.net/<path>` for
/// `https://<account>.{blob,adls}.core.windows.net/<container>/<path>`. Errors kInvalid for others.
Result<std::string> abfss_url(std::string_view url);

}  // namespace tarn::actions::lua
