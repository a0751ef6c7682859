#include "http/client.h"

#include "base/assert.h"
#include "http/client/call.h"
#include "http/client/url.h"
#include "http/guarded_client.h"

#include <utility>

namespace tarn::http {
namespace {

class ClientImpl final : public Client {
 public:
  ClientImpl(ClientConfig config, const Clock& clock, ConnectGuard guard = {})
      : shared_(std::move(config), clock, std::move(guard)) {}

  Result<void> load() {
    if (!shared_.config.ca_file.empty()) {
      TARN_CHECK_OK(shared_.tls());
    }
    return {};
  }

  Task<Result<ClientResponse>> send(Context ctx, std::string base_url, Request request) override {
    TARN_CO_TRY(Origin origin, parse_base_url(base_url));
    TARN_CO_TRY(Outgoing outgoing, prepare_request(origin, request));
    ClientCall call(shared_, std::move(ctx), std::move(origin), std::move(request),
                    std::move(outgoing));
    co_return co_await call.run();
  }

 private:
  ClientShared shared_;
};

}  // namespace

Result<std::unique_ptr<Client>> open_client(ClientConfig config, const Clock& clock) {
  auto client = std::make_unique<ClientImpl>(std::move(config), clock);
  TARN_CHECK_OK(client->load());
  return std::unique_ptr<Client>(std::move(client));
}

std::unique_ptr<Client> make_client(ClientConfig config, const Clock& clock) {
  Result<std::unique_ptr<Client>> client = open_client(std::move(config), clock);
  TARN_ASSERT(client.has_value(), "make_client is for configurations that cannot fail");
  return *std::move(client);
}

std::unique_ptr<Client> make_guarded_client(ClientConfig config, ConnectGuard guard,
                                            const Clock& clock) {
  return std::make_unique<ClientImpl>(std::move(config), clock, std::move(guard));
}

}  // namespace tarn::http
