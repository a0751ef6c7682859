"""Requests that must be refused, and a repository on which nothing may change meanwhile."""

import urllib.parse

import pytest

ZERO_ID = "0" * 64
JSON = {"Content-Type": "application/json"}


def encode(text):
    return urllib.parse.quote(text, safe="")


class Place:
    """A request with one open part."""

    def __init__(self, name, method, url, body=None, **query):
        self.name, self.method, self.url, self.body, self.query = name, method, url, body, query

    def request(self, value):
        def fill(part):
            return value if part == "?" else part

        body = None if self.body is None else {k: fill(v) for k, v in self.body.items()}
        return self.method, self.url.replace("?", encode(value)), body, {k: fill(v) for k, v in self.query.items()}


def named(places):
    return pytest.mark.parametrize("place", places, ids=[place.name for place in places])


class Repository:
    """`main` with a merge commit at its head, `dev`, `dirty` with something staged, and the tag `v1`."""

    def __init__(self, server, name):
        self.server, self.session = server, server.session()
        self.url = f"{server.api}/repositories/{name}"
        self.store = server.folder / "data"
        self.put("main", "a", "1")
        self.first = self.commit("main")
        self.ok("post", "/branches", json={"name": "dev", "source": "main"})
        self.put("dev", "b", "1")
        self.commit("dev")
        self.put("main", "a", "2")
        self.commit("main")
        self.ok("post", "/refs/dev/merge/main")
        self.ok("post", "/branches", json={"name": "other", "source": self.first})
        self.put("other", "a", "3")
        self.commit("other")
        self.ok("post", "/branches", json={"name": "dirty", "source": "main"})
        self.put("dirty", "c", "1")
        self.ok("post", "/tags", json={"id": "v1", "ref": self.first})
        self.head = self.ok("get", "/branches/main").json()["commit_id"]
        self.tree = self.ok("get", f"/commits/{self.first}").json()["meta_range_id"]
        self.before = self.snapshot()

    def request(self, method, path, **options):
        return self.session.request(method, self.url + path, timeout=60, **options)

    def ok(self, method, path, **options):
        answer = self.request(method, path, **options)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer

    def put(self, branch, path, text):
        self.ok("post", f"/branches/{branch}/objects", params={"path": path}, data=text.encode())

    def commit(self, branch):
        return self.ok("post", f"/branches/{branch}/commits", json={"message": "m"}).json()["id"]

    def snapshot(self):
        """Everything that can be seen, and the files of the block store."""
        branches = self.ok("get", "/branches", params={"show_hidden": "true"}).json()["results"]
        seen = {"branches": branches, "tags": self.ok("get", "/tags").json()["results"]}
        for name in (branch["id"] for branch in branches):
            seen[name] = [
                self.ok("get", f"/refs/{name}/objects/ls").json()["results"],
                self.ok("get", f"/branches/{name}/diff").json()["results"],
                self.ok("get", f"/refs/{name}/commits").json()["results"],
            ]
        # The key-value store compacts its files as it likes.
        seen["files"] = sorted(
            str(file.relative_to(self.store)) for file in self.store.rglob("*") if file.is_file() and "kv" not in file.relative_to(self.store).parts[0]
        )
        return seen

    def refuses(self, method, path, status, text, json=None, params=None, data=None):
        options = {"data": data, "headers": JSON} if data is not None else {"json": json}
        answer = self.request(method, path, params=params, **options)
        told = f"{method} {path} {params or ''} {json or data or ''}: {answer.status_code} {answer.text[:500]}"
        assert answer.status_code == status, told
        assert text in answer.json()["message"], told
