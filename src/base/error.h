#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tarn {

/// What a caller can do about a failure. Closed: endpoints map each kind to a status in one table.
enum class ErrorKind : std::uint8_t {
  kInvalid,
  kNotFound,
  kAlreadyExists,
  kConflict,
  kPreconditionFailed,
  kForbidden,
  kUnauthenticated,
  kThrottled,
  kTimeout,
  kCancelled,
  kUnavailable,
  /// A write whose effect is not known (a lost reply). Re-read before repeating it.
  kUnknownOutcome,
  kUnsupported,
  kCorruption,
  kInternal,
};

/// Snake-case name of a kind, for logs and metric labels.
std::string_view to_string(ErrorKind kind);

/// The identity of an error: a constant declared beside the contract that gives it. Identity is the
/// constant's address, so it is neither copied nor registered anywhere.
struct ErrorId {
  ErrorKind kind;
  /// The text clients see when nothing is added; some of them match on it.
  std::string_view text;

  constexpr ErrorId(ErrorKind k, std::string_view t) : kind(k), text(t) {}
  ErrorId(const ErrorId&) = delete;
  ErrorId& operator=(const ErrorId&) = delete;
};

// Errors without an identity of their own: nobody reacts to them except by kind.
inline constexpr ErrorId kInvalid{ErrorKind::kInvalid, "invalid value"};
inline constexpr ErrorId kTimeout{ErrorKind::kTimeout, "deadline exceeded"};
inline constexpr ErrorId kCancelled{ErrorKind::kCancelled, "cancelled"};
inline constexpr ErrorId kThrottled{ErrorKind::kThrottled, "too many requests"};
inline constexpr ErrorId kUnavailable{ErrorKind::kUnavailable, "unavailable"};
inline constexpr ErrorId kUnsupported{ErrorKind::kUnsupported, "operation not supported"};
inline constexpr ErrorId kCorruption{ErrorKind::kCorruption, "corrupted data"};
inline constexpr ErrorId kInternal{ErrorKind::kInternal, "internal error"};

/// A failure: an identity and the message for people. Cheap to move; allocates only for context.
class [[nodiscard]] Error {
 public:
  /// Message `id.text`.
  explicit Error(const ErrorId& id) : id_(&id) {}
  /// Message `<context>: <id.text>`, the form lakeFS clients know ("branch id: invalid value").
  Error(const ErrorId& id, std::string_view context);
  /// An error whose whole message is `message`.
  static Error with_message(const ErrorId& id, std::string message);

  bool is(const ErrorId& id) const { return id_ == &id; }
  const ErrorId& id() const { return *id_; }
  ErrorKind kind() const { return id_->kind; }
  std::string message() const;

  /// The same identity with `<context>: ` before the message.
  Error wrap(std::string_view context) &&;
  /// The same identity with `text` after the message.
  Error append(std::string_view text) &&;

 private:
  const ErrorId* id_;
  std::string message_;  // empty: the message is id_->text
};

/// A value or an Error. Derives from tl::expected so that dropping one is a warning.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using value_type = T;
  using Base::Base;
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;` is what every function writes
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<Result<T>> : std::true_type {};

}  // namespace tarn

#define TARN_CONCAT_INNER(a, b) a##b
#define TARN_CONCAT(a, b) TARN_CONCAT_INNER(a, b)

// These expand to several statements, not to GNU statement expressions (g++ 12 crashes on co_await
// inside those): always brace the `if` around them.

/// `TARN_TRY(Type name, expression)`: unwraps a Result or returns its error.
#define TARN_TRY(decl, ...)                                     \
  auto TARN_CONCAT(tarn_try_, __LINE__) = (__VA_ARGS__);        \
  if (!TARN_CONCAT(tarn_try_, __LINE__)) {                      \
    return std::move(TARN_CONCAT(tarn_try_, __LINE__)).error(); \
  }                                                             \
  decl = *std::move(TARN_CONCAT(tarn_try_, __LINE__))

/// TARN_TRY for coroutines: `TARN_CO_TRY(Entry entry, co_await store.get(…))`.
#define TARN_CO_TRY(decl, ...)                                     \
  auto TARN_CONCAT(tarn_try_, __LINE__) = (__VA_ARGS__);           \
  if (!TARN_CONCAT(tarn_try_, __LINE__)) {                         \
    co_return std::move(TARN_CONCAT(tarn_try_, __LINE__)).error(); \
  }                                                                \
  decl = *std::move(TARN_CONCAT(tarn_try_, __LINE__))

/// Returns the error of a Result whose value is not wanted.
#define TARN_CHECK_OK(...)                                      \
  auto TARN_CONCAT(tarn_try_, __LINE__) = (__VA_ARGS__);        \
  if (!TARN_CONCAT(tarn_try_, __LINE__)) {                      \
    return std::move(TARN_CONCAT(tarn_try_, __LINE__)).error(); \
  }                                                             \
  static_assert(true)

/// TARN_CHECK_OK for coroutines.
#define TARN_CO_CHECK_OK(...)                                      \
  auto TARN_CONCAT(tarn_try_, __LINE__) = (__VA_ARGS__);           \
  if (!TARN_CONCAT(tarn_try_, __LINE__)) {                         \
    co_return std::move(TARN_CONCAT(tarn_try_, __LINE__)).error(); \
  }                                                                \
  static_assert(true)
