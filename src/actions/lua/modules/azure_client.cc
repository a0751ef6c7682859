#include "actions/lua/modules/azure_client.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kVersion = "2021-08-06";
constexpr std::size_t kRefusalBytesMax = 64 * kKiB;
/// What stays as it is in the path of a blob.
constexpr std::string_view kPathKeep = "/$&+,:;=@!'()*";

/// Text of an element of an XML answer; empty when it is not there.
std::string_view element(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::size_t at = xml.find(open);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = xml.substr(at + open.size());
  return rest.substr(0, rest.find('<'));
}

Error refused(std::string_view method, std::string_view path, const CloudAnswer& answer) {
  // HEAD has no body, DELETE and others may have none.
  std::string code(answer.headers.get("x-ms-error-code"));
  if (code.empty()) {
    code = element(answer.body, "Code");
  }
  const ErrorId& id = answer.status == 404 ? kAzureMissing : kAzureRefused;
  const std::string message = excerpt(element(answer.body, "Message"));
  return Error::with_message(
      id, fmt::format("azure client: {} {}: status {} {}{}{}", method, path, answer.status, code,
                      message.empty() ? "" : ": ", message));
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string azure_authorization(std::string_view account, std::string_view key,
                                const CloudRequest& request, std::string_view target) {
  std::string text = request.method + "\n";
  for (const std::string_view name : {"Content-Encoding", "Content-Language"}) {
    text.append(request.headers.get(name)).append("\n");
  }
  text.append(request.body.empty() ? "" : std::to_string(request.body.size())).append("\n");
  // Date stays empty: x-ms-date takes its place.
  for (const std::string_view name :
       {"Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match",
        "If-Unmodified-Since", "Range"}) {
    text.append(request.headers.get(name)).append("\n");
  }
  std::map<std::string, std::string> own;
  for (const http::Headers::Field& field : request.headers) {
    const std::string name = ascii_lower(field.name);
    if (name.starts_with("x-ms-")) {
      own[name] = field.value;
    }
  }
  for (const auto& [name, value] : own) {
    text.append(name).append(":").append(value).append("\n");
  }
  text.append("/").append(account).append(target);
  return fmt::format("SharedKey {}:{}", account, base64_encode(hmac_sha256(key, text)));
}

AzureBlobClient::AzureBlobClient(http::Client& client, const Clock& clock, Rng& rng,
                                 AzureBlobConfig config)
    : clock_(clock), config_(std::move(config)), http_(client, rng, config_.url, config_.retry) {}

Task<Result<CloudAnswer>> AzureBlobClient::send(Context ctx, CloudRequest request, std::string path,
                                                std::size_t bytes_max) {
  request.target = "/" + percent_encode(path, kPathKeep);
  request.headers.set("x-ms-date", format_http_date(clock_.now()));
  request.headers.set("x-ms-version", std::string(kVersion));
  request.headers.set("Authorization", azure_authorization(config_.account, config_.key.reveal(),
                                                           request, http_.path() + request.target));
  const std::string method = request.method;
  Result<CloudAnswer> answer = co_await http_.send(std::move(ctx), std::move(request), bytes_max);
  if (!answer) {
    co_return std::move(answer).error().wrap(fmt::format("azure client: {} {}", method, path));
  }
  if (answer->status < 200 || answer->status > 299) {
    co_return refused(method, path, *answer);
  }
  co_return *std::move(answer);
}

Task<Result<Bytes>> AzureBlobClient::get(Context ctx, std::string path, std::size_t bytes_max) {
  CloudRequest request;
  request.method = "GET";
  TARN_CO_TRY(CloudAnswer answer, co_await send(std::move(ctx), std::move(request), std::move(path),
                                                std::max(bytes_max, kRefusalBytesMax)));
  co_return std::move(answer.body);
}

Task<Result<void>> AzureBlobClient::put(Context ctx, std::string path, Bytes data) {
  CloudRequest request;
  request.method = "PUT";
  request.headers.set("x-ms-blob-type", "BlockBlob");
  request.headers.set("Content-Type", "application/octet-stream");
  request.body = std::move(data);
  TARN_CO_CHECK_OK(
      co_await send(std::move(ctx), std::move(request), std::move(path), kRefusalBytesMax));
  co_return Result<void>();
}

Task<Result<void>> AzureBlobClient::remove(Context ctx, std::string path) {
  CloudRequest request;
  request.method = "DELETE";
  TARN_CO_CHECK_OK(
      co_await send(std::move(ctx), std::move(request), std::move(path), kRefusalBytesMax));
  co_return Result<void>();
}

Result<std::string> abfss_url(std::string_view url) {
  const auto invalid = [url] {
    return Error::with_message(kInvalid, fmt::format("expected valid Azure https URL: {}", url));
  };
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) {
    return invalid();
  }
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  const std::size_t second = slash == std::string_view::npos ? slash : rest.find('/', slash + 1);
  if (second == std::string_view::npos) {
    return invalid();
  }
  std::string_view account = rest.substr(0, slash);
  bool known = false;
  for (const std::string_view domain : {".blob.core.windows.net", ".adls.core.windows.net"}) {
    if (!known && account.ends_with(domain)) {
      account.remove_suffix(domain.size());
      known = true;
    }
  }
  const std::string_view container = rest.substr(slash + 1, second - slash - 1);
  if (!known || !is_word(account) || container.empty()) {
    return invalid();
  }
  return fmt::format("abfss://{}@{}.dfs.core.windows.net{}", container, account,
                     rest.substr(second));
}

}  // namespace tarn::actions::lua
