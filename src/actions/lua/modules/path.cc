#include "actions/lua/modules/modules.h"

#include <vector>

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kSeparator = "/";

/// Searching takes the product of both lengths, so a separator is short.
constexpr std::size_t kSeparatorBytesMax = 16;

void require_separator(Call& call, int n, std::string_view separator) {
  if (separator.empty() || separator.size() > kSeparatorBytesMax) {
    call.argument_error(n, "separator must have 1 to 16 bytes");
  }
}

int path_parse(Call& call) {
  std::string_view path = call.string(1);
  const std::string_view separator = call.string_or(2, kSeparator);
  require_separator(call, 2, separator);
  call.charge_bytes(path.size());
  if (path.ends_with(separator)) {
    path.remove_suffix(separator.size());
  }
  const std::size_t last = path.rfind(separator);
  const std::size_t base = last == std::string_view::npos ? 0 : last + separator.size();
  call.push_table(0, 2);
  call.push(path.substr(0, base));
  call.set_field("parent");
  call.push(path.substr(base));
  call.set_field("base_name");
  return 1;
}

int path_join(Call& call) {
  const std::string_view separator = call.string(1);
  Buffer out(call.engine());
  for (int n = 2; n <= call.count(); ++n) {
    if (!call.is_string(n)) {
      call.fail("invalid type, string expected");
    }
    std::string_view part = call.string(n);
    if (n > 2 && part.starts_with(separator)) {
      part.remove_prefix(separator.size());
    }
    out.append(part);
    if (n < call.count() && !part.ends_with(separator)) {
      out.append(separator);
    }
  }
  call.push(out.text());
  return 1;
}

int path_is_hidden(Call& call) {
  std::string_view path = call.string(1);
  const std::string_view separator = call.string_or(2, kSeparator);
  const std::string_view prefix = call.string_or(3, "_");
  require_separator(call, 2, separator);
  call.charge_bytes(path.size());
  bool hidden = path.starts_with(prefix);
  while (!hidden) {
    const std::size_t next = path.find(separator);
    if (next == std::string_view::npos) {
      break;
    }
    path.remove_prefix(next + separator.size());
    hidden = !path.empty() && path.starts_with(prefix);
  }
  call.push(hidden);
  return 1;
}

int path_default_separator(Call& call) {
  call.push(kSeparator);
  return 1;
}

/// POSIX dirname of the path with `.`, `..` and repeated separators resolved.
int path_extract_dir_name(Call& call) {
  std::string_view path = call.string(1);
  call.charge_bytes(path.size());
  path = path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  const bool rooted = path.starts_with('/');
  call.engine().require_room(path.size() * sizeof(std::string_view));
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t next = path.find('/');
    const std::string_view part = path.substr(0, next);
    path = next == std::string_view::npos ? std::string_view() : path.substr(next + 1);
    if (part.empty() || part == ".") {
      continue;
    }
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!rooted) {
      parts.push_back(part);
    }
  }
  std::string out = rooted ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out.append(i == 0 ? "" : "/").append(parts[i]);
  }
  call.push(out.empty() ? "." : std::string_view(out));
  return 1;
}

}  // namespace

const Module& path_module() {
  static const Module kModule = {"path",
                                 {{"parse", path_parse},
                                  {"join", path_join},
                                  {"is_hidden", path_is_hidden},
                                  {"default_separator", path_default_separator},
                                  {"extract_dir_name", path_extract_dir_name}}};
  return kModule;
}

}  // namespace tarn::actions::lua
