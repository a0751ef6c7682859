"""lakectl's commands against a running server: what they print, where, and how they exit."""

import re

import pytest

from tests.lib.client import Lakectl, masked

ERROR = "\nError executing command.\n"


@pytest.fixture
def lakectl(server, tmp_path):
    return Lakectl(server, tmp_path)


@pytest.fixture
def upload(lakectl, repository):
    """Puts an object on a branch."""

    def put(path, content=b"content", branch="main"):
        lakectl("fs", "upload", f"lakefs://{repository}/{branch}/{path}", "-s", "-", stdin=content)

    return put


def commit_id(text):
    return re.search(r"[0-9a-f]{64}", text).group(0)


@pytest.mark.smoke
def test_repositories(lakectl, repository):
    name = f"{repository}-new"
    assert masked(lakectl("repo", "create", f"lakefs://{name}", f"local://bucket/{name}", "-d", "trunk")) == (
        f"Repository: lakefs://{name}\n"
        f"Repository '{name}' created:\n"
        f"storage namespace: local://bucket/{name}\n"
        "default branch: trunk\n"
        "timestamp: <TIMESTAMP>\n"
    )
    # The first line comes before the request.
    out, err = lakectl.fail("repo", "create", f"lakefs://{name}", f"local://bucket/{name}")
    assert out == f"Repository: lakefs://{name}\n"
    assert err == "error creating repository: not unique\n409 Conflict\n"
    assert masked(lakectl("repo", "list", "--prefix", name)) == f"{name}\t<DATE>\ttrunk\t{name}\tlocal://bucket/{name}\n\n"
    assert lakectl("repo", "list", "--prefix", "nobody-has-this") == "\n"
    assert lakectl("repo", "delete", f"lakefs://{name}", "-y") == (
        f"Repository: lakefs://{name}\nRepository '{name}' deleted\n"
    )
    out, err = lakectl.fail("repo", "delete", f"lakefs://{name}", "-y")
    assert out == f"Repository: lakefs://{name}\n"
    assert err == "repository not found\n404 Not Found\n"


def test_interactive_tables_and_the_next_page(lakectl, repository):
    lakectl("branch", "create", f"lakefs://{repository}/b2", "-s", f"lakefs://{repository}/main")
    drawn = lakectl.with_variables(LAKECTL_INTERACTIVE="true")
    dashes = "-" * 66
    assert masked(drawn("branch", "list", f"lakefs://{repository}", "--amount", "1")) == (
        f"+--------+{dashes}+\n"
        f"| BRANCH | {'COMMIT ID':64} |\n"
        f"+--------+{dashes}+\n"
        "| b2     | <COMMIT_ID> |\n"
        f"+--------+{dashes}+\n"
        'for more results run with \x1b[93m--amount 1 --after "b2"\x1b[0m\n\n'
    )
    assert masked(drawn("branch", "list", f"lakefs://{repository}", "--amount=1", "--after=b2")).startswith(
        f"+--------+{dashes}+\n| BRANCH | COMMIT ID "
    )
    plain = drawn("branch", "list", f"lakefs://{repository}", "--no-color")
    assert masked(plain) == "b2\t<COMMIT_ID>\nmain\t<COMMIT_ID>\n\n"
    assert drawn.with_variables(NO_COLOR="1")("branch", "list", f"lakefs://{repository}") == plain
    _, err = drawn.fail("branch", "show", f"lakefs://{repository}/none")
    assert err == "\x1b[91mbranch not found\x1b[0m\n404 Not Found\n"


