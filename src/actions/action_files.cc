#include "actions/action_files.h"

#include "runtime/byte_source.h"
#include "runtime/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace tarn::actions {

using graveler::RepositoryPtr;

namespace {

constexpr std::size_t kFileBytesMax = kMiB;
/// Larger ones are read each time.
constexpr std::size_t kKeptBytesMax = 32 * kKiB;
constexpr std::size_t kPageItems = 1000;
constexpr std::size_t kReadWidth = 8;
constexpr std::string_view kListContext = "list actions from commit";

}  // namespace

std::string join_errors(const std::vector<std::string>& errors) {
  std::string out =
      fmt::format("{} error{} occurred:\n", errors.size(), errors.size() == 1 ? "" : "s");
  for (const std::string& error : errors) {
    out.append("\t* ").append(error).append("\n");
  }
  out.append("\n");
  return out;
}

bool BadFile::concerns(std::string_view event, std::string_view branch,
                       std::string_view tag) const {
  if (!about.known) {
    return event == "prepare-commit" || event == "pre-commit" || event == "pre-merge";
  }
  return std::ranges::any_of(about.triggers, [&](const Action::Trigger& trigger) {
    // A pattern that is malformed might have been meant for anything.
    return trigger.event == event && trigger.admits(branch, tag).value_or(true);
  });
}

Task<Result<ActionsPtr>> ActionFiles::load(Context ctx, RepositoryPtr repository, std::string ref) {
  Result<std::optional<std::string>> tree = co_await tree_of(ctx, repository, ref);
  if (!tree) {
    co_return std::move(tree).error().wrap(kListContext);
  }
  if (*tree) {
    std::optional<ActionsPtr> known = by_tree_.get(**tree);
    if (known) {
      co_return *std::move(known);
    }
  }
  Result<std::vector<File>> files = co_await list(ctx, repository, std::move(ref));
  if (!files) {
    co_return std::move(files).error().wrap(kListContext);
  }
  TARN_CO_TRY(ActionsPtr actions,
              co_await read(std::move(ctx), std::move(repository), *std::move(files)));
  if (*tree) {
    by_tree_.put(**tree, actions);
  }
  co_return actions;
}

Task<Result<std::optional<std::string>>> ActionFiles::tree_of(Context ctx, RepositoryPtr repository,
                                                              std::string ref) {
  TARN_CO_TRY(graveler::ResolvedRef resolved, co_await versions_.resolve(ctx, repository, ref));
  if (resolved.staged_on) {
    graveler::ListRequest any;
    any.prefix = kPrefix;
    any.amount = 1;
    BranchId branch = resolved.staged_on->id;
    TARN_CO_TRY(
        const graveler::Paged<graveler::Difference> staged,
        co_await versions_.diff_uncommitted(ctx, repository, std::move(branch), std::move(any)));
    if (!staged.items.empty()) {
      co_return std::optional<std::string>();
    }
    // Again, in case a commit took what was staged between the two looks.
    TARN_CO_TRY(resolved, co_await versions_.resolve(ctx, repository, std::move(ref)));
  }
  TARN_CO_TRY(const graveler::CommitPtr commit,
              co_await versions_.get_commit(ctx, repository, resolved.commit_id));
  std::optional<std::string> tree =
      repository->instance_uid + "/" + commit->commit.meta_range_id.str();
  co_return tree;
}

Task<Result<std::vector<ActionFiles::File>>> ActionFiles::list(Context ctx,
                                                               RepositoryPtr repository,
                                                               std::string ref) {
  std::vector<File> files;
  graveler::ListRequest request;
  request.prefix = kPrefix;
  request.delimiter = "/";
  request.amount = kPageItems;
  for (bool more = true; more;) {
    TARN_CO_TRY(graveler::Paged<graveler::ListedPath> page,
                co_await versions_.list(ctx, repository, ref, request));
    for (graveler::ListedPath& item : page.items) {
      const bool marker = item.entry && item.path == kPrefix && item.entry->size_bytes == 0;
      if (item.entry && !marker) {
        files.push_back({item.path, *std::move(item.entry)});
      }
    }
    if (files.size() > kFilesMax) {
      co_return Error(kInvalidAction, fmt::format("more than {} action files", kFilesMax));
    }
    more = page.more;
    if (more) {
      request.after = page.items.back().path;
    }
  }
  co_return files;
}

Task<Result<ActionFiles::ParsedPtr>> ActionFiles::parse(Context ctx, RepositoryPtr repository,
                                                        graveler::Entry entry) {
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}\n{}", repository->storage_namespace.str(), entry.address,
                  static_cast<int>(entry.address_type), entry.etag, entry.size_bytes);
  const std::optional<ParsedPtr> known = by_content_.get(key);
  if (known) {
    co_return *known;
  }
  TARN_CO_TRY(const std::unique_ptr<ByteSource> body,
              co_await objects_.read(ctx, std::move(repository), std::move(entry), std::nullopt));
  TARN_CO_TRY(const Bytes text, co_await read_all(ctx, *body, kFileBytesMax));
  FileTriggers about;
  Result<Action> action = parse_action(text, &about);
  ParsedPtr out = std::make_shared<const Parsed>(Parsed{std::move(action), std::move(about)});
  if (text.size() <= kKeptBytesMax) {
    by_content_.put(key, out);
  }
  co_return out;
}

Task<Result<ActionsPtr>> ActionFiles::read(Context ctx, RepositoryPtr repository,
                                           std::vector<File> files) {
  std::vector<std::optional<Action>> actions(files.size());
  std::vector<BadFile> wrong(files.size());
  std::function<Task<Result<void>>(std::size_t)> read_one =
      // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
      [this, &ctx, &repository, &files, &actions, &wrong](std::size_t index) -> Task<Result<void>> {
    const File& file = files[index];
    wrong[index].path = file.path;
    Result<ParsedPtr> parsed = co_await parse(ctx, repository, file.entry);
    if (!parsed) {
      Error error = std::move(parsed).error().wrap("loading file " + file.path);
      // A file that is too large, or whose object is gone, is wrong; a store that does not answer
      // says nothing about the file.
      if (error.kind() != ErrorKind::kInvalid && error.kind() != ErrorKind::kNotFound) {
        co_return error;
      }
      wrong[index].error = error.message();
      co_return Result<void>();
    }
    wrong[index].about = (*parsed)->about;
    const Result<Action>& action = (*parsed)->action;
    if (action) {
      actions[index] = *action;
    } else {
      wrong[index].error = Error(action.error()).wrap("parsing file " + file.path).message();
    }
    co_return Result<void>();
  };
  TARN_CO_CHECK_OK(co_await parallel_for(files.size(), kReadWidth, std::move(read_one)));

  ActionSet out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (actions[i] && !names.insert(actions[i]->name).second) {
      wrong[i].error = fmt::format("parsing file {}: action name '{}' already loaded: {}",
                                   files[i].path, actions[i]->name, kInvalidAction.text);
    }
    if (wrong[i].error.empty()) {
      out.actions.push_back(*std::move(actions[i]));
    } else {
      out.bad.push_back(std::move(wrong[i]));
    }
  }
  ActionsPtr shared = std::make_shared<const ActionSet>(std::move(out));
  co_return shared;
}

}  // namespace tarn::actions
