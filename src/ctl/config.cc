#include "ctl/config.h"

#include "base/text.h"
#include "base/time_text.h"
#include "base/yaml.h"
#include "ctl/errors.h"
#include "ctl/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

namespace tarn::ctl {
namespace {

enum class Kind : std::uint8_t { kString, kBool, kUint32, kInt, kDuration, kMap };

struct Key {
  std::string_view name;
  Kind kind;
  /// Written to new files; empty = unset.
  std::string_view fallback = "";
};

// lakectl's keys, and server.idle_timeout, which is ours.
constexpr Key kKeys[] = {
    {"credentials.access_key_id", Kind::kString},
    {"credentials.provider.aws_iam.client_log_pre_signing_request", Kind::kBool},
    {"credentials.provider.aws_iam.refresh_interval", Kind::kDuration},
    {"credentials.provider.aws_iam.token_request_headers", Kind::kMap},
    {"credentials.provider.aws_iam.token_ttl_seconds", Kind::kDuration},
    {"credentials.provider.aws_iam.url_presign_ttl_seconds", Kind::kDuration},
    {"credentials.provider.type", Kind::kString},
    {"credentials.secret_access_key", Kind::kString},
    {"experimental.local.posix_permissions.enabled", Kind::kBool, "false"},
    {"experimental.local.posix_permissions.include_gid", Kind::kBool},
    {"experimental.local.posix_permissions.include_uid", Kind::kBool},
    {"local.skip_non_regular_files", Kind::kBool, "false"},
    {"local.symlink_support", Kind::kBool, "false"},
    {"network.http2.enabled", Kind::kBool, "true"},
    {"options.parallelism", Kind::kInt},
    {"server.endpoint_url", Kind::kString},
    {"server.idle_timeout", Kind::kDuration},
    {"server.login_retries.enabled", Kind::kBool, "true"},
    {"server.login_retries.max_attempts", Kind::kUint32, "75"},
    {"server.login_retries.max_wait_interval", Kind::kDuration, "1s"},
    {"server.login_retries.min_wait_interval", Kind::kDuration, "50ms"},
    {"server.retries.enabled", Kind::kBool, "true"},
    {"server.retries.max_attempts", Kind::kUint32, "4"},
    {"server.retries.max_wait_interval", Kind::kDuration, "30s"},
    {"server.retries.min_wait_interval", Kind::kDuration, "200ms"},
};
/// Longer than any commit should take; a peer that is gone is noticed by the kernel much earlier.
constexpr std::chrono::hours kIdleTimeoutDefault{1};

const Key* find_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, name, &Key::name);
  return found == std::end(kKeys) ? nullptr : found;
}

bool is_section(std::string_view name) {
  return name.empty() || std::ranges::any_of(kKeys, [&](const Key& key) {
           return key.name.size() > name.size() && key.name.starts_with(name) &&
                  key.name[name.size()] == '.';
         });
}

std::string_view go_type(const YamlNode& node) {
  if (node.is_map()) {
    return "map[string]interface {}";
  }
  if (node.is_sequence()) {
    return "[]interface {}";
  }
  if (node.as_bool()) {
    return "bool";
  }
  if (node.as_int()) {
    return "int";
  }
  return node.as_double() ? "float64" : "string";
}

/// What one file says, and what is wrong with it.
struct FileValues {
  ConfigValues values;
  std::vector<std::string> complaints;
};

void read_section(const YamlNode& node, const std::string& section, FileValues& out) {
  std::set<std::string> unknown;
  for (const YamlNode::Field& field : node.fields()) {
    const std::string name = ascii_lower(field.key);
    const std::string path = section.empty() ? name : section + "." + name;
    const Key* key = find_key(path);
    if (field.value.is_null() && (key != nullptr || is_section(path))) {
      continue;
    }
    if (key == nullptr && is_section(path)) {
      if (field.value.is_map()) {
        read_section(field.value, path, out);
      } else {
        out.complaints.push_back(
            fmt::format("'{}' expected a map, got '{}'", path, go_type(field.value)));
      }
    } else if (key == nullptr) {
      unknown.insert(name);
    } else if (key->kind == Kind::kMap) {
      continue;
    } else if (!field.value.is_scalar()) {
      out.complaints.push_back(fmt::format(
          "'{}' expected type 'string', got unconvertible type '{}'", path, go_type(field.value)));
    } else if (key->kind == Kind::kString && go_type(field.value) != "string") {
      out.complaints.push_back(
          fmt::format("'{}' must be a string, not a {}", path, go_type(field.value)));
    } else {
      out.values[path] = field.value.text();
    }
  }
  if (!unknown.empty()) {
    out.complaints.push_back(
        fmt::format("'{}' has invalid keys: {}", section, fmt::join(unknown, ", ")));
  }
}

