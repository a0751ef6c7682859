#include "actions/lua/modules/gcloud_client.h"
#include "actions/lua/testing/server_bench.h"
#include "base/encoding.h"
#include "http/testing/imposter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

// `gcloud` against an imposter that gives tokens and takes objects.

namespace tarn::actions::lua {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::HasSubstr;
using testing::ServerBench;

/// A key of a service account.
class RsaKey {
 public:
  RsaKey() : key_(EVP_RSA_gen(2048)) {}
  ~RsaKey() { EVP_PKEY_free(key_); }
  RsaKey(const RsaKey&) = delete;
  RsaKey& operator=(const RsaKey&) = delete;

  std::string pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key_, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  }

  bool verifies(std::string_view text, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key_);
    const int verified = EVP_DigestVerify(
        context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
        reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return verified == 1;
  }

 private:
  EVP_PKEY* key_;
};

class LuaGcloud : public ::testing::Test {
 protected:
  Json service_account() const {
    return Json::object({{"type", "service_account"},
                         {"client_email", "hook@project.iam.gserviceaccount.com"},
                         {"private_key_id", "k1"},
                         {"private_key", key_.pem()},
                         {"token_uri", imposter_.base_url() + "/token"}});
  }
  std::string run(const std::string& script, const Json& credentials) {
    bench_.args.set("credentials", credentials.dump()).set("url", imposter_.base_url());
    const auto outcome =
        bench_.run("local gs = require('gcloud').gs_client(args.credentials, args.url) " + script);
    return outcome.error.empty() ? outcome.output : "error: " + outcome.raised();
  }

  Reply answer(const ReceivedRequest& request) {
    Reply reply;
    if (request.path() == "/token") {
      grant_ = request.body;
      reply.status = token_status;
      reply.body = token_status == 200
                       ? R"({"access_token":"t-1","expires_in":3599,"token_type":"Bearer"})"
                       : R"({"error":"invalid_grant","error_description":"who are you"})";
      return reply;
    }
    EXPECT_EQ(request.headers.get("Authorization"), "Bearer t-1");
    uploads_.push_back(request);
    reply.status = upload_status;
    reply.body = upload_status == 200 ? "{}" : R"({"error":{"code":403,"message":"no access"}})";
    return reply;
  }

  unsigned token_status = 200;
  unsigned upload_status = 200;
  const RsaKey key_;
  std::string grant_;
  std::vector<ReceivedRequest> uploads_;
  Imposter imposter_{[this](const ReceivedRequest& request) { return answer(request); }};
  ServerBench bench_;
};

TEST_F(LuaGcloud, WritesSymlinksAsAServiceAccount) {
  EXPECT_EQ(run(R"(
    gs.write_fuse_symlink("gs://bucket/ns/data/x", "gs://exports/main/a b/x.csv",
                          {from = "gs://bucket", to = "/home/mount"})
  )",
                service_account()),
            "");
  ASSERT_EQ(uploads_.size(), 1U);
  EXPECT_EQ(uploads_[0].target, "/upload/storage/v1/b/exports/o?uploadType=multipart");
  EXPECT_THAT(
      uploads_[0].body,
      HasSubstr("\r\n\r\n{\"name\":\"main/a b/x.csv\",\"metadata\":{\"gcsfuse_symlink_target\":"
                "\"/home/mount/ns/data/x\"}}\r\n"));
  const std::string type(uploads_[0].headers.get("Content-Type"));
  EXPECT_TRUE(type.starts_with("multipart/related; boundary=")) << type;
  EXPECT_TRUE(uploads_[0].body.ends_with("--" + type.substr(type.find('=') + 1) + "--\r\n"));

  const std::string start =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(grant_.starts_with(start)) << grant_;
  const std::string token = grant_.substr(start.size());
  const std::size_t dot = token.rfind('.');
  EXPECT_TRUE(key_.verifies(token.substr(0, dot), base64url_decode(token.substr(dot + 1)).value()));
  const std::size_t first = token.find('.');
  EXPECT_EQ(base64url_decode(token.substr(0, first)).value(),
            R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  const Json claims =
      parse_json(base64url_decode(token.substr(first + 1, dot - first - 1)).value()).value();
  EXPECT_EQ(claims.string_or("iss", ""), "hook@project.iam.gserviceaccount.com");
  EXPECT_EQ(claims.string_or("aud", ""), imposter_.base_url() + "/token");
  EXPECT_EQ(claims.int_or("exp", 0) - claims.int_or("iat", 0), 3600);
}

