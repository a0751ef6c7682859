#pragma once

#include "api/codec.h"
#include "api/operation.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What generated binding functions stand on.

namespace tarn::api::detail {

struct ParamSpec {
  std::string_view name;
  bool required = false;
  bool allow_empty = false;
  const Rules* rules = nullptr;
};

/// Takes the parameters of one request out of its parts and checks them; the first complaint
/// counts. A kBadRequest comes before any kBadArgument, as in lakeFS, where binding follows
/// validation.
class ParamBinder {
 public:
  explicit ParamBinder(const ParameterInput& in) : in_(in) {}

  template <class T>
  void path(std::size_t index, const ParamSpec& spec, T& out) {
    take(Where::kPath, spec, path_value(index), out);
  }
  template <class T>
  void query(const ParamSpec& spec, T& out) {
    take(Where::kQuery, spec, query_value(spec), out);
  }
  /// An array: one item for each occurrence of the name.
  void query(const ParamSpec& spec, std::vector<std::string>& out);
  template <class T>
  void header(const ParamSpec& spec, T& out) {
    take(Where::kHeader, spec, header_value(spec), out);
  }

  Result<void> finish();

 private:
  enum class Where : std::uint8_t { kPath, kQuery, kHeader };
  using Value = std::optional<std::string_view>;

  Value path_value(std::size_t index) const;
  Value query_value(const ParamSpec& spec);
  Value header_value(const ParamSpec& spec);

  template <class T>
  void take(Where where, const ParamSpec& spec, Value value, T& out) {
    if (wanted(where, spec, value)) {
      parse(where, spec, *value, out);
    }
  }
  template <class T>
  void take(Where where, const ParamSpec& spec, Value value, std::optional<T>& out) {
    if (wanted(where, spec, value)) {
      parse(where, spec, *value, out.emplace());
    }
  }
  /// False when there is nothing to parse; complains if there should be.
  bool wanted(Where where, const ParamSpec& spec, Value value);

  void parse(Where where, const ParamSpec& spec, std::string_view text, std::string& out);
  void parse(Where where, const ParamSpec& spec, std::string_view text, std::int64_t& out);
  void parse(Where where, const ParamSpec& spec, std::string_view text, bool& out);
  void parse(Where where, const ParamSpec& spec, std::string_view text, WallTime& out);
  template <WordEnum E>
  void parse(Where where, const ParamSpec& spec, std::string_view text, E& out) {
    if (const std::optional<E> value = parse_enum<E>(text)) {
      out = *value;
    } else if (!no_number(spec, text)) {
      const auto words = EnumWords<E>::values();
      bad_request(where, spec, not_allowed(words.data(), words.size()));
    }
  }
  template <TextValue T>
  void parse(Where where, const ParamSpec& spec, std::string_view text, T& out) {
    Result<T> value = TextCodec<T>::parse(std::string(text));
    if (value) {
      out = *std::move(value);
    } else {
      bad_request(where, spec, value.error().message());
    }
  }

  /// An empty number, flag or word passes validation and fails in binding.
  bool no_number(const ParamSpec& spec, std::string_view text);
  void bad_request(Where where, const ParamSpec& spec, std::string_view reason);
  void bad_argument(const ParamSpec& spec, std::string_view reason);

  const ParameterInput& in_;
  std::optional<Error> bad_request_;
  std::optional<Error> bad_argument_;
};

/// Checks the media type of a JSON body. False: there is no body, and none is needed.
Result<bool> accept_json_body(const BodyInput& in, bool required);
Error body_error(std::string_view reason);
/// `schema` is a reference such as `#/components/schemas/Setup`, or empty for a schema without a
/// name.
Error body_schema_error(std::string_view schema, const JsonReader& reader);

template <class T>
Result<void> bind_json_body(const BodyInput& in, std::string_view schema, T& out) {
  JsonDocument document;
  Result<JsonNode> root = document.parse(in.bytes);
  if (!root) {
    return body_error("failed to decode request body: " + root.error().message());
  }
  JsonReader reader(Strictness::kStrict);
  if (!read(reader, *root, out)) {
    return body_schema_error(schema, reader);
  }
  return {};
}

template <class T>
Result<void> bind_json_body(const BodyInput& in, std::string_view schema, bool required, T& out) {
  TARN_TRY(const bool present, accept_json_body(in, required));
  return present ? bind_json_body(in, schema, out) : Result<void>();
}

template <class T>
Result<void> bind_json_body(const BodyInput& in, std::string_view schema, bool required,
                            std::optional<T>& out) {
  TARN_TRY(const bool present, accept_json_body(in, required));
  return present ? bind_json_body(in, schema, out.emplace()) : Result<void>();
}

/// Builds a ClientCall from the members of a request struct, in the order of the template's
/// parameters.
class CallBuilder {
 public:
  explicit CallBuilder(OperationId id);

  template <class T>
  void path(const T& value) {
    add_path(text(value));
  }
  template <class T>
  void query(std::string_view name, const T& value) {
    add_query(name, text(value));
  }
  template <class T>
  void query(std::string_view name, const std::optional<T>& value) {
    if (value) {
      query(name, *value);
    }
  }
  void query(std::string_view name, const std::vector<std::string>& values);
  template <class T>
  void header(std::string_view name, const std::optional<T>& value) {
    if (value) {
      call_.headers.emplace_back(name, text(*value));
    }
  }
  template <class T>
  void header(std::string_view name, const T& value) {
    call_.headers.emplace_back(name, text(value));
  }
  template <class T>
  void body(const T& value) {
    call_.content_type = "application/json";
    encode_to(call_.body, value);
  }
  template <class T>
  void body(const std::optional<T>& value) {
    if (value) {
      body(*value);
    }
  }
  ClientCall finish();

 private:
  static std::string text(const std::string& value) { return value; }
  static std::string text(const std::int64_t& value) { return std::to_string(value); }
  static std::string text(const bool& value) { return value ? "true" : "false"; }
  static std::string text(const WallTime& value) { return format_rfc3339(value); }
  template <WordEnum E>
  static std::string text(const E& value) {
    return std::string(to_string(value));
  }
  template <TextValue T>
  static std::string text(const T& value) {
    return std::string(TextCodec<T>::text(value));
  }
  void add_path(std::string_view value);
  void add_query(std::string_view name, std::string_view value);

  ClientCall call_;
  /// What of the template is not yet in the target.
  std::string_view rest_;
  bool has_query_ = false;
};

}  // namespace tarn::api::detail
