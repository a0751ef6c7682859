"""History on the command line: every command that merges, compares, undoes, lists or searches commits, with what it prints."""

import datetime
import hashlib
import json
import re
import subprocess
import tarfile

import pytest

from tests.lib.client import LAKECTL, Lakectl, masked
from tests.lib.server import ROOT

ERROR = "\nError executing command.\n"


class Shell(Lakectl):
    """lakectl, and short ways to make a history in one repository."""

    repository = None

    def uri(self, ref):
        return f"lakefs://{self.repository}/{ref}"

    def put(self, ref, path, text="content"):
        self("fs", "upload", self.uri(f"{ref}/{path}"), "-s", "-", stdin=text.encode())

    def change(self, ref, path, text="content"):
        """A commit that writes one object; its message is `path=text`."""
        self.put(ref, path, text)
        return self.commit(self.uri(ref), f"{path}={text}")

    def head(self, ref):
        return commit_id(self("show", "commit", self.uri(ref)))

    def paths(self, ref):
        return [line.split()[-1] for line in self("fs", "ls", "-r", self.uri(f"{ref}/")).splitlines()]

    def text(self, ref, path):
        return self("fs", "cat", self.uri(f"{ref}/{path}"))

    def messages(self, ref, *flags):
        return re.findall(r"\n\n\t(.*)\n", self("log", self.uri(ref), *flags))


@pytest.fixture
def lakectl(server, repository, tmp_path):
    shell = Shell(server, tmp_path)
    shell.repository = repository
    return shell


def commit_id(text):
    return re.search(r"[0-9a-f]{64}", text).group(0)


def field(name, text):
    return re.search(rf"^{name}: +(.*)$", text, re.M).group(1)


@pytest.fixture
def forked(lakectl):
    """`main` with `base`, and `dev` with one commit more on each side."""
    lakectl.change("main", "base", "1")
    lakectl("branch", "create", lakectl.uri("dev"), "-s", lakectl.uri("main"))
    lakectl.change("dev", "from-dev", "1")
    lakectl.change("main", "from-main", "1")
    return lakectl