def test_branches(lakectl, repository):
    main = f"lakefs://{repository}/main"
    branch = f"lakefs://{repository}/feature"
    out = lakectl("branch", "create", branch, "--source", main)
    assert masked(out) == f"Source ref: {main}\ncreated branch 'feature' <COMMIT_ID>\n"
    assert lakectl("branch", "show", branch) == f"Branch: {branch}\nCommit ID: {commit_id(out)}\n"
    assert lakectl("branch", "list", f"lakefs://{repository}", "--prefix", "f") == f"feature\t{commit_id(out)}\n\n"
    out, err = lakectl.fail("branch", "create", branch, "-s", main)
    assert out == f"Source ref: {main}\n"
    assert err.endswith("\n409 Conflict\n")
    _, err = lakectl.fail("branch", "create", f"lakefs://{repository}/x", "-s", "lakefs://other-repo/main")
    assert err == "source branch must be in the same repository" + ERROR
    _, err = lakectl.fail("branch", "create", f"lakefs://{repository}/x", "-s", "main")
    assert err == "failed to parse source URI: malformed lakefs URI" + ERROR
    assert lakectl("branch", "delete", branch, "--yes") == f"Branch: {branch}\n"
    _, err = lakectl.fail("branch", "show", branch)
    assert err == "branch not found\n404 Not Found\n"


def test_confirmation_is_asked_for_on_stdout_and_read_from_stdin(lakectl, repository):
    branch = f"lakefs://{repository}/doomed"
    lakectl("branch", "create", branch, "-s", f"lakefs://{repository}/main")
    for answer in (b"", b"\n", b"yes\n", b"n\n", b"y"):
        out, err = lakectl.fail("branch", "delete", branch, stdin=answer)
        assert "Are you sure you want to delete branch" in out and "\x1b[" in out
        assert err == "Delete branch aborted" + ERROR, answer
    assert lakectl("branch", "delete", branch, stdin=b"y\n").endswith(f"Branch: {branch}\n")
    _, err = lakectl.fail("repo", "delete", f"lakefs://{repository}", stdin=b"n\n")
    assert err == f"Delete Repository '{repository}' aborted\n" + ERROR


def test_tags(lakectl, repository, upload):
    main = f"lakefs://{repository}/main"
    tag = f"lakefs://{repository}/v1.0"
    first = commit_id(lakectl("branch", "show", main))
    assert lakectl("tag", "create", tag, main) == f"Created tag 'v1.0' ({{{first} v1.0}})\n"
    assert lakectl("tag", "show", tag) == f"v1.0 {first}\n"
    assert lakectl("tag", "list", f"lakefs://{repository}") == f"v1.0\t{first}\n\n"
    _, err = lakectl.fail("tag", "create", tag, main)
    assert err.endswith("\n409 Conflict\n")
    upload("a")
    second = commit_id(lakectl("commit", main, "-m", "two").partition("completed.")[2])
    assert lakectl("tag", "create", "-f", tag, main) == f"Created tag 'v1.0' ({{{second} v1.0}})\n"
    _, err = lakectl.fail("tag", "create", "-f", tag, f"lakefs://{repository}/nothing")
    assert err.endswith("\n404 Not Found\n")
    assert lakectl("tag", "show", tag) == f"v1.0 {second}\n", "the old tag goes only when there is a target"
    _, err = lakectl.fail("tag", "create", tag, "lakefs://other-repo/main")
    assert err == "both references must belong to the same repository" + ERROR
    assert lakectl("tag", "delete", "-y", tag) == ""
    _, err = lakectl.fail("tag", "show", tag)
    assert err.endswith("\n404 Not Found\n")


