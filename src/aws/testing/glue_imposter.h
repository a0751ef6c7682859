#pragma once

#include "aws/credentials.h"
#include "aws/glue_client.h"
#include "base/json.h"
#include "base/thread_annotations.h"
#include "http/testing/imposter.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tarn::aws::testing {

/// What goes wrong with requests of one operation.
struct GlueFault {
  enum class Kind : std::uint8_t {
    /// Refused with `code`; nothing happened.
    kRefuse,
    /// The connection closes and nothing happened.
    kDrop,
    /// It happened, and the connection closes without an answer.
    kLoseReply,
    /// The first item of the batch is refused with `code` (of a lookup: left out), the others
    /// happened.
    kRefuseItem,
  };
  Kind kind = Kind::kRefuse;
  /// E.g. `BatchCreatePartition`.
  std::string operation;
  /// How many requests it hits, after letting `skip` pass.
  std::size_t times = 1;
  std::size_t skip = 0;
  std::string code = "ThrottlingException";
};

/// AWS Glue's databases, tables and partitions in memory. As strict as Glue about the sizes of
/// batches and the number of values, and stricter about requests that are none. Thread-safe.
class GlueImposter {
 public:
  std::string base_url() const { return imposter_.base_url(); }
  /// For a client that does not wait long before it tries again.
  GlueConfig config() const;
  static Credentials credentials();
  void inject(GlueFault fault);
  void clear_faults();
  /// Bodies of the requests of one operation.
  std::vector<Json> inputs(const std::string& operation) const;
  /// Operations in order of arrival, also those that a fault hit.
  std::vector<std::string> operations() const;
  std::vector<http::testing::ReceivedRequest> requests() const { return imposter_.requests(); }
  void add_database(const std::string& name);
  /// When a table was made, in seconds.
  void set_created(const std::string& database, const std::string& name, double seconds);
  /// TableInput as it was sent; null when there is none.
  Json table(const std::string& database, const std::string& name) const;
  std::size_t table_count() const;
  /// Location by values, `cat/5`.
  std::map<std::string, std::string> partitions(const std::string& database,
                                                const std::string& name) const;
  /// PartitionInput as it was sent; null when there is none.
  Json partition(const std::string& database, const std::string& name,
                 const std::vector<std::string>& values) const;

 private:
  using Values = std::vector<std::string>;
  struct Table {
    Json input;
    std::map<Values, Json> partitions;
    int version = 0;
    double created = 1698592670.25;
  };
  using Reply = http::testing::Reply;

  Reply answer(const http::testing::ReceivedRequest& request);
  Reply apply(const std::string& operation, const Json& input) TARN_REQUIRES(mutex_);
  Reply apply_to_table(const std::string& operation, const Json& input, Table& table)
      TARN_REQUIRES(mutex_);
  Reply put_partitions(bool create, const Json& input, Table& table) TARN_REQUIRES(mutex_);
  Reply find_partitions(const Json& input, Table& table) TARN_REQUIRES(mutex_);
  Reply delete_partitions(const Json& input, Table& table) TARN_REQUIRES(mutex_);
  Reply get_tables(const std::string& database, const Json& input) TARN_REQUIRES(mutex_);
  std::optional<GlueFault> next_fault(const std::string& operation) TARN_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::set<std::string> databases_ TARN_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, Table> tables_ TARN_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, Json>> calls_ TARN_GUARDED_BY(mutex_);
  std::vector<GlueFault> faults_ TARN_GUARDED_BY(mutex_);
  /// Of the request under way: its first item is refused with this.
  std::string refuse_item_ TARN_GUARDED_BY(mutex_);
  http::testing::Imposter imposter_{
      [this](const http::testing::ReceivedRequest& request) { return answer(request); }};
};

}  // namespace tarn::aws::testing
