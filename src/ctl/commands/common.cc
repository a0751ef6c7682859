#include "ctl/commands/common.h"

#include "ctl/errors.h"
#include "ctl/format.h"

namespace tarn::ctl {

Result<Metadata> parse_metadata(const std::vector<std::string>& pairs) {
  Metadata out;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      return failure("invalid key/value pair - should be separated by \"=\"");
    }
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return out;
}

Result<std::string> commit_message(const Flags& flags) {
  std::string message = flags.text("message");
  if (trim(message).empty() && !flags.boolean("allow-empty-message")) {
    return failure("commit with no message without specifying the \"--allow-empty-message\" flag");
  }
  return message;
}

std::string key_value(std::string_view key, std::string_view value) {
  return fmt::format("{} = {}", pad(key, 18), value);
}

std::string render_new_commit(const Console& console, const api::dto::Commit& commit) {
  return fmt::format("ID: {}\nMessage: {}\nTimestamp: {}\nParents: {}\n\n",
                     console.paint(color::kYellow, commit.id), commit.message,
                     format_date(commit.creation_date), fmt::join(commit.parents, ", "));
}

std::string render_commit(const Console& console, const api::dto::Commit& commit,
                          bool with_meta_range_id) {
  std::string out = fmt::format("\nID:            {}\n", console.paint(color::kYellow, commit.id));
  if (!commit.committer.empty()) {
    out.append(fmt::format("Author:        {}\n", commit.committer));
  }
  out.append(fmt::format("Date:          {}\n", format_date(commit.creation_date)));
  if (with_meta_range_id) {
    out.append(fmt::format("Meta Range ID: {}\n", commit.meta_range_id));
  }
  if (commit.parents.size() > 1) {
    const std::string parents = fmt::format("{}", fmt::join(commit.parents, ", "));
    out.append(fmt::format("Merge:         {}\n", console.paint(color::kBold, parents)));
  }
  out.append(fmt::format("\n\t{}\n", commit.message));
  if (commit.metadata && !commit.metadata->empty()) {
    // The block ends inside a line, which the next block's first newline closes.
    out.append("\nMetadata:\n\t");
    for (const auto& [key, value] : *commit.metadata) {
      out.append(fmt::format("\n\t{}\n\t", key_value(key, value)));
    }
  }
  return out;
}

std::string render_stats(const Console& console, const api::dto::ObjectStats& stats) {
  const std::int64_t size = stats.size_bytes.value_or(0);
  std::string out = fmt::format(
      "Path: {}\nModified Time: {}\nSize: {} bytes\nHuman Size: {}\nPhysical Address: {}\n",
      console.paint(color::kYellow, stats.path), format_date(stats.mtime), size,
      human_size(static_cast<std::uint64_t>(size)), stats.physical_address);
  if (stats.physical_address_expiry) {
    out.append(
        fmt::format("Physical Address Expires: {}\n", format_date(*stats.physical_address_expiry)));
  }
  out.append(fmt::format("Checksum: {}\nContent-Type: {}\n", stats.checksum,
                         stats.content_type.value_or("")));
  if (stats.metadata && !stats.metadata->empty()) {
    out.append("Metadata:\n\t\n");
    for (const auto& [key, value] : *stats.metadata) {
      out.append(fmt::format("\t{}\n", key_value(key, value)));
    }
  }
  return out;
}

}  // namespace tarn::ctl
