#pragma once

#include "api/models.h"
#include "base/clock.h"
#include "base/error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::ctl {

/// A search for the commit that broke something, as it is kept between two commands.
struct Bisect {
  WallTime created{};
  std::string repository;
  std::string bad_commit;
  std::string good_commit;
  /// Those that may have done it, newest first: the bad commit is among them, the good one is not.
  std::vector<api::dto::Commit> commits;

  /// Found, or nothing to look for.
  bool finished() const { return commits.size() < 2; }
  /// The commit that the next verdict is about. Needs !finished().
  std::size_t tested() const { return commits.size() / 2; }
  /// Halves what is left: a good commit clears itself and everything before it, a bad one
  /// everything after it. Changes nothing once finished.
  void judge(bool good);
};

/// What `bisect` prints after each step, in lakectl's words.
std::string render_bisect_status(const Bisect& bisect);

/// JSON in lakectl's form, which continues each other's searches.
std::string encode_bisect(const Bisect& bisect);
/// Errors kFailed.
Result<Bisect> decode_bisect(std::string_view json);

/// Replaces the file (files.h). Errors kFailed.
Result<void> save_bisect(const std::string& path, const Bisect& bisect);
/// Errors kFailed; without a file, that `bisect start` comes first.
Result<Bisect> load_bisect(const std::string& path);

/// `word` with `:BISECT_ID:` and its relatives replaced by what they name.
std::string expand_bisect_word(std::string_view word, const api::dto::Commit& commit);
/// BISECT_ID, BISECT_MESSAGE, BISECT_METARANGE_ID and BISECT_COMMITTER of a commit.
std::vector<std::pair<std::string_view, std::string_view>> bisect_variables(
    const api::dto::Commit& commit);

}  // namespace tarn::ctl
