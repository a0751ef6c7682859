#pragma once

#include "base/bytes.h"
#include "base/thread_annotations.h"
#include "http/message.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tarn::http::testing {

/// Holds whoever waits until it is opened. Thread-safe; waiting gives up after 30 seconds.
class Gate {
 public:
  void open();
  void wait();

 private:
  Mutex mutex_;
  std::condition_variable_any opened_;
  bool open_ TARN_GUARDED_BY(mutex_) = false;
};

/// A request as the imposter got it, with its whole body.
struct ReceivedRequest {
  std::string method;
  std::string target;
  Headers headers;
  Bytes body;
  /// Counts connections from 1; tells whether one was reused.
  std::size_t connection = 0;

  std::string path() const { return target.substr(0, target.find('?')); }
  std::string query() const;
};

/// What the imposter does with a request. Default: an empty 200.
struct Reply {
  unsigned status = 200;
  Headers headers;
  Bytes body;
  /// In chunks, without Content-Length.
  bool chunked = false;
  /// Closes after the answer, and says so.
  bool close = false;

  // What can go wrong:
  /// Closes without an answer.
  bool drop = false;
  /// Closes after that many bytes of the body (the head announces all of it).
  std::optional<std::size_t> cut_at;
  /// Sends these bytes instead of an answer, then closes.
  std::optional<std::string> raw;
  /// Sends the body in pieces of that size, each on its own; 0 = in one.
  std::size_t piece_bytes = 0;
  /// Waits here before the answer.
  std::shared_ptr<Gate> before;
  /// Waits here after half the body.
  std::shared_ptr<Gate> halfway;
};

/// A scriptable HTTP/1.1 server on a free port of 127.0.0.1 for tests of clients. It remembers what
/// it was sent, answers what the script says, breaks when it is told to, and is stricter than real
/// services: a request that is malformed, or lacks what RFC 9112 demands, fails the test. Has its
/// own threads, so it needs no loop. Thread-safe.
class Imposter {
 public:
  using Script = std::function<Reply(const ReceivedRequest&)>;

  explicit Imposter(Script script);
  /// Opens nothing, waits for nothing: connections are cut.
  ~Imposter();
  Imposter(const Imposter&) = delete;
  Imposter& operator=(const Imposter&) = delete;

  std::uint16_t port() const { return port_; }
  /// `http://127.0.0.1:<port>`.
  std::string base_url() const;
  std::vector<ReceivedRequest> requests() const;
  std::size_t connections() const;

 private:
  void accept();
  void serve(int descriptor, std::size_t number);
  bool answer(int descriptor, const ReceivedRequest& request, const Reply& reply);

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable Mutex mutex_;
  std::vector<ReceivedRequest> requests_ TARN_GUARDED_BY(mutex_);
  std::vector<int> open_ TARN_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ TARN_GUARDED_BY(mutex_);
  std::size_t connections_ TARN_GUARDED_BY(mutex_) = 0;
  bool stopping_ TARN_GUARDED_BY(mutex_) = false;
  std::thread acceptor_;
};

}  // namespace tarn::http::testing
