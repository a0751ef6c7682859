"""Mutants: each is the code with one rule broken. `old` occurs exactly once in the sources of graveler, or in the one named `file`
(tools/tests/test_mutants.py checks that); the program with `new` in its place compiles, answers most requests rightly, and is found by graveler's
model test."""

import collections
import pathlib

FOLDER = "src/graveler"
Mutant = collections.namedtuple("Mutant", "name what old new file", defaults=("*.cc",))


def places(mutant, root):
    """Files below `root` where `old` occurs, one entry for each time."""
    files = sorted(pathlib.Path(root, FOLDER).glob(mutant.file))
    return [file for file in files if not file.stem.endswith(("_test", "_fuzz", "_bench")) for _ in range(file.read_text().count(mutant.old))]


MUTANTS = [
    Mutant(
        "merge-table",
        "the last rule of the merge table inverted: conflict where only the destination changed a path, and none where both did",
        "return same(base, source) ? MergeOutcome::kTakeDestination : MergeOutcome::kConflict;",
        "return same(base, source) ? MergeOutcome::kConflict : MergeOutcome::kTakeDestination;",
    ),
    Mutant(
        "strategy",
        "`source-wins` lets the destination win",
        "outcome = strategy_ == MergeStrategy::kSourceWins ?",
        "outcome = strategy_ == MergeStrategy::kDestinationWins ?",
    ),
    Mutant(
        "tombstone-commit",
        "a commit counts a removal, and keeps the record",
        "      ++summary_.removed;\n      return true;",
        "      ++summary_.removed;\n      return writer_.put(record.key(), record.value());",
    ),
    Mutant(
        "tombstone-list",
        "a listing shows what is removed but not committed",
        "bool hidden() const { return staged_first() && is_tombstone(staged_.value()); }",
        "bool hidden() const { return false; }",
    ),
    Mutant(
        "range-end",
        "a change of a range's last key is taken for one behind the range",
        "changes_.key() > ranges_.range().max_key",
        "changes_.key() >= ranges_.range().max_key",
    ),
    Mutant(
        "range-skip",
        "moving past a range goes to the next one, wherever that ends",
        "    co_return co_await seek(std::move(ctx), std::move(key));\n  }\n  if (records_) {",
        "    records_.reset();\n    co_return ranges_.next();\n  }\n  if (records_) {",
    ),
    Mutant(
        "range-removed",
        "a whole range that one side removed comes back",
        "    co_return removed;",
        "    co_return kept;",
    ),
    Mutant(
        "revert-sides",
        "revert does the change again instead of taking it back",
        "    if (!reverted->commit.parents.empty() || request.parent_number != 0) {\n"
        "      TARN_CO_TRY(const CommitPtr parent,\n"
        "                  co_await parent_of(ctx, repository, reverted, request.parent_number,\n"
        "                                     kRevertParentNeeded));\n"
        "      trees.source = tree_id(repository, parent);\n",
        "    if (!reverted->commit.parents.empty() || request.parent_number != 0) {\n"
        "      TARN_CO_TRY(const CommitPtr parent,\n"
        "                  co_await parent_of(ctx, repository, reverted, request.parent_number,\n"
        "                                     kRevertParentNeeded));\n"
        "      trees.source = std::exchange(trees.base, tree_id(repository, parent));\n",
    ),
    Mutant(
        "cherry-pick-origin",
        "a picked commit does not say where it comes from",
        '    commit.metadata["cherry-pick-origin"] = picked->id.str();\n',
        "",
    ),
    Mutant(
        "parent-number",
        "revert and cherry-pick of a merge take its first parent, whichever was asked for",
        "co_return co_await refs_.commit(ctx, repository, parents[index - 1]);",
        "co_return co_await refs_.commit(ctx, repository, parents.front());",
    ),
    Mutant(
        "squash",
        "a squashed merge has the source as its parent",
        "  if (!request.squash) {",
        "  if (true) {",
    ),
    Mutant(
        "reset-prefix",
        "reset of `b/x` resets all of `b`",
        "  page.prefix = std::move(prefix);",
        "  page.prefix = prefix.substr(0, 1);",
    ),
    Mutant(
        "hard-reset-staged",
        "moving a branch leaves rows staged that changed nothing on the old head",
        "const std::vector<StagingToken> vain = std::exchange(next.sealed_tokens, {});",
        "const std::vector<StagingToken> vain;",
    ),
    Mutant(
        "two-dot",
        "differences go from right to left",
        "  co_return co_await diff_trees(ctx, tables_, std::move(trees), std::move(request));",
        "  std::swap(trees.source, trees.destination);\n"
        "  trees.base = three_dot ? trees.base : trees.destination;\n"
        "  co_return co_await diff_trees(ctx, tables_, std::move(trees), std::move(request));",
    ),
    Mutant(
        "first-parent",
        "log follows all parents of a merge, asked for the first or not",
        "request.first_parent ? std::min<std::size_t>(1, parents.size()) : parents.size();",
        "parents.size();",
    ),
    Mutant(
        "log-filter",
        "log of a path overlooks changes that leave the bounds of its range alone",
        "range_a.range().id == range_b.range().id",
        "range_a.range().max_key == range_b.range().max_key",
    ),
    Mutant(
        "after",
        "a page begins at `after` instead of behind it",
        "kv::next_key(request.after)",
        "request.after",
    ),
    Mutant(
        "delimiter",
        "paths are grouped at the first delimiter, also within the prefix",
        "path.find(request.delimiter, request.prefix.size())",
        "path.find(request.delimiter)",
    ),
    Mutant(
        "sealed-order",
        "what is sealed last is the oldest",
        "sealed.sealed_tokens.insert(sealed.sealed_tokens.begin(), sealed.staging_token);",
        "sealed.sealed_tokens.insert(sealed.sealed_tokens.end(), sealed.staging_token);",
        "commits.cc",
    ),
    Mutant(
        "merge-base",
        "the search for a merge base forgets who reached a commit before",
        "of_parent |= marks;",
        "of_parent = marks;",
    ),
    Mutant(
        "ancestor",
        "`~` follows the last parent of a merge",
        "ref.commit_id = at->commit.parents.front();",
        "ref.commit_id = at->commit.parents.back();",
    ),
]
