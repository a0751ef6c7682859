#include "aws/credentials.h"

#include <utility>

namespace tarn::aws {
namespace {

class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials)
      : credentials_(std::make_shared<const Credentials>(std::move(credentials))) {}

  Task<Result<CredentialsPtr>> credentials(Context) override { co_return credentials_; }

 private:
  const CredentialsPtr credentials_;
};

}  // namespace

std::unique_ptr<CredentialsProvider> static_credentials(Credentials credentials) {
  return std::make_unique<StaticCredentials>(std::move(credentials));
}

}  // namespace tarn::aws
