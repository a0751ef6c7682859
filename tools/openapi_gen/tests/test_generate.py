"""The generator's output for a small description is compared with files that are reviewed as code.

After a wanted change: UPDATE_GOLDEN=1 python3 -m unittest discover -s tools/openapi_gen/tests
"""

import copy
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import generate  # noqa: E402
from openapi_gen import emit, model, names  # noqa: E402

GOLDEN = HERE / "golden"


def small():
    return generate.load(HERE / "small.yaml"), generate.load(HERE / "small_overrides.yaml")


def read(spec, overrides):
    return model.Reader(spec, overrides).read()


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def test_output_is_as_reviewed(self):
        texts = generate.generate(HERE / "small.yaml", HERE / "small_overrides.yaml", 2)
        if os.environ.get("UPDATE_GOLDEN"):
            GOLDEN.mkdir(exist_ok=True)
            for old in GOLDEN.iterdir():
                old.unlink()
            for name, text in texts.items():
                (GOLDEN / f"{name}.golden").write_text(text, encoding="utf-8")
        self.assertEqual(sorted(p.name.removesuffix(".golden") for p in GOLDEN.iterdir()), sorted(texts))
        for name, text in texts.items():
            with self.subTest(name):
                self.assertEqual((GOLDEN / f"{name}.golden").read_text(encoding="utf-8"), text)

    def test_output_is_stable(self):
        first = generate.generate(HERE / "small.yaml", HERE / "small_overrides.yaml", 2)
        self.assertEqual(first, generate.generate(HERE / "small.yaml", HERE / "small_overrides.yaml", 2))

    def test_shards_keep_every_item_once(self):
        for count in (1, 2, 3, 7):
            split = emit.shards(list(range(5)), count, lambda item: 1)
            self.assertEqual(len(split), count)
            self.assertEqual(sum(split, []), list(range(5)))


class RefusalTest(unittest.TestCase):
    """What the generated code could not honour must not pass."""

    def refused(self, change, text):
        spec, overrides = copy.deepcopy(small())
        change(spec, overrides)
        with self.assertRaisesRegex(model.SpecError, text):
            read(spec, overrides)

    def test_override_of_nothing(self):
        self.refused(lambda s, o: o["types"].update({"Book.kee": {"type": "X"}}), "Book.kee")
        self.refused(lambda s, o: o["operations"].update({"scan": {"status": 200}}), "scan")
        self.refused(lambda s, o: o["operations"]["SetLabels"].update({"stat": 1}), "stat")
        self.refused(lambda s, o: o.update({"typs": {}}), "typs")

    def test_override_of_a_number(self):
        self.refused(lambda s, o: o["types"].update({"Book.pages": {"type": "X"}}), "only strings")

    def test_recursion(self):
        def change(spec, _):
            spec["components"]["schemas"]["Title"]["properties"]["next"] = {"$ref": "#/components/schemas/Title"}

        self.refused(change, "recursive")

    def test_unknown_keyword(self):
        def change(spec, _):
            spec["components"]["schemas"]["Title"]["properties"]["title"]["multipleOf"] = 3

        self.refused(change, "multipleOf")

    def test_enums_of_one_name_with_other_words(self):
        def change(spec, overrides):
            overrides["enums"]["listShelves.kind"] = {"name": "ShelfKind"}

        self.refused(change, "ShelfKind")

    def test_required_without_property(self):
        self.refused(lambda s, o: s["components"]["schemas"]["Shelf"]["required"].append("x"), "x")

    def test_path_parameters_that_do_not_fit(self):
        def change(spec, _):
            spec["paths"]["/shelves/{other}"] = spec["paths"].pop("/shelves/{shelfId}")

        self.refused(change, "path parameters")

    def test_no_success(self):
        self.refused(lambda s, o: o["operations"].pop("scanShelf"), "no success")

    def test_access_without_a_row_or_for_nothing(self):
        self.refused(lambda s, o: o["access"].pop("createShelf"), "createShelf: no row")
        self.refused(lambda s, o: o["access"].update({"scan": {}}), "scan")
        self.refused(lambda s, o: o["access"]["SetLabels"].update({"action": []}), "unknown keys")
        self.refused(lambda s, o: o["access"].update({"scanShelf": {"actions": ["a:B"]}}), "open to all")

    def test_key_given_twice(self):
        with self.assertRaisesRegex(model.SpecError, "given twice"):
            generate.yaml.load("{a: 1, a: 2}", generate.UniqueKeyLoader)


class NamesTest(unittest.TestCase):
    def test_snake(self):
        for name, wanted in {
            "getGCRules": "get_gc_rules",
            "setGroupACL": "set_group_acl",
            "If-None-Match": "if_none_match",
            "RBAC": "rbac",
            "class": "class_",
            "CreateCommitRecord": "create_commit_record",
        }.items():
            self.assertEqual(names.snake(name), wanted)

    def test_pascal(self):
        self.assertEqual(names.pascal("common_prefix"), "CommonPrefix")
        self.assertEqual(names.pascal("locked-up"), "LockedUp")
        self.assertEqual(names.pascal("getGCRules"), "GetGCRules")

    def test_quoted(self):
        self.assertEqual(names.quoted('a"\\\té'), '"a\\"\\\\\\011\\303\\251"')


if __name__ == "__main__":
    unittest.main()