def test_commit_log_show(lakectl, repository, upload):
    main = f"lakefs://{repository}/main"
    first = commit_id(lakectl("branch", "show", main))
    upload("a")
    _, err = lakectl.fail("commit", main)
    assert err == 'commit with no message without specifying the "--allow-empty-message" flag' + ERROR
    _, err = lakectl.fail("commit", main, "-m", "x", "--meta", "novalue")
    assert err == 'invalid key/value pair - should be separated by "="' + ERROR
    out = lakectl("commit", main, "-m", "the message", "--meta", "a=b,c=d=e")
    second = commit_id(out)
    assert out.replace(second, "<ID>").replace(first, "<PARENT>").replace("\n", "|").startswith(
        f'Branch: {main}|Commit for branch "main" completed.||ID: <ID>|Message: the message|Timestamp: '
    )
    assert out.endswith(f"\nParents: {first}\n\n")
    out, err = lakectl.fail("commit", main, "-m", "nothing")
    assert out == f"Branch: {main}\n"
    assert err == "commit: no changes\n400 Bad Request\n"
    third = commit_id(
        lakectl("commit", main, "-m", "empty\nsecond line", "--allow-empty-commit", "--epoch-time-seconds", "1700000000")
    )
    shown = lakectl("show", "commit", f"lakefs://{repository}/{third}")
    author = re.search(r"Author: +(.*)", shown).group(1)
    assert shown == (
        f"\nID:            {third}\nAuthor:        {author}\n"
        "Date:          2023-11-14 22:13:20 +0000 UTC\n\n\tempty\nsecond line\n"
    )
    assert masked(lakectl("show", "commit", f"lakefs://{repository}/main", "--show-meta-range-id")).count("<COMMIT_ID>") == 2
    log = lakectl("log", main)
    assert masked(log) == (
        f"\nID:            <COMMIT_ID>\nAuthor:        {author}\nDate:          <DATE>\n\n\tempty\nsecond line\n"
        f"\nID:            <COMMIT_ID>\nAuthor:        {author}\nDate:          <DATE>\n\n\tthe message\n"
        "\nMetadata:\n\t\n\ta                  = b\n\t\n\tc                  = d=e\n\t"
        "\nID:            <COMMIT_ID>\nDate:          <DATE>\n\n\tRepository created\n\n"
    )
    assert [commit_id(line) for line in log.splitlines() if line.startswith("ID:")] == [third, second, first]
    assert commit_id(lakectl("log", main, "--amount", "1")) == third
    assert commit_id(lakectl("log", main, "--amount", "1", "--after", third)) == second
    assert lakectl("log", main, "--stop-at", second).count("\nID:") == 2
    dot = lakectl("log", main, "--dot")
    assert dot.startswith('digraph {\n\trankdir="BT"\n\n\t"' + third)
    assert f'\t"{second}" -> "{third}";\n' in dot and dot.endswith("\n}\n")
    _, err = lakectl.fail("log", main, "--objects", "a,,b")
    assert err == "Objects list contains empty string!" + ERROR
    _, err = lakectl.fail("log", main, "--since", "2020")
    assert err.startswith("Failed to parse 'since'") and err.endswith(ERROR)


def test_log_follows_all_pages(lakectl, repository):
    """Without --amount all commits are listed, also beyond the first page of a thousand."""
    main = f"lakefs://{repository}/main"
    for number in range(3):
        lakectl("commit", main, "-m", f"number {number}", "--allow-empty-commit")
    assert lakectl("log", main).count("\nID:") == 4
    assert lakectl("log", main, "--amount", "3", "--no-merges").count("\nID:") == 3


def test_diff(lakectl, repository, upload):
    main = f"lakefs://{repository}/main"
    upload("gone")
    upload("kept")
    lakectl("commit", main, "-m", "base")
    lakectl("branch", "create", f"lakefs://{repository}/side", "-s", main)
    assert lakectl("diff", main) == f"Ref: {main}\n"
    upload("new")
    upload("kept", b"other")
    lakectl("fs", "rm", f"{main}/gone")
    lines = "- removed gone\n~ modified kept\n+ added new\n"
    assert lakectl("diff", main) == f"Ref: {main}\n{lines}"
    colored = lakectl.with_variables(LAKECTL_INTERACTIVE="1")("diff", main)
    assert "\x1b[32m+ added new\n\x1b[0m" in colored and "\x1b[31m- removed gone\n\x1b[0m" in colored
    _, err = lakectl.fail("diff", main, "lakefs://other-repo/main")
    assert err == "both references must belong to the same repository" + ERROR


def test_diff_of_references(lakectl, server, repository, upload):
    main = f"lakefs://{repository}/main"
    side = f"lakefs://{repository}/side"
    url = f"{server.api}/repositories/{repository}/refs/main/diff/main"
    if server.session().get(url, timeout=30).status_code == 501:
        pytest.skip("the server compares no references yet")
    upload("gone")
    lakectl("commit", main, "-m", "base")
    lakectl("branch", "create", side, "-s", main)
    upload("new")
    lakectl("fs", "rm", f"{main}/gone")
    lakectl("commit", main, "-m", "changes")
    lines = "- removed gone\n+ added new\n"
    assert lakectl("diff", side, main) == f"Left ref: {side}\nRight ref: {main}\n{lines}"
    assert lakectl("diff", side, main, "--prefix", "n").endswith(f"{main}\n+ added new\n")
    assert lakectl("diff", main, side) == f"Left ref: {main}\nRight ref: {side}\n"
    assert "- removed new" in lakectl("diff", main, side, "--two-way")
    out, err = lakectl.fail("diff", main, f"lakefs://{repository}/none")
    assert out.startswith("Left ref: ") and err.startswith("diff remote failed. HTTP 404: ")


