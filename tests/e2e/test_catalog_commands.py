"""`catalog export|plan|list|prune`: exports by hand, for any ref, with the rights of who asks."""

import pytest

from tests.e2e.test_catalog_export import lake  # noqa: F401


def options(**given):
    return [word for name, value in given.items() for word in ([f"--{name.replace('_', '-')}"] if value is True else [f"--{name.replace('_', '-')}", str(value)])]


def export(lake, ref, command="export", **given):
    return lake.ctl("catalog", command, f"lakefs://{lake.name}/{ref}", *options(**{"table": "animals", "format": "csv"} | given))


def commit(lake, message, branch="main"):
    return lake.ctl.commit(f"lakefs://{lake.name}/{branch}", message)


@pytest.fixture
def two_commits(lake):  # noqa: F811
    lake.animals("type=cat/a.csv", "Tom")
    first = commit(lake, "a cat")
    lake.animals("type=dog/a.csv", "Rex")
    return lake, first, commit(lake, "a dog")


def test_a_branch_is_exported_without_an_action(two_commits):
    lake, first, second = two_commits
    plan = export(lake, "main", command="plan")
    assert f"would create table {lake.database}.animals" in plan
    assert lake.database not in [found["Name"] for found in lake.aws.glue.get_databases()["DatabaseList"]]
    log = export(lake, "main")
    assert "exported as a whole (the table is new); 2 manifests of 2 objects" in log
    assert lake.rows() == [("cat", "Tom"), ("dog", "Rex")]
    assert lake.table()["Parameters"]["tarn.commit"] == second
    assert f"{lake.database}.animals is up to date" in export(lake, "main")

    # Back to a commit of long ago, and on again: only what differs is written.
    log = export(lake, first, **{"as": "main"})
    assert "exported what changed; 0 manifests of 0 objects; partitions: 0 created, 0 updated, 1 deleted" in log
    assert lake.rows() == [("cat", "Tom")]
    assert "1 created" in export(lake, "main")
    assert lake.rows() == [("cat", "Tom"), ("dog", "Rex")]


def test_commits_are_exported_later_listed_and_pruned(two_commits):
    lake, first, second = two_commits
    for ref in (first, second):
        export(lake, ref, mode="commit", **{"as": "main"})
    export(lake, "main")
    listed = lake.ctl("catalog", "list", f"lakefs://{lake.name}")
    names = [f"animals_{lake.name}_main_{ref[:6]}" for ref in (first, second)]
    for name in names + ["animals"]:
        assert f"{lake.database}.{name}" in listed
    assert second in listed

    repository = f"lakefs://{lake.name}"
    plan = lake.ctl("catalog", "prune", repository, "--keep-last", "1", "--dry-run")
    assert plan.count("would remove") >= 1
    assert len(lake.aws.glue.get_tables(DatabaseName=lake.database)["TableList"]) == 3
    log = lake.ctl("catalog", "prune", repository, "--keep-last", "1", "--ref", "main")
    assert log.count(f"removed {lake.database}.animals_") == 1
    left = {found["Name"] for found in lake.aws.glue.get_tables(DatabaseName=lake.database)["TableList"]}
    assert len(left) == 2 and "animals" in left
    assert lake.rows() == [("cat", "Tom"), ("dog", "Rex")]
    lake.ctl("catalog", "prune", repository, "--ref", "main", "--all")
    assert lake.aws.glue.get_tables(DatabaseName=lake.database)["TableList"] == []
    assert not lake.manifests()


