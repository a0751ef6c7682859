#pragma once

#include "aws/client/call_body.h"
#include "aws/client/meter.h"
#include "aws/s3/addressing.h"
#include "aws/s3_client.h"
#include "aws/xml.h"
#include "http/message.h"
#include "runtime/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::aws {

/// One operation, as often as it has to be sent.
struct S3Call {
  /// S3's name of it; a literal.
  std::string_view operation;
  std::string method;
  std::string bucket;
  /// Empty = the bucket itself.
  std::string key;
  /// Decoded.
  http::QueryPairs query;
  http::Headers headers;
  /// A small body, signed.
  Bytes document;
  /// A body that is streamed instead.
  std::shared_ptr<CallBody> body;
  enum class Answer : std::uint8_t {
    kNothing,
    /// XML; a root of `Error` is a failure, whatever the status.
    kDocument,
    kStream,
  };
  Answer answer = Answer::kNothing;
  bool is_write() const { return method != "GET" && method != "HEAD"; }
};

struct S3Answer {
  unsigned status = 0;
  http::Headers headers;
  XmlDocument document;
  std::unique_ptr<ByteSource> body;
  /// An earlier try may have been applied already.
  bool reply_lost = false;
};

/// Signs, sends and repeats calls. Thread-safe.
class S3Exchange {
 public:
  S3Exchange(S3Config config, std::shared_ptr<CredentialsProvider> credentials, Services services,
             Metrics* metrics);

  /// Errors: those of aws/errors.h, kNoCredentials, kTimeout, kCancelled, those of the body. Where
  /// `reply_lost` is given, it also tells about calls that failed.
  Task<Result<S3Answer>> run(Context ctx, S3Call call, std::shared_ptr<bool> reply_lost = nullptr);

  /// Learns the bucket's region where that is not known and can differ.
  Task<Result<void>> find_region(Context ctx, std::string bucket);

  const S3Config& config() const { return config_; }
  const Services& services() const { return services_; }
  CredentialsProvider& credentials() { return *credentials_; }
  S3Addressing& addressing() { return addressing_; }

 private:
  Task<Result<S3Answer>> repeat(Context ctx, std::shared_ptr<const S3Call> call,
                                std::shared_ptr<bool> reply_lost,
                                std::shared_ptr<std::size_t> repetitions);
  Task<Result<S3Answer>> try_once(Context ctx, std::shared_ptr<const S3Call> call,
                                  CredentialsPtr credentials);
  Result<void> check_region(const S3Call& call, const std::string& used, unsigned status,
                            const std::string& told);

  const S3Config config_;
  const std::shared_ptr<CredentialsProvider> credentials_;
  const Services services_;
  S3Addressing addressing_;
  ClientMeter meter_;
};

}  // namespace tarn::aws