def test_many_differences_come_in_pages(lakectl, repository, server):
    session = server.session()
    for number in range(120):
        url = f"{server.api}/repositories/{repository}/branches/main/objects"
        session.post(url, params={"path": f"n/{number:04}"}, data=b"x", timeout=30).raise_for_status()
    out = lakectl("diff", f"lakefs://{repository}/main")
    assert out.count("+ added n/") == 120
    assert lakectl("fs", "ls", "-r", f"lakefs://{repository}/main/n/").count("\n") == 120


def test_identity_doctor_version(lakectl, server):
    assert masked(lakectl("identity")) == "User ID:          admin\nEmail:            \nCreation Date:    <DATE>\n"
    assert lakectl("doctor") == "Valid configuration\n"
    version = lakectl("--version").splitlines()
    assert version[0].startswith("lakectl version: ") and version[1].startswith("lakeFS version: ")


def test_doctor_names_what_is_wrong(lakectl, server):
    suspicious = (
        "access_key_id value looks suspicious: bad\n"
        "secret_access_key value looks suspicious...\n"
        f"Suspicious URI format for server.endpoint_url: {server.url}\n"
    )
    bad = lakectl.with_variables(
        LAKECTL_CREDENTIALS_ACCESS_KEY_ID="bad", LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY="worse"
    )
    assert bad("doctor") == (
        "It seems like the `access_key_id` or `secret_access_key` you supplied are wrong.\n"
        "error authenticating request\n" + suspicious
    )
    verbose = bad("doctor", "--verbose").splitlines()
    assert verbose[0] == "Trying to get endpoint URL and parse it as a URL format."
    assert "Trying to validate endpoint URL format." in verbose
    wrong = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="wrong_uri")("doctor")
    assert wrong.startswith(
        "It looks like endpoint url is wrong.\n"
        'Get "/wrong_uri/repositories": GET /wrong_uri/repositories giving up after 1 attempt(s): '
        'unsupported protocol scheme ""\n'
    )
    page = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL=server.url + "/api/v11")("doctor")
    assert page.startswith("It looks like endpoint url is wrong.\n\n")


def test_bad_credentials(lakectl, repository):
    bad = lakectl.with_variables(LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY="x" * 40)
    out, err = bad.fail("branch", "list", f"lakefs://{repository}")
    assert (out, err) == ("", "error authenticating request\n401 Unauthorized\n")


def test_unreachable_server(lakectl):
    away = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1")
    out, err = away.fail("identity")
    assert out == ""
    assert err.startswith(
        'Get "http://127.0.0.1:1/api/v1/user": GET http://127.0.0.1:1/api/v1/user giving up after 5 attempt(s): '
    )
    assert err.endswith(ERROR)
    once = away.with_variables(LAKECTL_SERVER_RETRIES_ENABLED="false")
    assert "giving up after 1 attempt(s)" in once.fail("identity")[1]


