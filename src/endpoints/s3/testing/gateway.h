#pragma once

#include "auth/service.h"
#include "aws/sigv4.h"
#include "base/assert.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "block/path_provider.h"
#include "catalog/multipart_uploads.h"
#include "catalog/objects.h"
#include "endpoints/s3/endpoint.h"
#include "graveler/testing/world.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tarn::endpoints::s3::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A response with its whole body.
struct Answer {
  unsigned status = 0;
  http::Headers headers;
  std::string body;
  std::optional<std::uint64_t> content_length;

  /// The text of the first element of that name, as on the wire.
  std::string element(const std::string& name) const {
    const std::size_t start = body.find("<" + name + ">");
    if (start == std::string::npos) {
      return "no " + name;
    }
    const std::size_t text = start + name.size() + 2;
    return body.substr(text, body.find("</" + name + ">", text) - text);
  }
  /// `<status> <error code>`.
  std::string error() const { return std::to_string(status) + " " + element("Code"); }
};

/// A gateway over memory drivers with an administrator, a repository `repo` and its branch `main`.
class Gateway {
 public:
  explicit Gateway(Config config = default_config())
      : config_(std::move(config)), key_(setup("admin")) {}

  static Config default_config() {
    Config config;
    config.domains = {"s3.test"};
    return config;
  }

  http::Request request(std::string method, std::string target, std::string body = "",
                        Fields fields = {}) {
    http::Request out;
    out.method = std::move(method);
    out.target = std::move(target);
    out.headers.add("Host", host);
    out.peer_address = "127.0.0.1";
    for (auto& [name, value] : fields) {
      out.headers.add(name, value);
    }
    out.content_length = body.size();
    out.body = memory_source(std::move(body));
    return out;
  }
  void sign(http::Request& request, std::string_view payload_hash) {
    aws::Credentials credentials{key_->access_key_id, key_->secret_access_key, Secret(), {}};
    aws::sign(request, credentials, {"us-east-1", "s3"}, world.clock.now(), payload_hash);
  }
  Answer send(http::Request request) {
    http::Response response = tarn::testing::run(
        endpoint.handle(Context("request-1", CancelToken()), std::move(request)));
    Answer out{response.status, std::move(response.headers), "", response.content_length};
    if (auto* bytes = std::get_if<Bytes>(&response.body)) {
      out.body = std::move(*bytes);
    } else {
      auto& source = std::get<std::unique_ptr<ByteSource>>(response.body);
      out.body = tarn::testing::run(read_all(Context(), *source, 64 * kMiB)).value();
    }
    return out;
  }
  /// A signed request, its body covered by the signature.
  Answer call(std::string method, std::string target, std::string body = "", Fields fields = {}) {
    const std::string hash = hex_encode(sha256(body));
    http::Request signed_request =
        request(std::move(method), std::move(target), std::move(body), std::move(fields));
    sign(signed_request, hash);
    return send(std::move(signed_request));
  }
  Answer put(const std::string& key, std::string body, Fields fields = {}) {
    return call("PUT", "/repo/" + key, std::move(body), std::move(fields));
  }
  std::string get(const std::string& key) { return call("GET", "/repo/" + key).body; }
  const auth::CredentialsPtr& key() const { return key_; }
  std::size_t stored_objects() {
    return tarn::testing::run(world.blocks->list(Context(), "bucket", "repo/data/", "", 1000))
        ->objects.size();
  }
  /// A branch `name` that starts at `main`.
  void branch(const std::string& name) {
    graveler::VersionStore::NewBranch request;
    request.id = BranchId::trusted(name);
    request.source = "main";
    const auto made =
        tarn::testing::run(world.store().create_branch(Context(), world.repo, std::move(request)));
    TARN_ASSERT(made.has_value(), "the world makes branches");
  }

  std::string host = "127.0.0.1:8000";
  graveler::testing::World world;

 private:
  auth::CredentialsPtr setup(const std::string& name) {
    return tarn::testing::run(auth.setup(Context(), name, std::nullopt)).value();
  }

  Config config_;
  Secret signing_key_{"signing key"};
  block::PathProvider paths_{world.clock, world.xids};
  BlockingPool crypto_{"crypto", 1, 100};

 public:
  auth::Service auth{*world.kv, crypto_, world.clock, world.rng,
                     auth::ServiceConfig{.secret_key = Secret("key")}};
  catalog::Objects objects{
      catalog::Objects::Services{world.store(), *world.blocks, paths_, world.clock, signing_key_}};
  catalog::MultipartUploads uploads{catalog::MultipartUploads::Services{
      world.store(), *world.kv, *world.blocks, paths_, world.clock}};
  Metrics metrics;
  Endpoint endpoint{Services{world.store(), objects, uploads, auth, world.clock, config_}, metrics};

 private:
  auth::CredentialsPtr key_;
};

}  // namespace tarn::endpoints::s3::testing