/// Nothing when the file does not count.
Result<std::optional<FileValues>> read_file(const ConfigFile& file) {
  const auto refuse = [&](std::string why) -> Result<std::optional<FileValues>> {
    if (!file.required) {
      return std::optional<FileValues>();
    }
    return failure("error reading configuration file: " + why);
  };
  const std::string_view name =
      std::string_view(file.path).substr(file.path.rfind('/') + 1);  // all of it without a slash
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  if (extension != "yaml" && extension != "yml" && extension != "json") {
    return refuse(fmt::format("Unsupported Config Type \"{}\"", extension));
  }
  std::ifstream in(file.path, std::ios::binary);
  std::ostringstream text;
  if (in) {
    text << in.rdbuf();
  }
  if (!in || (text.str().empty() && in.bad())) {
    return refuse(fmt::format("open {}: {}", file.path, system_text(errno)));
  }
  const Result<YamlNode> root = parse_yaml(text.str());
  if (!root) {
    return refuse("While parsing config: yaml: " + root.error().message());
  }
  FileValues out;
  if (!root->is_map() && !root->is_null()) {
    return refuse("While parsing config: yaml: the document is no map");
  }
  read_section(*root, "", out);
  return std::optional<FileValues>(std::move(out));
}

std::optional<std::string_view> variable(const Environment& environment, std::string_view key) {
  std::string name;
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  const auto ours = environment.get("TARNCTL_" + name);
  return ours ? ours : environment.get("LAKECTL_" + name);
}

Error undecodable(const std::vector<std::string>& complaints) {
  return failure(
      fmt::format("error unmarshal configuration: decoding failed due to the following error(s):"
                  "\n\n{}",
                  fmt::join(complaints, "\n")));
}

void merge(ConfigValues& values, const Environment& environment) {
  for (const Key& key : kKeys) {
    if (const auto text = variable(environment, key.name); text && key.kind != Kind::kMap) {
      values[std::string(key.name)] = *text;
    }
  }
}

ConfigValues defaults() {
  ConfigValues out;
  for (const Key& key : kKeys) {
    if (!key.fallback.empty()) {
      out.emplace(key.name, key.fallback);
    }
  }
  return out;
}

/// Reads values by key and collects what is wrong with them.
class Decoder {
 public:
  explicit Decoder(const ConfigValues& values) : values_(values) {}

  std::string text(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "" : found->second;
  }
  bool boolean(std::string_view key) {
    return read<bool>(key, "bool", "strconv.ParseBool: invalid syntax", parse_go_bool)
        .value_or(false);
  }
  std::optional<std::int64_t> integer(std::string_view key) {
    return read<std::int64_t>(key, "int", "strconv.ParseInt: invalid syntax",
                              [](std::string_view text) -> std::optional<std::int64_t> {
                                const Result<std::int64_t> number = parse_go_int(text);
                                return number ? std::optional(*number) : std::nullopt;
                              });
  }
  std::optional<std::uint32_t> uint32(std::string_view key) {
    return read<std::uint32_t>(
        key, "uint32", "strconv.ParseUint: invalid syntax",
        [](std::string_view text) -> std::optional<std::uint32_t> {
          const Result<std::int64_t> number = parse_go_int(text);
          if (!number || *number < 0 || *number > 0xffffffff || text.starts_with('+')) {
            return std::nullopt;
          }
          return static_cast<std::uint32_t>(*number);
        });
  }
  std::optional<std::chrono::nanoseconds> duration(std::string_view key) {
    return read<std::chrono::nanoseconds>(
        key, "time.Duration", "time: invalid duration",
        [](std::string_view text) -> std::optional<std::chrono::nanoseconds> {
          const Result<std::int64_t> nanos = parse_go_int(text);
          if (nanos) {
            return std::chrono::nanoseconds(*nanos);
          }
          const Result<std::chrono::nanoseconds> length = parse_duration(text);
          return length ? std::optional(*length) : std::nullopt;
        });
  }
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  template <class T, class Parse>
  std::optional<T> read(std::string_view key, std::string_view type, std::string_view why,
                        Parse parse) {
    const auto found = values_.find(key);
    if (found == values_.end() || found->second.empty()) {
      return std::nullopt;
    }
    const std::optional<T> value = parse(found->second);
    if (!value) {
      complaints_.push_back(fmt::format("'{}' cannot parse value as '{}': {}", key, type, why));
    }
    return value;
  }

