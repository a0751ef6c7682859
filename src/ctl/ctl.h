#pragma once

#include "base/clock.h"
#include "base/environment.h"
#include "ctl/config.h"
#include "ctl/console.h"
#include "ctl/session.h"
#include "names/lakefs_uri.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::ctl {

/// What a command works with. One per process.
class Ctl {
 public:
  Ctl(Environment environment, Console& console, const Clock& clock)
      : environment(std::move(environment)), console(console), clock(clock) {}

  /// Commands whose prelude is kNothing have none until they start it.
  Session& session() { return *session_; }
  /// Reads the configuration too. Errors: what is wrong with it.
  Result<void> start_session();

  /// GET /config, asked for once.
  Result<api::dto::Config> server_config();
  /// The same in one try: an unreachable server shall cost its tries once, with the command.
  Result<api::dto::Config> probe_server_config();

  // URI arguments: each puts the base URI before what does not start with lakefs://, checks the
  // kind and begins its complaint with the label.
  Result<LakefsUri> repository_uri(std::string_view text,
                                   std::string_view label = "repository URI") const;
  Result<LakefsUri> ref_uri(std::string_view text, std::string_view label = "ref URI") const;
  Result<LakefsUri> branch_uri(std::string_view text, std::string_view label = "branch URI") const;
  Result<LakefsUri> path_uri(std::string_view text, std::string_view label = "path URI") const;

  const Environment environment;
  Console& console;
  const Clock& clock;
  ConfigFile config_file;
  Config config;
  std::string base_uri;
  bool verbose = false;

 private:
  std::unique_ptr<Session> session_;
  std::optional<api::dto::Config> server_config_;
};

}  // namespace tarn::ctl