def test_what_exported_tables_need_is_listed(two_commits):
    lake, _, _ = two_commits
    export(lake, "main")
    repository = f"lakefs://{lake.name}"
    lines = [line.split("\t") for line in lake.ctl("catalog", "references", repository).splitlines()]
    manifests = {f"s3://lake/{key}" for key in lake.manifests()}
    assert {address for kind, address in lines if kind == "manifest"} == manifests
    objects = [address for kind, address in lines if kind == "object"]
    assert len(objects) == 2
    for address in objects:
        assert lake.aws.s3.head_object(Bucket="lake", Key=address.removeprefix("s3://lake/"))

    api = f"{lake.server.api}/tarn/repositories/{lake.name}/exports/references"
    paged, after = [], ""
    while True:
        page = lake.server.session().get(api, params={"amount": 1, "after": after}, timeout=30).json()
        paged += [[each["kind"], each["address"]] for each in page["results"]]
        assert len(page["results"]) == 1 and page["pagination"]["max_per_page"] == 1000
        if not page["pagination"]["has_more"]:
            break
        after = page["pagination"]["next_offset"]
    assert paged == lines
    answer = lake.server.session().get(api, params={"after": "nonsense"}, timeout=30)
    assert answer.status_code == 400 and "after: `nonsense` is that of no page" in answer.text

    lost = sorted(lake.manifests())[0]
    lake.aws.s3.delete_object(Bucket="lake", Key=lost)
    assert f"missing\ts3://lake/{lost}\n" in lake.ctl("catalog", "references", repository)


def test_orders_act_as_a_role(two_commits):
    """A role of another account: its Glue has the tables, the server's own has none."""
    lake, first, second = two_commits
    repository = f"lakefs://{lake.name}"
    role = {"role_arn": "arn:aws:iam::210987654321:role/exports", "external_id": "lake", "session_name": "by-hand"}
    theirs = lake.aws.client_as("glue", role["role_arn"])
    assert f"would create table {lake.database}.animals" in export(lake, "main", command="plan", **role)
    export(lake, "main", **role)
    export(lake, first, mode="commit", **{"as": "main"}, **role)
    assert theirs.get_table(DatabaseName=lake.database, Name="animals")["Table"]["Parameters"]["tarn.commit"] == second
    assert lake.database not in [found["Name"] for found in lake.aws.glue.get_databases()["DatabaseList"]]

    assert f"{lake.database}.animals\t" in lake.ctl("catalog", "list", repository, *options(**role))
    assert f"{lake.database}.animals\t" not in lake.ctl("catalog", "list", repository)
    needed = lake.ctl("catalog", "references", repository, *options(**role))
    assert needed.count("manifest\t") == 3 and needed.count("object\t") == 3
    assert lake.ctl("catalog", "references", repository) == ""
    lake.ctl("catalog", "prune", repository, "--ref", "main", "--all", *options(**role))
    assert theirs.get_tables(DatabaseName=lake.database)["TableList"] == []
    assert not lake.manifests()


@pytest.mark.parametrize("command", ["export", "plan", "list", "references", "prune"])
def test_a_role_that_is_none_is_refused_by_every_order(two_commits, command):
    lake, _, _ = two_commits
    uri = f"lakefs://{lake.name}" + ("/main" if command in ("export", "plan") else "")
    table = options(table="animals", format="csv") if command in ("export", "plan") else []
    for words, message in [
        (["--role-arn", "exports"], "`exports` is no ARN of a role"),
        # A variable that is not set must not stand for the server itself.
        (["--role-arn", ""], "empty value is not allowed" if command in ("list", "references") else "`` is no ARN of a role"),
        (["--external-id", "x"], "has an external_id or a session_name, and no role_arn"),
    ]:
        out, err = lake.ctl.fail("catalog", command, uri, *table, *words)
        assert message in out + err


@pytest.mark.parametrize(
    ("ref", "given", "message"),
    [
        ("main", {"format": "excel"}, "format `excel` is none of csv"),
        ("main", {"mode": "x"}, "'mode' should be 'ref' or 'commit'"),
        ("main", {"catalog": "hive"}, "'catalog' should be 'glue' or 'files'"),
        ("main", {"table": "none"}, "_lakefs_tables/none.yaml"),
        ("main~1", {}, "say in `as` whose export it is"),
        ("main", {"as": "nobody"}, "`nobody` is no branch and no tag"),
        ("nowhere", {}, "not found"),
    ],
)
def test_what_is_wrong_with_an_order_is_named(two_commits, ref, given, message):
    lake, _, _ = two_commits
    out, err = lake.ctl.fail("catalog", "export", f"lakefs://{lake.name}/{ref}", *options(**{"table": "animals", "format": "csv"} | given))
    assert message in out + err