@pytest.mark.parametrize(
    "words, text",
    [
        (["branch", "show", "lakefs://repo1"], "branch URI missing reference part: not a valid ref URI"),
        (["branch", "show", "lakefs://repo1/-x"], "branch URI contains invalid branch name: not a valid branch URI"),
        (["branch", "show", "lakefs://repo1/a/b"], "branch URI branch URI includes a path part: not a valid branch URI"),
        (["branch", "show", "repo1/main"], "branch URI malformed lakefs URI"),
        (["branch", "list", "lakefs://R"], "repository URI contains invalid repository name (repo=R): not a valid repo URI"),
        (["branch", "list", "lakefs://repo1/main"], "repository URI repository URI includes a ref part (ref=main): not a valid repo URI"),
        (["fs", "ls", "lakefs://repo1/main"], "path URI missing path part: not a valid path URI"),
        (["fs", "ls", "lakefs://repo1/main/%zz"], "path URI malformed lakefs URI"),
        (["log", "lakefs://repo1/a b"], "ref URI contains invalid reference name: not a valid ref URI"),
        (["tag", "show", "lakefs://repo1/t/x"], "tag URI ref URI includes a path part (path=x): not a valid ref URI"),
    ],
)
def test_bad_uris(lakectl, words, text):
    assert lakectl.fail(*words) == ("", text + ERROR)


def test_base_uri(lakectl, repository):
    expected = lakectl("branch", "show", f"lakefs://{repository}/main")
    assert lakectl("branch", "show", "/main", "--base-uri", f"lakefs://{repository}") == expected
    assert lakectl("--base-uri", "lakefs://", "branch", "show", f"{repository}/main") == expected
    based = lakectl.with_variables(LAKECTL_BASE_URI=f"lakefs://{repository}/")
    assert based("branch", "show", "main") == expected
    assert based("branch", "show", f"lakefs://{repository}/main") == expected


@pytest.mark.parametrize(
    "words, text",
    [
        (["branch", "list"], "accepts 1 arg(s), received 0"),
        (["fs", "download", "a", "b", "c"], "accepts between 1 and 2 arg(s), received 3"),
        (["repo", "list", "extra"], 'unknown command "extra" for "lakectl repo list"\nRun \'lakectl --help\' for usage.'),
        (["branch", "list", "x", "--foo"], "unknown flag: --foo"),
        (["--foo"], "unknown flag: --foo"),
        (["branch", "list", "x", "-z"], "unknown shorthand flag: 'z' in -z"),
        (["branch", "list", "x", "--amount"], "flag needs an argument: --amount"),
        (
            ["branch", "list", "x", "--amount", "abc"],
            'invalid argument "abc" for "--amount" flag: strconv.ParseInt: parsing "abc": invalid syntax',
        ),
        (["branch", "create", "lakefs://repo1/x"], 'required flag(s) "source" not set'),
        (["fs", "stage", "lakefs://repo1/main/x"], 'required flag(s) "location", "size", "checksum" not set'),
        (["version"], "unknown command \"version\" for \"lakectl\"\nRun 'lakectl --help' for usage."),
        (
            ["foo"],
            "unknown command \"foo\" for \"lakectl\"\n\nDid you mean this?\n\tfs\n\tlog\n\nRun 'lakectl --help' for usage.",
        ),
    ],
)
def test_bad_command_lines(lakectl, words, text):
    assert lakectl.fail(*words) == ("", f"Error: {text}\n")


def test_help_needs_no_server(lakectl):
    away = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL=None)
    root = away("--help")
    for name in ("actions", "branch", "commit", "diff", "doctor", "fs", "identity", "log", "repo", "show", "tag"):
        assert re.search(rf"^  {name} +\S", root, re.M), name
    assert "Usage:\n  lakectl [flags]\n  lakectl [command]\n" in root
    assert "find-merge-base" not in root, "hidden commands are hidden"
    assert away() == root
    assert away("help") == root
    group = away("branch")
    assert "Available Commands:\n  create      " in group
    assert away("branch", "foo") == group, "an unknown word under a group prints the group's help"
    assert away("help", "branch") == group
    text = away("branch", "list", "-h")
    assert away("help", "branch", "list") == text
    assert "      --amount int      " in text and "(default 100)" in text
    assert text.index("--amount") < text.index("--after") < text.index("--prefix") < text.index("--help")


@pytest.mark.parametrize("words", [["local", "init", "x"], ["abuse", "list"], ["usage"]])
def test_what_is_missing_says_so(lakectl, words):
    out, err = lakectl.fail(*words)
    assert out == "" and err == f"lakectl {words[0]} is not supported yet" + ERROR


