#include "server/fsck_report.h"

#include "base/json.h"

#include <fmt/format.h>

#include <string_view>

namespace tarn::server {
namespace {

using graveler::fsck::Damage;
using graveler::fsck::Summary;

struct Number {
  std::string_view json;
  /// After the number; empty = only in JSON.
  std::string_view text;
  std::uint64_t Summary::* member;
};

constexpr Number kFound[] = {
    {"branches", "branches", &Summary::branches},
    {"tags", "tags", &Summary::tags},
    {"commits", "commits", &Summary::commits},
    {"metaranges", "metaranges", &Summary::metaranges},
    {"ranges", "ranges", &Summary::ranges},
    {"entries", "entries", &Summary::entries},
    {"staged", "staged", &Summary::staged},
    {"objects", "objects", &Summary::objects},
    {"objects_elsewhere", "objects in other stores, not checked", &Summary::objects_elsewhere},
    {"other_rows", "other rows", &Summary::other_rows},
};
constexpr Number kNotDamage[] = {
    {"unreachable_commits", "commits that no branch or tag leads to",
     &Summary::unreachable_commits},
    {"unreferenced_tables", "tables that no commit names", &Summary::unreferenced_tables},
    {"unreferenced_table_bytes", "bytes in them", &Summary::unreferenced_table_bytes},
    {"changed_meanwhile", "findings that were gone on a second look", &Summary::changed_meanwhile},
};

/// Paths may hold anything; a report is lines of text.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

template <std::size_t N>
std::string counts(const Summary& summary, const Number (&numbers)[N]) {
  std::string out;
  for (const Number& number : numbers) {
    if (summary.*number.member != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", summary.*number.member, number.text);
    }
  }
  return out;
}

std::string verdict(const Summary& summary) {
  if (summary.damages == 0 && summary.unreadable == 0) {
    return "clean";
  }
  std::string out;
  if (summary.damages != 0) {
    out = fmt::format("{} damaged", summary.damages);
  }
  if (summary.unreadable != 0) {
    out += fmt::format("{}{} could not be read", out.empty() ? "" : ", ", summary.unreadable);
  }
  return out;
}

void add_string(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format(",\"{}\":", name);
  append_json_string(out, value);
}

}  // namespace

void FsckReport::damage(const Damage& damage) {
  if (!json_) {
    const std::string owner = damage.repository.empty() ? "server" : damage.repository;
    return write_(one_line(fmt::format("{}: {}: {}", owner, damage.subject, damage.message)) +
                  "\n");
  }
  std::string line = "{\"type\":\"damage\"";
  add_string(line, "kind", graveler::fsck::to_string(damage.kind));
  add_string(line, "repository", damage.repository);
  add_string(line, "subject", damage.subject);
  add_string(line, "message", damage.message);
  write_(line + "}\n");
}

void FsckReport::summary(const Summary& summary) {
  damages_ += summary.damages;
  unreadable_ += summary.unreadable;
  const bool of_server = summary.repository.empty();
  if (json_) {
    std::string line = of_server ? "{\"type\":\"server\"" : "{\"type\":\"repository\"";
    if (!of_server) {
      add_string(line, "repository", summary.repository);
      add_string(line, "storage_namespace", summary.storage_namespace);
      line += summary.in_deletion ? ",\"in_deletion\":true" : ",\"in_deletion\":false";
    }
    const auto add = [&line, &summary](const Number& number) {
      line += fmt::format(",\"{}\":{}", number.json, summary.*number.member);
    };
    for (const Number& number : kFound) {
      add(number);
    }
    for (const Number& number : kNotDamage) {
      add(number);
    }
    line +=
        fmt::format(",\"damages\":{},\"unreadable\":{}}}\n", summary.damages, summary.unreadable);
    return write_(line);
  }
  std::string line = of_server ? "server" : summary.repository;
  if (summary.in_deletion) {
    line += " (in deletion)";
  }
  line += ": " + verdict(summary);
  const std::string found = counts(summary, kFound);
  if (!found.empty()) {
    line += ": " + found;
  }
  const std::string not_damage = counts(summary, kNotDamage);
  if (!not_damage.empty()) {
    line += "; no damage: " + not_damage;
  }
  write_(one_line(line) + "\n");
}

}  // namespace tarn::server