def test_merge(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    out = forked("merge", dev, main)
    merged = commit_id(out)
    assert out == f'Source: {dev}\nDestination: {main}\nMerged "dev" into "main" to get "{merged}".\n'
    assert forked.paths("main") == ["base", "from-dev", "from-main"]
    shown = forked("show", "commit", main)
    parents = [forked.head("main~1"), forked.head("dev")]
    author = field("Author", shown)
    assert masked(shown) == (
        f"\nID:            <COMMIT_ID>\nAuthor:        {author}\nDate:          <DATE>\n"
        "Merge:         <COMMIT_ID>, <COMMIT_ID>\n\n\tMerge 'dev' into 'main'\n"
        "\nMetadata:\n\t\n\t.lakefs.merge.strategy = default\n\t"
    )
    assert field("Merge", shown) == ", ".join(parents)
    assert forked.fail("merge", dev, main) == (
        f"Source: {dev}\nDestination: {main}\n",
        "update branch main: no changes\n400 Bad Request\n",
    )
    forked("merge", dev, main, "--allow-empty", "-m", "again", "--meta", "a=b")
    shown = forked("show", "commit", main)
    assert "\n\tagain\n" in shown and "\n\ta                  = b\n" in shown
    colored = forked.with_variables(LAKECTL_INTERACTIVE="true")("merge", dev, main, "--allow-empty")
    assert re.search(r'Merged "\x1b\[93mdev\x1b\[0m" into "\x1b\[93mmain\x1b\[0m" to get "\x1b\[92m[0-9a-f]{64}\x1b\[0m"\.', colored)


def test_merge_of_what_both_sides_changed(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    forked.change("dev", "base", "theirs")
    forked.change("main", "base", "ours")
    lines = f"Source: {dev}\nDestination: {main}\n"
    assert forked.fail("merge", dev, main) == (lines, "Conflict found." + ERROR)
    assert forked.text("main", "base") == "ours", "a conflict changes nothing"
    assert forked.fail("merge", dev, main, "--strategy", "theirs") == (
        lines,
        'Invalid strategy value. Expected "dest-wins" or "source-wins"' + ERROR,
    )
    forked("merge", dev, main, "--strategy", "dest-wins")
    assert forked.text("main", "base") == "ours"
    assert ".lakefs.merge.strategy = dest-wins" in forked("show", "commit", main)
    forked.change("dev", "base", "theirs again")
    forked("merge", dev, main, "--strategy", "source-wins", "--squash")
    assert forked.text("main", "base") == "theirs again"
    shown = forked("show", "commit", main)
    assert "Merge: " not in shown, "a squashed merge has one parent"
    assert ".lakefs.merge.strategy = source-wins" in shown


def test_merge_refuses(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    assert forked.fail("merge", dev, "lakefs://other-repo/main")[1] == "both references must belong to the same repository" + ERROR
    assert forked.fail("merge", forked.uri("v1.0"), main)[1] == (
        "source ref contains invalid branch name: not a valid branch URI" + ERROR
    )
    assert forked.fail("merge", dev)[1] == "Error: accepts between 2 and 6 arg(s), received 1\n"
    assert forked.fail("merge", forked.uri("none"), main)[1].endswith("not found\n404 Not Found\n")
    assert forked.fail("merge", dev, main, "--meta", "nothing")[1] == (
        'invalid key/value pair - should be separated by "="' + ERROR
    )
    assert forked.fail("merge", dev, main, "--allow-empty-message=false")[1] == (
        'commit with no message without specifying the "--allow-empty-message" flag' + ERROR
    )
    forked.put("main", "dirty")
    assert forked.fail("merge", dev, main)[1].endswith("uncommitted changes (dirty branch)\n400 Bad Request\n")


def test_diff_two_way_and_three_way(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    lines = f"Left ref: {main}\nRight ref: {dev}\n"
    assert forked("diff", main, dev) == lines + "+ added from-dev\n", "since they parted"
    assert forked("diff", "--two-way", main, dev) == lines + "+ added from-dev\n- removed from-main\n"
    forked("fs", "rm", forked.uri("dev/base"))
    forked.commit(dev, "without base")
    forked.change("main", "base", "2")
    assert forked("diff", main, dev) == lines + "* conflict base\n+ added from-dev\n"
    assert forked("diff", main, dev, "--prefix", "from-") == lines + "+ added from-dev\n"
    assert forked("diff", forked.uri("main~1"), main) == (
        f"Left ref: {main}~1\nRight ref: {main}\n~ modified base\n"
    )
    forked("merge", dev, main, "--strategy", "source-wins")
    assert forked("diff", main, dev) == lines
    forked.put("dev", "staged")
    assert forked("diff", "--two-way", main, forked.uri("dev$")) == (
        f"Left ref: {main}\nRight ref: {dev}$\n- removed from-main\n+ added staged\n"
    )
    assert forked("diff", dev) == f"Ref: {dev}\n+ added staged\n"
    assert forked.fail("diff", main, forked.uri("none"))[1].startswith("diff remote failed. HTTP 404: ")
    assert forked.fail("diff")[1] == "Error: accepts between 1 and 2 arg(s), received 0\n"


def test_log_of_a_history_with_merges(forked):
    main = forked.uri("main")
    forked("merge", forked.uri("dev"), main, "-m", "merge")
    forked.change("main", "last", "1")
    everything = ["last=1", "merge", "from-main=1", "from-dev=1", "base=1", "Repository created"]
    assert forked.messages("main") == everything
    assert forked.messages("main", "--amount", "2") == everything[:2]
    assert forked.messages("main", "--amount", "2", "--after", forked.head("main~1")) == everything[2:4]
    assert forked.messages("main", "--first-parent") == ["last=1", "merge", "from-main=1", "base=1", "Repository created"]
    assert forked.messages("main", "--no-merges") == [m for m in everything if m != "merge"]
    assert forked.messages("main", "--no-merges", "--amount", "2") == ["last=1", "from-main=1"]
    assert forked.messages("main", "--no-merges", "--amount", "50") == [m for m in everything if m != "merge"]
    assert forked.messages("main", "--stop-at", "main~1") == everything[:2], "inclusive"
    assert forked.messages("main", "--objects", "from-dev") == ["from-dev=1"]
    assert forked.messages("main", "--objects", "from-dev,base") == ["from-dev=1", "base=1"]
    assert forked.messages("main", "--objects", "from-dev", "--objects", "last") == ["last=1", "from-dev=1"]
    assert forked.messages("main", "--prefixes", "from-") == ["from-main=1", "from-dev=1"]
    assert forked.messages("main", "--prefixes", "nothing") == []
    assert forked.messages("main", "--limit", "--amount", "1", "--objects", "base") == ["base=1"]
    assert forked.messages("main", "--since", "2001-02-03T04:05:06Z") == everything
    assert forked.messages("main", "--since", "2199-02-03T04:05:06+02:00") == []
    assert forked.messages("dev") == ["from-dev=1", "base=1", "Repository created"]
    shown = forked("log", main, "--amount", "1", "--show-meta-range-id")
    assert re.search(r"\nMeta Range ID: [0-9a-f]{64}\n", shown)
    drawn = forked.with_variables(LAKECTL_INTERACTIVE="true")("log", main, "--amount", "1")
    head = forked.head("main")
    assert drawn.startswith(f"\nID:            \x1b[93m{head}\x1b[0m\n")
    assert drawn.endswith(f'\nfor more results run with \x1b[93m--amount 1 --after "{head}"\x1b[0m\n\n')
    assert forked.fail("log", forked.uri("none"))[1].endswith("not found\n404 Not Found\n")
    assert forked.fail("log", main, "--prefixes", "a,")[1] == "Prefixes list contains empty string!" + ERROR
    assert forked.fail("log", main, "--stop-at", "none")[1].endswith("\n404 Not Found\n")


def test_log_as_a_graph(forked, server):
    main = forked.uri("main")
    forked("merge", forked.uri("dev"), main, "-m", "a <b> & 'c'")
    head, first, second = forked.head("main"), forked.head("main^1"), forked.head("main^2")
    dot = forked("log", main, "--dot", "--amount", "1")
    assert dot == (
        'digraph {\n\trankdir="BT"\n'
        f'\n\t"{head}" [shape=note target="_blank" '
        f'href="{server.url}/repositories/{forked.repository}/commits/{head}" '
        f"label=< <b>{head[:8]}<br/> a &lt;b&gt; &amp; &#39;c&#39;</b> >]\n"
        f'\t"{first}" -> "{head}";\n\t"{second}" -> "{head}";\n'
        "\n}\n"
    )
    assert forked("log", main, "--dot").count("[shape=note") == 5


def test_revert(lakectl):
    main = lakectl.uri("main")
    lakectl.change("main", "a", "1")
    two = lakectl.change("main", "b", "1")
    three = lakectl.change("main", "c", "1")
    assert lakectl("branch", "revert", main, "main", two, "-y") == (
        f"Branch: {main}\ncommit main successfully reverted\ncommit {two} successfully reverted\n"
    )
    assert lakectl.paths("main") == ["a"]
    assert lakectl.messages("main", "--amount", "2") == [f"Revert {two}", "Revert main"]
    out, err = lakectl.fail("branch", "revert", main, three, "nothing-here", "-y")
    assert (out, err) == (f"Branch: {main}\n", err) and err.endswith("no changes\n400 Bad Request\n"), "it stops at the first"
    assert lakectl("branch", "revert", main, three, "-y", "--allow-empty-commit").endswith("successfully reverted\n")
    assert lakectl.fail("branch", "revert", main, three, "-y", "-m", "0")[1] == (
        "parent number must be number greater than 0, if specified" + ERROR
    )
    assert lakectl.fail("branch", "revert", main)[1] == "Error: requires at least 2 arg(s), only received 1\n"
    out, err = lakectl.fail("branch", "revert", main, two, three, stdin=b"n\n")
    assert f"Are you sure you want to revert the effect of commits {two} {three}" in out
    assert err == "Revert aborted" + ERROR


def test_revert_of_a_merge(forked):
    main = forked.uri("main")
    forked("merge", forked.uri("dev"), main)
    merge = forked.head("main")
    _, err = forked.fail("branch", "revert", main, merge, "-y")
    assert err.endswith("\n409 Conflict\n"), "it must be said relative to which parent"
    _, err = forked.fail("branch", "revert", main, merge, "-y", "-m", "3")
    assert err.endswith("\n400 Bad Request\n")
    forked("branch", "revert", main, merge, "-y", "-m", "1")
    assert forked.paths("main") == ["base", "from-main"]
    forked("branch", "revert", main, "main", "-y")
    forked("branch", "revert", main, merge, "-y", "--parent-number", "2")
    assert forked.paths("main") == ["base", "from-dev"]


def test_reset(lakectl):
    main = lakectl.uri("main")
    lakectl.change("main", "kept", "1")

    def stage():
        for path in ("a", "a1", "dir/b", "dir/c"):
            lakectl.put("main", path)
        lakectl("fs", "rm", f"{main}/kept")

    stage()
    assert lakectl("branch", "reset", main, "--object", "a", "-y") == f"Branch: {main}\n"
    assert lakectl.paths("main") == ["a1", "dir/b", "dir/c"], "an object, not what begins like it"
    assert lakectl("branch", "reset", main, "--prefix", "dir/", "-y") == f"Branch: {main}\n"
    assert lakectl.paths("main") == ["a1"]
    assert lakectl("branch", "reset", main, "-y") == f"Branch: {main}\n"
    assert lakectl.paths("main") == ["kept"]
    assert lakectl("diff", main) == f"Ref: {main}\n"
    stage()
    for flags, question in (
        ([], "Are you sure you want to reset all uncommitted changes"),
        (["--prefix", "dir/"], "changes from path: dir/"),
        (["--object", "a"], "changes for object: a"),
    ):
        out, err = lakectl.fail("branch", "reset", main, *flags, stdin=b"n\n")
        assert question in out and err == "Reset aborted" + ERROR
    assert lakectl.paths("main") == ["a", "a1", "dir/b", "dir/c"]
    assert lakectl.fail("branch", "reset", lakectl.uri("none"), "-y")[1] == "branch not found\n404 Not Found\n"


def test_cherry_pick(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    picked = forked.head("dev")
    out = forked("cherry-pick", dev, main)
    assert masked(out) == (
        f'Branch: {main}\nCommit for branch "main" completed.\n\n'
        "ID: <COMMIT_ID>\nMessage: from-dev=1\nTimestamp: <DATE>\nParents: <COMMIT_ID>\n\n"
    )
    assert forked.paths("main") == ["base", "from-dev", "from-main"]
    shown = forked("show", "commit", main)
    assert f"\tcherry-pick-origin = {picked}\n" in shown and "\tcherry-pick-committer = " in shown
    forked("cherry-pick", dev, main)
    assert forked("diff", forked.uri("main~1"), main).count("\n") == 2, "what is there already changes nothing"
    forked.change("dev", "base", "theirs")
    forked.change("main", "base", "ours")
    assert forked.fail("cherry-pick", dev, main) == (
        f"Branch: {main}\n",
        "update branch: conflict found\n409 Conflict\n",
    )
    assert forked.fail("cherry-pick", dev, main, "-m", "0")[1] == "parent number must be positive, if specified" + ERROR
    assert forked.fail("cherry-pick", dev, "lakefs://other-repo/main")[1] == (
        "Repository mismatch for destination branch and cherry-pick ref" + ERROR
    )


def test_cherry_pick_of_a_merge(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    forked("branch", "create", forked.uri("old"), "-s", forked.uri("main~1"))
    forked("merge", dev, main)
    forked("cherry-pick", main, forked.uri("old"))
    assert forked.paths("old") == ["base", "from-dev"], "without a number, relative to the first parent"
    forked("cherry-pick", main, forked.uri("old"), "-m", "2")
    assert forked.paths("old") == ["base", "from-dev", "from-main"]
    assert forked.fail("cherry-pick", main, forked.uri("old"), "-m", "3")[1].endswith("\n400 Bad Request\n")


def test_find_merge_base(forked):
    main, dev = forked.uri("main"), forked.uri("dev")
    base, source, destination = forked.head("main~1"), forked.head("dev"), forked.head("main")
    assert forked("find-merge-base", dev, main) == (
        f"Source: {dev}\nDestination: {main}\n"
        f'Found base "{base}" when merging "{source}" into "{destination}".\n'
    )
    assert forked.fail("find-merge-base", dev, "lakefs://other-repo/main")[1] == (
        "both references must belong to the same repository" + ERROR
    )
    assert forked.fail("find-merge-base", forked.uri(""), main)[1] == (
        "source ref URI missing reference part: not a valid ref URI" + ERROR
    )


def test_tags_name_commits_of_a_history(forked):
    tag = forked.uri("v1.0")
    commit = forked.head("main~1")
    assert forked("tag", "create", tag, forked.uri("main~1")) == f"Created tag 'v1.0' ({{{commit} v1.0}})\n"
    assert commit_id(forked("show", "commit", tag)) == commit
    assert forked("diff", tag, forked.uri("main")) == (
        f"Left ref: {tag}\nRight ref: {forked.uri('main')}\n+ added from-main\n"
    )
    assert forked.messages("v1.0") == ["base=1", "Repository created"]
    assert forked.messages("v1.0~1") == ["Repository created"]
    assert forked.fail("show", "commit", forked.uri("v1.0~2"))[1].endswith("not found\n404 Not Found\n")


def test_annotate(lakectl):
    lakectl.change("main", "dir/a", "1")
    second = lakectl.change("main", "dir/a-very-long-name", "1")
    lakectl.put("main", "top")
    long = lakectl.commit(lakectl.uri("main"), "m" * 300)
    first = lakectl.change("main", "dir/a", "2")
    author = field("Author", lakectl("show", "commit", lakectl.uri("main")))

    def line(path, commit, message):
        return f"{path:15} {author:20} {commit[:16]:20} <DATE>  {message}\n"

    # A folder's commit is the last one below it.
    assert masked(lakectl("annotate", lakectl.uri("main/"))) == (
        line("dir/", first, "dir/a=2") + line("top", long, "m" * 197 + "...")
    )
    assert masked(lakectl("blame", "-r", lakectl.uri("main/dir/"))) == (
        line("dir/a", first, "dir/a=2") + line("dir/a-very-long-name", second, "dir/a-very-long-name=1")
    )
    assert lakectl("annotate", lakectl.uri("main/none/")) == ""
    assert lakectl.fail("annotate", lakectl.uri("none/"))[1].endswith("not found\n404 Not Found\n")


def test_annotate_follows_the_first_parent(forked):
    forked("merge", forked.uri("dev"), forked.uri("main"), "-m", "merge")
    made = masked(forked("annotate", forked.uri("main/from-dev")))
    assert made.endswith("  from-dev=1\n")
    # The merge itself is no commit that changes a path, so on the first-parent line nobody made it.
    first = masked(forked("annotate", "--first-parent", forked.uri("main/from-dev")))
    assert first.strip() == "from-dev"


def test_cat_sst(lakectl, server):
    for path in ("a", "b/c", "d"):
        lakectl.put("main", path, path)
    lakectl.commit(lakectl.uri("main"), "three objects")
    meta_range = field("Meta Range ID", lakectl("show", "commit", lakectl.uri("main"), "--show-meta-range-id"))
    (folder,) = (server.folder / "data").rglob(f"bucket/{lakectl.repository}/_lakefs")
    away = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1")
    listed = away("cat-sst", "--file", str(folder / meta_range))
    range_id, least, most, count, size = listed.rstrip("\n").split("\t")
    assert (least, most, count) == ("a", "d", "3") and int(size) > 0
    rows = away("cat-sst", "-f", str(folder / range_id)).splitlines()
    assert len(rows) == 3
    for row, path in zip(rows, ("a", "b/c", "d")):
        checksum = hashlib.md5(path.encode()).hexdigest()
        assert re.fullmatch(
            rf"{path}\t[0-9a-f]{{64}}\t{len(path)}\t{checksum}\t"
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC\tdata/[0-9a-v]{20}/[0-9a-v]{20}\tmap\[\]",
            row,
        ), row
    assert away("cat-sst", "-f", str(folder / range_id), "--amount", "1") == rows[0] + "\n"
    data = (folder / range_id).read_bytes()
    assert away("cat-sst", "-f", "-", stdin=data) == "\n".join(rows) + "\n"
    drawn = away.with_variables(LAKECTL_INTERACTIVE="true")("cat-sst", "-f", str(folder / meta_range))
    assert re.match(r"\+-+\+-+\+-+\+-+\+-+\+\n\| RANGE_ID +\| MIN_KEY \| MAX_KEY \| COUNT \| ESTIMATED_SIZE \|\n", drawn)


def test_cat_sst_of_what_lakefs_wrote(lakectl, tmp_path):
    """Ranges and a dump of references of a real lakeFS, compared with what that server answered."""
    data = ROOT / "tests/data/lakefs-1.84"
    expected = json.loads((data / "expected.json").read_text())
    with tarfile.open(data / "namespace.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")

    def cat(name):
        file = tmp_path / "data/fixture-ns/_lakefs" / name
        return [line.split("\t") for line in lakectl("cat-sst", "-f", str(file)).splitlines()]

    def records(meta_range):
        out = []
        for range_id, least, most, count, _ in cat(meta_range):
            rows = cat(range_id)
            assert (rows[0][0], rows[-1][0], len(rows)) == (least, most, int(count))
            out += rows
        return out

    refs = expected["dump"]["refs"]
    assert dict(records(refs["branches_meta_range_id"])) == expected["branches"]
    assert dict(records(refs["tags_meta_range_id"])) == expected["tags"]
    commits = {commit["id"]: commit for log in expected["logs"].values() for commit in log}
    listed = records(refs["commits_meta_range_id"])
    assert {row[0] for row in listed} == set(commits)
    for name, committer, message, created, metadata, parents, meta_range, version, generation in listed:
        commit = commits[name]
        assert (committer, message, meta_range) == (commit["committer"], commit["message"], commit["meta_range_id"])
        assert json.loads(metadata) == commit["metadata"] and json.loads(parents) == commit["parents"]
        assert (int(version), int(generation)) == (commit["version"], commit["generation"])
        time = datetime.datetime.fromisoformat(re.sub(r"\.\d+Z$|Z$", "+00:00", created))
        assert time.timestamp() == commit["creation_date"]
    main = expected["listings"]["main"]
    rows = records(commits[expected["branches"]["main"]]["meta_range_id"])
    assert (len(rows), sum(int(row[2]) for row in rows)) == (main["count"], main["bytes"])
    for row, entry in zip(rows, main["first"]):
        assert (row[0], row[3]) == (entry["path"], entry["checksum"])


def test_cat_sst_refuses(lakectl, tmp_path):
    assert lakectl.fail("cat-sst")[1] == 'Error: required flag(s) "file" not set\n'
    assert lakectl.fail("cat-sst", "-f", "none")[1] == "open none: no such file or directory" + ERROR
    assert lakectl.fail("cat-sst", "-f", str(tmp_path))[1] == f"read {tmp_path}: is a directory" + ERROR
    for text in (b"", b"no table", b"x" * 4096):
        out, err = lakectl.fail("cat-sst", "-f", "-", stdin=text)
        assert out == "" and err.endswith(ERROR), (text, err)


@pytest.fixture
def five(lakectl):
    """Five commits `value=1` to `value=5`, and one before them; the ids, oldest first."""
    return [lakectl.head("main")] + [lakectl.change("main", "value", str(number)) for number in range(1, 6)]


def test_bisect_by_hand(lakectl, five, tmp_path):
    name = lakectl.repository
    bad, good = lakectl.uri("main"), lakectl.uri(five[0])
    needed = ("", 'You need to start by "bisect start"' + ERROR)
    for words in (["good"], ["bad"], ["view"], ["log"], ["run", "true"]):
        assert lakectl.fail("bisect", *words) == needed
    out = lakectl("bisect", "start", bad, good)
    assert out == (
        f"Repository: {name}\nBisecting: 1 commits left to test after this (roughly 2 steps)\n"
        f"Current commit lakefs://{name}/{five[4]} value=4\n"
    )
    away = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1")
    assert away("bisect", "log") == out
    view = away("bisect", "view")
    assert re.findall(r"^ID: +(.*)$", view, re.M) == five[:0:-1]
    assert view.count("Meta Range ID: ") == 5
    assert away("bisect", "good") == (
        f"Repository: {name}\nBisecting: 0 commits left to test after this (roughly 1 steps)\n"
        f"Current commit lakefs://{name}/{five[5]} value=5\n"
    )
    found = f"Repository: {name}\nFound commit lakefs://{name}/{five[4]} value=4\n"
    assert away("bisect", "new") == found, "an alias of bad"
    assert away("bisect", "old") == found and away("bisect", "log") == found
    state = tmp_path / ".lakectl.bisect.json"
    assert f'"badCommit":"{five[5]}","goodCommit":"{five[0]}"' in state.read_text()
    assert away("bisect", "reset") == "Cleared bisect session\n"
    assert not state.exists()
    again = away.run("bisect", "reset")
    assert (again.returncode, again.stdout, again.stderr) == (0, b"", b"Warning: No active bisect session\n\n")


@pytest.mark.parametrize("culprit", range(1, 6))
def test_bisect_run(lakectl, five, culprit):
    lakectl("bisect", "start", lakectl.uri("main"), lakectl.uri(five[0]))
    script = f'test "$("{LAKECTL}" fs cat lakefs://$1/:BISECT_ID:/value)" -lt {culprit} -a "$BISECT_ID" = :BISECT_ID:'
    out = lakectl("bisect", "run", "--", "sh", "-c", script, "sh", lakectl.repository)
    assert out.endswith(f"Repository: {lakectl.repository}\nFound commit {lakectl.uri(five[culprit])} value={culprit}\n")
    tested = re.findall(r"== Commit \[([0-9a-f]{64})\] (value=\d)\n-- (GOOD|BAD) \[(.*)\] (.*)\n", out)
    assert 2 <= len(tested) <= 3
    for commit, message, verdict, same, text in tested:
        assert (commit, message) == (same, text)
        assert verdict == ("GOOD" if int(message[-1]) < culprit else "BAD")


def test_bisect_refuses(lakectl, five, tmp_path):
    name, main = lakectl.repository, lakectl.uri("main")
    assert lakectl.fail("bisect", "start", main)[1] == "Error: accepts 2 arg(s), received 1\n"
    assert lakectl.fail("bisect", "start", main, "lakefs://other-repo/main")[1] == (
        "Two references doesn't use the same repository" + ERROR
    )
    assert lakectl.fail("bisect", "start", f"lakefs://{name}", main)[1] == (
        "bad ref URI missing reference part: not a valid ref URI" + ERROR
    )
    assert lakectl.fail("bisect", "start", main, f"lakefs://{name}/main/x")[1].startswith("good ref URI ref URI includes a path part")
    assert lakectl.fail("bisect", "start", main, lakectl.uri("none"))[1].endswith("not found\n404 Not Found\n")
    # The wrong way round: the newer commit is not behind the older one.
    assert lakectl.fail("bisect", "start", lakectl.uri(five[1]), main)[1] == "good commit not found" + ERROR
    assert not (tmp_path / ".lakectl.bisect.json").exists(), "nothing began"
    assert lakectl("bisect", "start", main, main) == f"Repository: {name}\nNo commits found\n"
    assert lakectl("bisect", "view") == f"Repository: {name}\nNo commits found\n"
    lakectl("bisect", "start", main, lakectl.uri(five[0]))
    out, err = lakectl.fail("bisect", "run", "no-such-program")
    assert out.startswith("== Commit [") and err == "run no-such-program: no such file or directory" + ERROR
    assert "roughly 2 steps" in lakectl("bisect", "log"), "what cannot run judges nothing"


def test_bisect_over_many_pages(lakectl, server):
    url = f"{server.api}/repositories/{lakectl.repository}/branches/main/commits"
    first = lakectl.head("main")
    session = server.session()
    for number in range(1, 521):
        answer = session.post(url, json={"message": f"number {number}", "allow_empty": True}, timeout=30)
        assert answer.status_code == 201, answer.text
    started = lakectl("bisect", "start", lakectl.uri("main"), lakectl.uri(first))
    assert "Bisecting: 259 commits left to test after this (roughly 9 steps)\n" in started
    out = lakectl("bisect", "run", "--", "sh", "-c", 'test "${BISECT_MESSAGE#number }" -lt 77')
    assert out.endswith(" number 77\n") and out.count("== Commit") <= 10


def complete(lakectl, line):
    """What bash offers for a line, by the script that `completion bash` prints."""
    script = (
        'source <("$0" completion bash) || exit 9\n'
        "COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\n"
        'COMP_LINE="$1" COMP_POINT="${#1}"\n'
        '_lakectl_complete\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    variables = {**lakectl.variables, "PATH": f"{LAKECTL.parent}:{lakectl.variables['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script, str(LAKECTL), line], capture_output=True, env=variables, timeout=60, check=True
    )
    assert done.stderr == b"", done.stderr
    return done.stdout.decode().split()


def test_completion_in_bash(lakectl):
    name = lakectl.repository
    assert complete(lakectl, "lakectl br") == ["branch", "branch-protect"]
    assert complete(lakectl, "lakectl branch re") == ["reset", "revert"]
    assert "--amount" in complete(lakectl, "lakectl branch list --")
    assert complete(lakectl, "tarnctl completion ") == ["bash", "zsh", "fish"]
    # bash has broken the word at its colon, and replaces what is behind it.
    assert f"//{name}" in complete(lakectl, f"lakectl log lakefs://{name}")
    assert f"lakefs://{name}" in complete(lakectl, "lakectl log lake")
    assert complete(lakectl, f"lakectl log lakefs://{name}/") == []
    assert complete(lakectl, "lakectl log lakefs://nobody-has-this") == []


def test_completion_callback(lakectl):
    def offered(*words):
        done = lakectl.run("__complete", *words)
        assert done.returncode == 0 and done.stderr.count(b"\n") == 1
        return done.stdout.decode()

    assert offered("tag", "s") == "show\tShow the commit of a tag\n:4\n"
    assert offered("tag", "show", f"lakefs://{lakectl.repository}").endswith(f"lakefs://{lakectl.repository}\n:6\n")
    assert offered("tag", "show", "lakefs://a/b", "") == ":4\n"
    assert offered("fs", "upload", "-s", "") == ":0\n", "files"
    away = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1", LAKECTL_SERVER_RETRIES_ENABLED="false")
    assert away.run("__complete", "log", "").stdout == b":1\n"
    assert lakectl.fail("completion", "powershell") == ("", 'Error: invalid argument "powershell" for "lakectl completion"\n')
    assert lakectl.fail("completion")[1] == "Error: accepts 1 arg(s), received 0\n"
    for shell in ("zsh", "fish"):
        assert "__complete" in lakectl("completion", shell)


def test_reference_of_commands(lakectl, tmp_path):
    text = lakectl("docs")
    assert text.startswith("# lakectl\n\n```text\n")
    assert "\n## lakectl branch create\n\n```text\nCreate a branch\n\nUsage:\n  lakectl branch create <branch URI>" in text
    assert "## lakectl bisect" not in text and text.count("```") % 2 == 0
    file = tmp_path / "reference.md"
    assert lakectl("docs", str(file)) == "" and file.read_text() == text
    assert lakectl.fail("docs", str(tmp_path / "no" / "file"))[1].startswith("open ")
