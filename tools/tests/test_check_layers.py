"""Each rule of check_layers.py with a tree that keeps it and one that breaks it."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import check_layers  # noqa: E402


class CheckLayers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.module("base", "tarn_module(base PUBLIC fmt::fmt)")
        self.module("runtime", "tarn_module(runtime DEPENDS base)")
        self.module("kv", "tarn_module(kv\n  DEPENDS runtime  # for now\n  PRIVATE PkgConfig::RocksDB)")
        self.module("block", "tarn_module(block DEPENDS runtime TEST_DEPENDS kv)")
        self.module("graveler", "tarn_module(graveler DEPENDS kv block)")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def module(self, name, text):
        self.write(f"src/{name}/CMakeLists.txt", text + "\n")

    def findings(self):
        return check_layers.Checker(self.root).run()

    def assert_clean(self):
        self.assertEqual(self.findings(), [])

    def assert_finding(self, *parts):
        found = self.findings()
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_module_includes_itself_and_what_it_reaches(self):
        self.write("src/graveler/refs.cc",
                   '#include "graveler/refs.h"\n#include "graveler/detail/codec.h"\n#include "kv/store.h"\n#include "base/error.h"\n')
        self.assert_clean()

    def test_upward_include(self):
        self.write("src/kv/store.h", '#include "base/error.h"\n\n#include "graveler/refs.h"\n')
        self.assert_finding("src/kv/store.h:3", "kv may not include graveler/refs.h")

    def test_sideways_include(self):
        self.write("src/block/a.cc", '#include "kv/store.h"\n')
        self.assert_finding("block may not include kv/store.h")

    def test_allowed_but_undeclared_edge(self):
        self.write("src/graveler/a.cc", '#include "sstable/reader.h"\n')
        self.assert_finding("does not declare the edge", "add sstable to DEPENDS of graveler")

    def test_declared_edge_against_the_layers(self):
        self.module("kv", "tarn_module(kv DEPENDS runtime graveler)")
        found = self.findings()
        self.assertIn("kv may not depend on graveler", found[0])
        self.assertIn("modules depend on each other: graveler -> kv -> graveler", found[1])

    def test_edge_to_a_module_that_is_not_there(self):
        self.module("auth", "tarn_module(auth DEPENDS kv aws)")
        self.assert_finding("auth depends on aws, which has no tarn_module call")

    def test_a_module_that_is_not_built_yet_keeps_to_the_layers(self):
        self.write("src/catalog/a.cc", '#include "graveler/refs.h"\n#include "base/error.h"\n')
        self.assert_clean()
        self.write("src/catalog/a.cc", '#include "actions/run.h"\n')
        self.assert_finding("catalog may not include actions/run.h")

    def test_unknown_module(self):
        self.module("helpers", "tarn_module(helpers DEPENDS base)")
        self.assert_finding("module helpers is not in the layer table")

    def test_private_header(self):
        self.write("src/graveler/a.cc", '#include "kv/rocksdb/write_queue.h"\n')
        self.assert_finding("kv/rocksdb/write_queue.h is private to kv")

    def test_testing_header_is_open_to_tests_only(self):
        self.write("src/graveler/a_test.cc", '#include "kv/testing/store_suite.h"\n')
        self.write("src/graveler/testing/world.h", '#include "kv/testing/store_suite.h"\n')
        self.assert_clean()
        self.write("src/graveler/a.cc", '#include "kv/testing/store_suite.h"\n')
        self.assert_finding("product code must not include it")

    def test_own_testing_header_in_product_code(self):
        self.write("src/kv/a.cc", '#include "kv/testing/store_suite.h"\n')
        self.assert_finding("product code must not include it")

    def test_test_depends_count_for_tests_only(self):
        self.write("src/block/a_test.cc", '#include "kv/store.h"\n')
        self.assert_clean()
        self.write("src/block/a.cc", '#include "kv/store.h"\n')
        self.assert_finding("src/block/a.cc:1", "block may not include kv/store.h")

    def test_endpoints_never_include_each_other(self):
        self.module("endpoints/rest", "tarn_module(endpoints/rest DEPENDS graveler)")
        self.module("endpoints/s3", "tarn_module(endpoints/s3 DEPENDS graveler)")
        self.write("src/endpoints/s3/a.cc", '#include "endpoints/s3/errors.h"\n#include "graveler/refs.h"\n')
        self.assert_clean()
        self.write("src/endpoints/s3/b.cc", '#include "endpoints/rest/errors.h"\n')
        self.assert_finding("endpoints/s3 may not include endpoints/rest/errors.h")

    def test_path_that_is_not_from_the_root(self):
        self.write("src/kv/a.cc", '#include "store.h"\n')
        self.assert_finding("lies in no module", "write the path from src/")

    def test_third_party_homes(self):
        self.write("src/kv/rocksdb/a.cc", "#include <rocksdb/db.h>\n")
        self.write("src/kv/testing/a.cc", "#include <rocksdb/env.h>\n")
        self.assert_clean()
        self.write("src/kv/mem/a.cc", "#include <rocksdb/db.h>\n")
        self.assert_finding("src/kv/mem/a.cc:1", "RocksDB is used in src/kv/rocksdb/")

    def test_rocksdb_is_the_oracle_of_sstable_tests(self):
        self.module("sstable", "tarn_module(sstable DEPENDS base)")
        self.write("src/sstable/a_test.cc", "#include <rocksdb/sst_file_reader.h>\n")
        self.assert_clean()
        self.write("src/sstable/a.cc", "#include <rocksdb/sst_file_reader.h>\n")
        self.assert_finding("src/sstable/a.cc")

    def test_beast_stays_in_http(self):
        self.write("src/graveler/a.cc", "#include <boost/asio/post.hpp>\n#include <boost/beast/http.hpp>\n")
        self.assert_finding("Beast is used in src/http/ only")

    def test_test_libraries_stay_in_tests(self):
        self.write("src/kv/a_test.cc", "#include <gtest/gtest.h>\n")
        self.assert_clean()
        self.write("src/kv/a.h", "#include <gtest/gtest.h>\n")
        self.assert_finding("GoogleTest is for tests")

    def test_file_outside_every_module(self):
        self.write("src/stray/a.cc", "")
        self.assert_finding("src/stray/a.cc", "lies in no module")

    def test_layer_table_has_no_cycle(self):
        self.assertIsNone(check_layers.find_cycle(check_layers.LAYERS))

    def test_an_empty_tree_is_a_failure(self):
        with tempfile.TemporaryDirectory() as empty, contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(check_layers.main(["check_layers.py", empty]), 1)


if __name__ == "__main__":
    unittest.main()
