#include "actions/lua/modules/gcloud_client.h"

#include "base/encoding.h"
#include "base/json.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <chrono>
#include <memory>

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kTokenUrl = "https://oauth2.googleapis.com/token";
constexpr std::string_view kScope = "https://www.googleapis.com/auth/devstorage.read_write";
constexpr std::chrono::seconds kAssertionAge{3600};
constexpr std::size_t kAnswerBytesMax = kMiB;
constexpr std::string_view kSymlinkMetadata = "gcsfuse_symlink_target";

Error bad(std::string message) {
  return Error::with_message(kInvalid, "gcloud credentials: " + std::move(message));
}

Error refused(std::string_view what, const CloudAnswer& answer) {
  // {"error":{"message":…}} of the storage, {"error":…,"error_description":…} of tokens.
  std::string message = excerpt(answer.body);
  if (const Result<Json> body = parse_json(answer.body)) {
    const Json* inner = body->find_path({"error", "message"});
    if (inner != nullptr && inner->is_string()) {
      message = *inner->as_string();
    } else if (const Json* error = body->find("error"); error != nullptr && error->is_string()) {
      message =
          fmt::format("{}: {}", *error->as_string(), body->string_or("error_description", ""));
    }
  }
  return Error::with_message(kGoogleRefused, fmt::format("gcloud client: {}: status {}: {}", what,
                                                         answer.status, message));
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// RSASSA-PKCS1-v1_5 with SHA-256.
Result<std::string> sign_rs256(const std::string& pem, std::string_view text) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without a callback a key that needs a password would ask for it on the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return bad("`private_key` is no RSA key in PEM");
  }
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
    return bad("`private_key` cannot sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace

Result<GoogleCredentials> parse_google_credentials(std::string_view json) {
  const Result<Json> parsed = parse_json(json);
  if (!parsed || !parsed->is_object()) {
    return bad("no JSON object");
  }
  const auto text = [&parsed](std::string_view name) -> Result<std::string> {
    std::string value = parsed->string_or(name, "");
    if (value.empty()) {
      return bad(fmt::format("`{}` is missing", name));
    }
    return value;
  };
  GoogleCredentials out;
  out.token_url = parsed->string_or("token_uri", kTokenUrl);
  TARN_TRY(const std::string type, text("type"));
  if (type == "service_account") {
    TARN_TRY(out.client_email, text("client_email"));
    TARN_TRY(std::string key, text("private_key"));
    out.private_key = Secret(std::move(key));
    out.private_key_id = parsed->string_or("private_key_id", "");
    return out;
  }
  if (type == "authorized_user") {
    out.type = GoogleCredentials::Type::kAuthorizedUser;
    TARN_TRY(out.client_id, text("client_id"));
    TARN_TRY(std::string secret, text("client_secret"));
    TARN_TRY(std::string token, text("refresh_token"));
    out.client_secret = Secret(std::move(secret));
    out.refresh_token = Secret(std::move(token));
    return out;
  }
  return bad(fmt::format("type `{}` is not supported", type));
}

Result<std::string> google_assertion(const GoogleCredentials& credentials, WallTime now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  Json head = Json::object({{"alg", "RS256"}, {"typ", "JWT"}});
  if (!credentials.private_key_id.empty()) {
    head.set("kid", credentials.private_key_id);
  }
  const Json claims = Json::object({{"iss", credentials.client_email},
                                    {"scope", kScope},
                                    {"aud", credentials.token_url},
                                    {"iat", seconds},
                                    {"exp", seconds + kAssertionAge.count()}});
  const std::string text = base64url_encode(head.dump()) + "." + base64url_encode(claims.dump());
  TARN_TRY(const std::string signature, sign_rs256(credentials.private_key.reveal(), text));
  return text + "." + base64url_encode(signature);
}

GoogleStorageClient::GoogleStorageClient(http::Client& client, const Clock& clock, Rng& rng,
                                         GoogleCredentials credentials, std::string url,
                                         RetryPolicy retry)
    : client_(client),
      clock_(clock),
      rng_(rng),
      credentials_(std::move(credentials)),
      retry_(retry),
      storage_(client, rng, url, retry) {}

Task<Result<std::string>> GoogleStorageClient::fetch_token(Context ctx) {
  CloudRequest request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  if (credentials_.type == GoogleCredentials::Type::kServiceAccount) {
    TARN_CO_TRY(const std::string assertion, google_assertion(credentials_, clock_.now()));
    request.body =
        fmt::format("grant_type={}&assertion={}",
                    percent_encode("urn:ietf:params:oauth:grant-type:jwt-bearer"), assertion);
  } else {
    request.body = fmt::format(
        "grant_type=refresh_token&client_id={}&client_secret={}"
        "&refresh_token={}",
        percent_encode(credentials_.client_id), percent_encode(credentials_.client_secret.reveal()),
        percent_encode(credentials_.refresh_token.reveal()));
  }
  // The URL is all path to CloudHttp.
  CloudHttp tokens(client_, rng_, credentials_.token_url, retry_);
  TARN_CO_TRY(const CloudAnswer answer,
              co_await tokens.send(std::move(ctx), std::move(request), kAnswerBytesMax));
  if (answer.status != 200) {
    co_return refused("token", answer);
  }
  TARN_CO_TRY(const Json body, parse_json(answer.body));
  co_return body.get_string("access_token");
}

Task<Result<void>> GoogleStorageClient::put_symlink(Context ctx, std::string bucket,
                                                    std::string object, std::string target) {
  // One token for each object: hooks write few, and nothing is kept that could be stolen.
  TARN_CO_TRY(const std::string token, co_await fetch_token(ctx));
  constexpr std::string_view kBoundary = "tarn-symlink-3f0c6a1d";
  Json metadata = Json::object();
  metadata.set(kSymlinkMetadata, target);
  Json resource = Json::object({{"name", object}});
  resource.set("metadata", std::move(metadata));
  CloudRequest request;
  request.method = "POST";
  request.target =
      fmt::format("/upload/storage/v1/b/{}/o?uploadType=multipart", percent_encode(bucket));
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("Content-Type", fmt::format("multipart/related; boundary={}", kBoundary));
  request.body = fmt::format(
      "--{0}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{1}\r\n"
      "--{0}\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--{0}--\r\n",
      kBoundary, resource.dump());
  Result<CloudAnswer> answer =
      co_await storage_.send(std::move(ctx), std::move(request), kAnswerBytesMax);
  const std::string what = fmt::format("gs://{}/{}", bucket, object);
  if (!answer) {
    co_return std::move(answer).error().wrap("gcloud client: " + what);
  }
  if (answer->status < 200 || answer->status > 299) {
    co_return refused(what, *answer);
  }
  co_return Result<void>();
}

}  // namespace tarn::actions::lua
