import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "mutants"))
from table import MUTANTS, places  # noqa: E402


class Mutants(unittest.TestCase):
    def test_each_can_still_be_made(self):
        for mutant in MUTANTS:
            with self.subTest(mutant.name):
                self.assertEqual(len(places(mutant, ROOT)), 1, "mend its row in tools/mutants/table.py")
                self.assertNotEqual(mutant.old, mutant.new)

    def test_all_are_documented(self):
        text = (ROOT / "docs" / "mutants.md").read_text()
        for mutant in MUTANTS:
            self.assertIn(f"| `{mutant.name}` |", text, "run tools/mutants/run.py --write docs/mutants.md")

    def test_there_are_enough_and_names_are_used_once(self):
        names = [mutant.name for mutant in MUTANTS]
        self.assertGreaterEqual(len(names), 10)
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
