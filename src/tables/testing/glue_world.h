#pragma once

#include "aws/testing/glue_imposter.h"
#include "base/rng.h"
#include "http/client.h"
#include "tables/glue_catalog.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace tarn::tables::testing {

/// An imposter of Glue with the database `db`, and a catalog of it.
class GlueWorld : public ::testing::Test {
 protected:
  GlueWorld() {
    glue.add_database("db");
    client.emplace(glue.config(), aws::static_credentials(glue.credentials()),
                   aws::Services{*http, clock, rng});
    catalog.emplace(*client, clock, "db");
  }

  /// Of the table `trips`.
  std::string parameter(const std::string& name) {
    return glue.table("db", "trips").find("Parameters")->string_or(name, "absent");
  }

  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  aws::testing::GlueImposter glue;
  std::optional<aws::GlueClient> client;
  std::optional<GlueCatalog> catalog;
};

}  // namespace tarn::tables::testing
