#include "ctl/ctl.h"

#include "ctl/errors.h"

#include <fmt/format.h>

namespace tarn::ctl {
namespace {

Result<LakefsUri> checked(const Ctl& ctl, std::string_view text, std::string_view label,
                          Result<void> (*check)(const LakefsUri&)) {
  Result<LakefsUri> uri = LakefsUri::parse(text, ctl.base_uri);
  const Result<void> valid = uri ? check(*uri) : Result<void>(uri.error());
  if (!valid) {
    return failure(fmt::format("{} {}", label, valid.error().message()));
  }
  return uri;
}

}  // namespace

Result<void> Ctl::start_session() {
  TARN_TRY(const ConfigValues values, load_config_values(config_file, environment));
  TARN_TRY(config, decode_config(values));
  if (config.provider_type == "aws_iam" && config.access_key_id.empty()) {
    return failure("credentials.provider.type aws_iam is not supported yet");
  }
  session_ = std::make_unique<Session>(config, clock);
  return {};
}

Result<api::dto::Config> Ctl::server_config() {
  if (!server_config_) {
    TARN_TRY(server_config_, session().call<api::ops::GetConfig>({}));
  }
  return *server_config_;
}

Result<api::dto::Config> Ctl::probe_server_config() {
  using Op = api::ops::GetConfig;
  Call call = session().prepare(api::encode_call(Op::Request{}));
  call.retries = false;
  TARN_TRY(const Answer answer, session().exchange(call));
  TARN_TRY(server_config_, Session::read_answer<Op>(answer));
  return *server_config_;
}

Result<LakefsUri> Ctl::repository_uri(std::string_view text, std::string_view label) const {
  return checked(*this, text, label, check_repository_uri);
}

Result<LakefsUri> Ctl::ref_uri(std::string_view text, std::string_view label) const {
  return checked(*this, text, label, check_ref_uri);
}

Result<LakefsUri> Ctl::branch_uri(std::string_view text, std::string_view label) const {
  return checked(*this, text, label, check_branch_uri);
}

Result<LakefsUri> Ctl::path_uri(std::string_view text, std::string_view label) const {
  return checked(*this, text, label, check_path_uri);
}

}  // namespace tarn::ctl