def test_config_files(lakectl, server, tmp_path):
    file = tmp_path / "conf.yaml"
    file.write_text(
        f"credentials:\n  access_key_id: {server.access_key_id}\n  secret_access_key: {server.secret_access_key}\n"
        f"server:\n  endpoint_url: {server.url}\n"
    )
    bare = lakectl.with_variables(
        LAKECTL_CREDENTIALS_ACCESS_KEY_ID=None,
        LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY=None,
        LAKECTL_SERVER_ENDPOINT_URL=None,
    )
    assert "giving up after 1 attempt(s)" in bare.fail("identity")[1]
    assert "admin" in bare("identity", "-c", str(file))
    assert "admin" in bare.with_variables(LAKECTL_CONFIG_FILE=str(file))("identity")
    assert "admin" in bare.with_variables(TARNCTL_CONFIG_FILE=str(file))("identity")
    # The environment wins over the file.
    assert "giving up" in bare.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1").fail(
        "identity", "-c", str(file)
    )[1]
    (tmp_path / ".lakectl.yaml").write_text(file.read_text())
    assert "admin" in bare("identity")
    assert lakectl.fail("identity", "-c", "none.yaml") == (
        "",
        "error reading configuration file: open none.yaml: no such file or directory" + ERROR,
    )
    file.write_text("server:\n  foo: 1\n")
    assert lakectl.fail("identity", "-c", str(file)) == (
        "",
        "error unmarshal configuration: decoding failed due to the following error(s):\n\n"
        "'server' has invalid keys: foo" + ERROR,
    )
    # A wrong number of arguments is told before a bad file.
    assert lakectl.fail("identity", "x", "-c", "none.yaml")[1].startswith("Error: unknown command")


def test_config_command_writes_a_file(lakectl, server, tmp_path):
    bare = lakectl.with_variables(
        LAKECTL_CREDENTIALS_ACCESS_KEY_ID=None,
        LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY=None,
        LAKECTL_SERVER_ENDPOINT_URL=None,
        LAKECTL_SERVER_RETRIES_MIN_WAIT_INTERVAL=None,
        LAKECTL_SERVER_RETRIES_MAX_WAIT_INTERVAL=None,
    )
    answers = f"{server.access_key_id}\n{server.secret_access_key}\nno url\n{server.url}\n".encode()
    out = bare("config", stdin=answers)
    file = tmp_path / ".lakectl.yaml"
    assert out.startswith(f"Config file {file} will be used\n")
    assert server.secret_access_key not in out
    assert file.stat().st_mode & 0o077 == 0
    assert f"    access_key_id: {server.access_key_id}\n" in file.read_text()
    assert "admin" in bare("identity")
    # Enter keeps what is there.
    before = file.read_text()
    bare("config", stdin=b"\n\n\n")
    assert file.read_text() == before
    assert bare.fail("config", stdin=b"")[1] == "^D" + ERROR


def test_plugins(lakectl, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "lakectl-hello"
    program.write_text('#!/bin/sh\necho "hello $@"\nexit 7\n')
    program.chmod(0o755)
    (folder / "lakectl-data").write_text("no program")
    ours = lakectl.with_variables(PATH=f"{folder}:/usr/bin:/bin")
    done = ours.run("--no-color", "hello", "a", "--b")
    assert (done.returncode, done.stdout) == (7, b"hello a --b\n")
    listed = ours.run("plugin", "list")
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, b"", b"Available plugins:\n  hello\n")


def test_runs_of_actions(lakectl, repository):
    """Layouts of runs are checked where actions run; here only that the commands reach the server."""
    done = lakectl.run("actions", "runs", "list", f"lakefs://{repository}")
    assert done.returncode in (0, 1)
    assert done.stdout == b"\n" if done.returncode == 0 else done.stderr.endswith(b"501 Not Implemented\n")
    _, err = lakectl.fail("actions", "runs", "list", f"lakefs://{repository}", "--branch", "a", "--commit", "b")
    assert err == "Can't specify 'commit' and 'branch'" + ERROR
    out, _ = lakectl.fail("actions", "runs", "describe", f"lakefs://{repository}", "none")
    assert out == f"Repository: lakefs://{repository}\n"