TEST_F(LuaGcloud, TheTargetOfALink) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{}", "gs://bucket/a"},
      {"nil", "gs://bucket/a"},
      {"{from = 'gs://bucket'}", "/a"},
      {"{from = 'gs://other', to = '/m'}", "/m/gs://bucket/a"},
      {"{from = 'gs://bucket/', to = '/m/'}", "/m/a"},
  };
  for (const auto& [mount, expected] : rows) {
    uploads_.clear();
    EXPECT_EQ(
        run("gs.write_fuse_symlink('gs://bucket/a', 'gs://exports/x', " + std::string(mount) + ")",
            service_account()),
        "");
    EXPECT_THAT(uploads_.at(0).body, HasSubstr("\"" + std::string(expected) + "\"}}")) << mount;
  }
}

TEST_F(LuaGcloud, WritesSymlinksAsAUser) {
  const Json user = Json::object({{"type", "authorized_user"},
                                  {"client_id", "c 1"},
                                  {"client_secret", "s"},
                                  {"refresh_token", "r/1"},
                                  {"token_uri", imposter_.base_url() + "/token"}});
  EXPECT_EQ(run("gs.write_fuse_symlink('a', 'gs://exports/x')", user), "");
  EXPECT_EQ(grant_, "grant_type=refresh_token&client_id=c%201&client_secret=s&refresh_token=r%2F1");
  EXPECT_EQ(uploads_.size(), 1U);
}

TEST_F(LuaGcloud, SaysWhatGoogleSays) {
  token_status = 400;
  EXPECT_THAT(run("gs.write_fuse_symlink('a', 'gs://exports/x')", service_account()),
              HasSubstr("gcloud client: token: status 400: invalid_grant: who are you"));
  token_status = 200;
  upload_status = 403;
  EXPECT_THAT(run("gs.write_fuse_symlink('a', 'gs://exports/x')", service_account()),
              HasSubstr("gcloud client: gs://exports/x: status 403: no access"));
}

TEST_F(LuaGcloud, GoesWhereHooksMay) {
  bench_.refuse_hosts();
  EXPECT_THAT(run("gs.write_fuse_symlink('a', 'gs://exports/x')", service_account()),
              HasSubstr("127.0.0.1: hooks may not go there"));
  EXPECT_TRUE(imposter_.requests().empty());
}

TEST_F(LuaGcloud, RefusesBadInput) {
  for (const char* place : {"", "exports/x", "s3://exports/x", "gs://exports", "gs://exports/"}) {
    EXPECT_THAT(run("gs.write_fuse_symlink('a', '" + std::string(place) + "')", service_account()),
                HasSubstr("error: "))
        << place;
  }
  EXPECT_THAT(run("gs.write_fuse_symlink('\\xff', 'gs://exports/x')", service_account()),
              HasSubstr("must be UTF-8"));
  EXPECT_TRUE(uploads_.empty());

  Json credentials = service_account();
  credentials.set("private_key", "no key");
  EXPECT_THAT(run("gs.write_fuse_symlink('a', 'gs://exports/x')", credentials),
              HasSubstr("gcloud credentials: `private_key` is no RSA key in PEM"));
  credentials = service_account();
  credentials.set("client_email", Json());
  EXPECT_THAT(run("", credentials), HasSubstr("gcloud credentials: `client_email` is missing"));
  credentials.set("type", "external_account");
  EXPECT_THAT(run("", credentials), HasSubstr("type `external_account` is not supported"));
  EXPECT_THAT(run("", Json("text")), HasSubstr("gcloud credentials: no JSON object"));
}

}  // namespace
}  // namespace tarn::actions::lua
