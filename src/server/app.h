#pragma once

#include "auth/service.h"
#include "base/environment.h"
#include "base/settings.h"
#include "server/options.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::actions {
struct ServiceConfig;
}

namespace tarn::server {

/// Everything a running server is made of, built bottom up and torn down top down. Reads like a
/// table of contents.
class App {
 public:
  /// Opens stores and services; nothing listens yet. Errors name what could not be opened.
  /// `environment` is where AWS credentials and what actions may read come from.
  static Result<std::unique_ptr<App>> create(const Settings& settings, ServerSecrets secrets,
                                             Environment environment);
  ~App();

  /// Makes the first administrator if there is none. Absent when setup was done before.
  Result<std::optional<auth::CredentialsPtr>> ensure_admin(const std::string& user,
                                                           std::optional<auth::GivenKey> key);
  /// Starts to answer. Errors kUnavailable (the address is in use).
  Result<void> listen();
  std::uint16_t port() const;
  /// Stops accepting, lets requests and the hooks that they started finish for up to `grace`, ends
  /// the rest.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  static void start_actions(Parts& parts, actions::ServiceConfig config);
  static void start_housekeeping(Parts& parts);
  explicit App(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tarn::server