  const ConfigValues& values_;
  std::vector<std::string> complaints_;
};

/// A scalar that reads back as this string.
std::string yaml_scalar(std::string_view text) {
  const bool simple =
      !text.empty() &&
      std::ranges::all_of(text,
                          [](char c) {
                            return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                                   std::string_view("/+=._-:@~%").find(c) != std::string_view::npos;
                          }) &&
      std::isalnum(static_cast<unsigned char>(text[0])) != 0 && text.back() != ':';
  const YamlNode plain = YamlNode::scalar(std::string(text), true);
  if (simple && !plain.as_bool() && !plain.as_int() && !plain.as_double() && text != "null") {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

ConfigFile config_file(std::string_view flag, const Environment& environment) {
  if (!flag.empty()) {
    return {.path = std::string(flag), .required = true};
  }
  if (const auto named = variable(environment, "config.file")) {
    return {.path = std::string(*named)};
  }
  return {.path = environment.get_or("HOME", "") + "/.lakectl.yaml"};
}

Result<ConfigValues> load_config_values(const ConfigFile& file, const Environment& environment) {
  ConfigValues out = defaults();
  TARN_TRY(std::optional<FileValues> from_file, read_file(file));
  if (from_file) {
    if (!from_file->complaints.empty()) {
      return undecodable(from_file->complaints);
    }
    for (auto& [key, value] : from_file->values) {
      out[key] = std::move(value);
    }
  }
  merge(out, environment);
  return out;
}

ConfigValues current_config_values(const ConfigFile& file, const Environment& environment) {
  ConfigValues out = defaults();
  const Result<std::optional<FileValues>> from_file = read_file(file);
  if (from_file && *from_file) {
    for (const auto& [key, value] : (*from_file)->values) {
      out[key] = value;
    }
  }
  merge(out, environment);
  return out;
}

Result<Config> decode_config(const ConfigValues& values) {
  Decoder decoder(values);
  Config out;
  out.access_key_id = decoder.text("credentials.access_key_id");
  out.secret_access_key = Secret(decoder.text("credentials.secret_access_key"));
  out.provider_type = decoder.text("credentials.provider.type");
  out.endpoint_url = decoder.text("server.endpoint_url");
  out.retries_enabled = decoder.boolean("server.retries.enabled");
  out.retries_max = decoder.uint32("server.retries.max_attempts").value_or(0);
  out.retry_wait_min =
      decoder.duration("server.retries.min_wait_interval").value_or(out.retry_wait_min);
  out.retry_wait_max =
      decoder.duration("server.retries.max_wait_interval").value_or(out.retry_wait_max);
  out.idle_timeout = decoder.duration("server.idle_timeout").value_or(kIdleTimeoutDefault);
  out.parallelism = decoder.integer("options.parallelism");
  out.skip_non_regular_files = decoder.boolean("local.skip_non_regular_files");
  out.symlink_support = decoder.boolean("local.symlink_support");
  // Read for their complaints: without effect here, yet a typo should show.
  for (const Key& key : kKeys) {
    if (key.name.starts_with("server.login_retries.") || key.name.starts_with("network.") ||
        key.name.starts_with("experimental.")) {
      if (key.kind == Kind::kBool) {
        decoder.boolean(key.name);
      } else if (key.kind == Kind::kUint32) {
        decoder.uint32(key.name);
      } else if (key.kind == Kind::kDuration) {
        decoder.duration(key.name);
      }
    }
  }
  if (!decoder.complaints().empty()) {
    return undecodable(decoder.complaints());
  }
  return out;
}

std::string render_config(const ConfigValues& values) {
  std::string out;
  std::vector<std::string_view> open;
  for (const auto& [name, value] : values) {
    if (value.empty()) {
      continue;
    }
    std::vector<std::string_view> parts;
    std::string_view rest = name;
    for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      parts.push_back(rest.substr(0, dot));
      rest.remove_prefix(dot + 1);
    }
    std::size_t shared = 0;
    while (shared < parts.size() && shared < open.size() && parts[shared] == open[shared]) {
      ++shared;
    }
    for (std::size_t i = shared; i < parts.size(); ++i) {
      out.append(4 * i, ' ').append(parts[i]).append(":\n");
    }
    const Key* key = find_key(name);
    const bool text = key == nullptr || key->kind == Kind::kString;
    out.append(4 * parts.size(), ' ')
        .append(fmt::format("{}: {}\n", rest, text ? yaml_scalar(value) : value));
    open = parts;
  }
  return out;
}

}  // namespace tarn::ctl
