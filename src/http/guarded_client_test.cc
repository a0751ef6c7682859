#include "http/guarded_client.h"

#include "base/clock.h"
#include "http/testing/imposter.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tarn::http {
namespace {

using tarn::testing::run;
using testing::Imposter;
using testing::ReceivedRequest;
using testing::Reply;

constexpr ErrorId kRefused{ErrorKind::kForbidden, "not there"};

std::string outcome(Client& client, const std::string& base_url) {
  Request request;
  request.method = "GET";
  request.target = "/";
  const Result<ClientResponse> answer = run(client.send(Context(), base_url, std::move(request)));
  return answer ? std::to_string(answer->status) : answer.error().message();
}

TEST(GuardedClient, AsksForEveryAddressBeforeItConnects) {
  Imposter imposter([](const ReceivedRequest&) { return Reply(); });
  const SystemClock clock;
  bool allow = false;
  std::vector<std::string> asked;
  const auto client = make_guarded_client(
      {},
      [&](std::string_view host, std::string_view address) -> Result<void> {
        asked.push_back(std::string(host) + "=" + std::string(address));
        return allow ? Result<void>() : Error(kRefused, std::string(host));
      },
      clock);
  EXPECT_EQ(outcome(*client, imposter.base_url()), "127.0.0.1: not there");
  EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1=127.0.0.1"});
  // A name is judged by what it resolves to.
  const std::string by_name = "http://localhost:" + std::to_string(imposter.port());
  EXPECT_EQ(outcome(*client, by_name), "localhost: not there");
  EXPECT_NE(std::ranges::find(asked, "localhost=127.0.0.1"), asked.end());
  EXPECT_TRUE(imposter.requests().empty());
  EXPECT_EQ(imposter.connections(), 0U);
  allow = true;
  EXPECT_EQ(outcome(*client, by_name), "200");
  EXPECT_EQ(imposter.requests().size(), 1U);
}

TEST(GuardedClient, TakesTheAddressesThatAreAllowed) {
  Imposter imposter([](const ReceivedRequest&) { return Reply(); });
  const SystemClock clock;
  const auto client = make_guarded_client(
      {},
      [](std::string_view, std::string_view address) -> Result<void> {
        return address == "127.0.0.1" ? Result<void>() : Error(kRefused, std::string(address));
      },
      clock);
  EXPECT_EQ(outcome(*client, "http://localhost:" + std::to_string(imposter.port())), "200");
  EXPECT_EQ(outcome(*client, "http://[::1]:" + std::to_string(imposter.port())), "::1: not there");
}

}  // namespace
}  // namespace tarn::http
