#include "aws/config.h"
#include "aws/credentials/kept.h"
#include "aws/credentials/lookup.h"

#include <array>
#include <string>
#include <utility>

namespace tarn::aws {
namespace {

using detail::Found;
using detail::Lookup;
using detail::LookupPtr;

/// After the environment's keys.
constexpr std::array<Task<Result<Found>> (*)(Context, LookupPtr), 4> kPlaces = {
    &detail::from_web_identity, &detail::from_profile, &detail::from_container,
    &detail::from_instance};

Task<Result<Found>> search(Context ctx, LookupPtr lookup) {
  // A profile that the configuration names goes before whatever the process inherited.
  if (!lookup->options.profile.empty()) {
    co_return co_await detail::from_profile(ctx, lookup);
  }
  TARN_CO_TRY(Found environment, detail::from_environment(lookup->environment));
  if (environment.credentials) {
    co_return environment;
  }
  std::string looked_at = std::move(environment.why_not);
  for (const auto look : kPlaces) {
    TARN_CO_TRY(Found found, co_await look(ctx, lookup));
    if (found.credentials) {
      co_return found;
    }
    looked_at.append("; ").append(found.why_not);
  }
  co_return Found::none(std::move(looked_at));
}

}  // namespace

std::unique_ptr<CredentialsProvider> default_chain(const Environment& environment,
                                                   ChainOptions options, Services services) {
  auto lookup = std::make_shared<const Lookup>(
      Lookup{.environment = environment, .options = std::move(options), .services = services});
  return detail::keep_credentials(services, [lookup = std::move(lookup)](Context ctx) {
    return search(std::move(ctx), lookup);
  });
}

}  // namespace tarn::aws
