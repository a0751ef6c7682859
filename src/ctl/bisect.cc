#include "ctl/bisect.h"

#include "api/codec.h"
#include "base/json.h"
#include "base/time_text.h"
#include "ctl/errors.h"
#include "ctl/files.h"

#include <fmt/format.h>

#include <unistd.h>

#include <bit>
#include <cerrno>

namespace tarn::ctl {
namespace {

/// A million commits of the usual size.
constexpr std::size_t kStateBytesMax = std::size_t{1} << 30;

}  // namespace

void Bisect::judge(bool good) {
  if (finished()) {
    return;
  }
  const auto middle = commits.begin() + static_cast<std::ptrdiff_t>(tested());
  if (good) {
    commits.erase(middle, commits.end());
  } else {
    commits.erase(commits.begin(), middle);
  }
}

std::string render_bisect_status(const Bisect& bisect) {
  std::string out = fmt::format("Repository: {}\n", bisect.repository);
  const auto uri = [&](std::string_view commit) {
    return fmt::format("lakefs://{}/{}", bisect.repository, commit);
  };
  const std::size_t count = bisect.commits.size();
  if (bisect.bad_commit.empty() && bisect.good_commit.empty()) {
    out.append("Missing both good and bad commits\n");
  } else if (bisect.good_commit.empty()) {
    out.append(fmt::format("Bad commit {}, waiting for good commit\n", uri(bisect.bad_commit)));
  } else if (bisect.bad_commit.empty()) {
    out.append(fmt::format("Good commit {}, waiting for bad commit\n", uri(bisect.good_commit)));
  } else if (count == 0) {
    out.append("No commits found\n");
  } else if (count == 1) {
    const api::dto::Commit& found = bisect.commits.front();
    out.append(fmt::format("Found commit {} {}\n", uri(found.id), found.message));
  } else {
    // lakectl names the commit after the one that it asks about (docs/cli.md).
    const std::size_t left = bisect.tested() - 1;
    const api::dto::Commit& current = bisect.commits[left];
    out.append(fmt::format(
        "Bisecting: {} commits left to test after this (roughly {} steps)\nCurrent commit {} {}\n",
        left, std::bit_width(count) - 1, uri(current.id), current.message));
  }
  return out;
}

std::string encode_bisect(const Bisect& bisect) {
  std::string out;
  const auto member = [&](std::string_view key, std::string_view value) {
    append_json_string(out, key);
    out.append(":");
    append_json_string(out, value);
    out.append(",");
  };
  out.append("{");
  member("created", format_rfc3339(bisect.created));
  member("repository", bisect.repository);
  member("badCommit", bisect.bad_commit);
  member("goodCommit", bisect.good_commit);
  out.append("\"commits\":");
  api::encode_to(out, bisect.commits);
  return out.append("}");
}

Result<Bisect> decode_bisect(std::string_view json) {
  const Result<Json> state = parse_json(json, {.size_bytes_max = kStateBytesMax});
  if (!state || !state->is_object()) {
    return failure(fmt::format("not a bisect session: {}",
                               state ? "no JSON object" : state.error().message()));
  }
  Bisect out;
  out.repository = state->string_or("repository", "");
  out.bad_commit = state->string_or("badCommit", "");
  out.good_commit = state->string_or("goodCommit", "");
  out.created = parse_rfc3339(state->string_or("created", "")).value_or(WallTime{});
  const Json* commits = state->find("commits");
  if (commits == nullptr || commits->is_null()) {
    return out;
  }
  Result<std::vector<api::dto::Commit>> decoded =
      api::decode_response<std::vector<api::dto::Commit>>(commits->dump());
  if (!decoded) {
    return failure(fmt::format("not a bisect session: {}", decoded.error().message()));
  }
  out.commits = *std::move(decoded);
  return out;
}

Result<void> save_bisect(const std::string& path, const Bisect& bisect) {
  return replace_file(path, encode_bisect(bisect), 0644);
}

Result<Bisect> load_bisect(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return failure("You need to start by \"bisect start\"");
  }
  TARN_TRY(const std::string text, read_file(path));
  Result<Bisect> bisect = decode_bisect(text);
  if (!bisect) {
    return with_context(bisect.error(), path + ": ");
  }
  return bisect;
}

std::vector<std::pair<std::string_view, std::string_view>> bisect_variables(
    const api::dto::Commit& commit) {
  return {{"BISECT_ID", commit.id},
          {"BISECT_MESSAGE", commit.message},
          {"BISECT_METARANGE_ID", commit.meta_range_id},
          {"BISECT_COMMITTER", commit.committer}};
}

std::string expand_bisect_word(std::string_view word, const api::dto::Commit& commit) {
  // In one pass: a message that looks like a variable stays as it is.
  const auto variables = bisect_variables(commit);
  std::string out;
  while (!word.empty()) {
    bool replaced = false;
    for (const auto& [name, value] : variables) {
      const std::string pattern = fmt::format(":{}:", name);
      if (word.starts_with(pattern)) {
        out.append(value);
        word.remove_prefix(pattern.size());
        replaced = true;
        break;
      }
    }
    if (!replaced) {
      out += word.front();
      word.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace tarn::ctl
