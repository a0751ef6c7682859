"""Each rule of tidy.py with a text that keeps it and one that breaks it."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tidy  # noqa: E402

NOTE = "TO" + "DO"


class Tidy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.write("CMakeLists.txt", "project(x)\n")
        self.write("src/kv/CMakeLists.txt", "tarn_module(kv)\n")
        self.write("src/base/CMakeLists.txt", "tarn_module(base)\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return path

    def found(self, path, text):
        """The (line, rule) pairs of a file with this text."""
        self.write(path, text)
        return [(line, rule) for line, rule, _ in tidy.check_file(path, self.root)]

    def cpp(self, text, path="src/kv/a.cc"):
        return self.found(path, text)

    def test_awaits_that_keep_the_habit(self):
        self.assertEqual(self.cpp("""
            co_await yield_loop();
            Result<Entry> row = co_await store_.get(ctx, repo.partition(), std::move(key));
            const Result<void> done =
                co_await group.join();
            TARN_CO_TRY(Page page, co_await scan(ctx, partition, few));
            TARN_CO_CHECK_OK(co_await flush(ctx));
            co_return co_await write(std::move(call));
            if (x) {
              co_await a.b();
            } else {
              co_await c(d[1], e(f));
            }
            // co_await f({1}) in a comment, "co_await f({1})" in a text
            log("co_await f({1})");
        """), [])

    def test_brace_in_an_awaited_call(self):
        self.assertEqual(self.cpp("co_await put(ctx, Key{.a = 1});"), [(1, "await-braces")])
        self.assertEqual(self.cpp("\nauto x = co_await run(pool,\n [&] { return f(); });"), [(2, "await-braces")])
        self.assertEqual(self.cpp("TARN_CO_TRY(Page page, co_await scan(ctx, {}));"), [(1, "await-braces")])

    def test_braces_after_the_awaited_call_are_fine(self):
        self.assertEqual(self.cpp("for (;;) { co_await f(); }\nauto x = co_await g(); Y y{x};"), [])

    def test_await_inside_an_expression(self):
        self.assertEqual(self.cpp("if (co_await f()) {\n}"), [(1, "await-place")])
        self.assertEqual(self.cpp("g(co_await f());"), [(1, "await-place")])
        self.assertEqual(self.cpp("int x = 1 + co_await f();"), [(1, "await-place")])
        self.assertEqual(self.cpp("bool x = y == co_await f();"), [(1, "await-place")])
        self.assertEqual(self.cpp("return !co_await f();"), [(1, "await-place")])

    def test_clock(self):
        self.assertEqual(self.cpp("auto t = std::chrono::steady_clock::now();"), [(1, "clock")])
        self.assertEqual(self.cpp("auto t = time(nullptr);"), [(1, "clock")])
        self.assertEqual(self.cpp("auto t = clock_.steady_now(); parse_time(x);"), [])
        self.assertEqual(self.cpp("return std::chrono::steady_clock::now();", "src/base/clock.cc"), [])

    def test_random(self):
        self.assertEqual(self.cpp("std::random_device d;\nint x = rand();"), [(1, "random"), (2, "random")])
        self.assertEqual(self.cpp("rng.below(3); strand(x);"), [])

    def test_environment(self):
        self.assertEqual(self.cpp('const char* x = std::getenv("A");'), [(1, "environment")])
        self.assertEqual(self.found("src/ctl/CMakeLists.txt", "tarn_module(ctl)"), [])
        self.assertEqual(self.cpp('const char* x = std::getenv("A");', "src/ctl/a.cc"), [])

    def test_sleep(self):
        self.assertEqual(self.cpp("std::this_thread::sleep_for(1s);"), [(1, "sleep")])
        self.assertEqual(self.cpp("Result<void> slept = co_await sleep_for(ctx, policy.delay(done, rng));"), [])

    def test_left_over(self):
        self.assertEqual(self.cpp(f"// {NOTE}: later"), [(1, "left-over")])
        self.assertEqual(self.found("docs/a.md", f"# A\n\n{NOTE}\n"), [(3, "left-over")])
        self.assertEqual(self.cpp("// todos os dias"), [])

    def test_title(self):
        self.assertEqual(self.found("docs/a.md", "Just text\n"), [(1, "title")])
        self.assertEqual(self.found("docs/a.md", ""), [(1, "title")])
        self.assertEqual(self.found("docs/a.md", "\n# Rows\n"), [])
        self.assertEqual(self.found("docs/changes/unreleased/1.md", "kv: faster\n"), [])

    def test_not_built(self):
        self.assertEqual(self.found("src/lost/a.cc", ""), [(1, "not-built")])
        self.assertEqual(self.found("src/kv/deep/a.cc", ""), [], )
        self.assertEqual(self.found("src/kv/tool_main.cc", ""), [(1, "not-built")])
        self.assertEqual(self.found("src/kv/records.proto", ""), [(1, "not-built")])
        self.write("src/kv/CMakeLists.txt", "tarn_module(kv PROTO records.proto)\nadd_executable(tool tool_main.cc)\n")
        self.assertEqual(self.found("src/kv/records.proto", ""), [])
        self.assertEqual(self.found("src/kv/tool_main.cc", ""), [])

    def test_an_excuse_names_the_rule_and_a_reason(self):
        call = "co_await put(Key{}); "
        self.assertEqual(self.cpp(call + "// tidy: await-braces generated"), [])
        self.assertEqual(self.cpp(call + "// tidy: await-braces"), [(1, "await-braces")])
        self.assertEqual(self.cpp(call + "// tidy: clock because"), [(1, "await-braces")])

    def test_raw_strings_and_digit_separators_do_not_confuse(self):
        self.assertEqual(self.cpp('auto s = R"(co_await f({"))";\nint n = 1\'000\'000; char q = \'"\';\nco_await f(Key{});'),
                         [(3, "await-braces")])

    def test_the_whole_tree_is_walked(self):
        self.write("docs/a.md", "no title\n")
        self.write("build/b.md", "no title\n")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(tidy.main(["tidy.py", str(self.root)]), 1)
        self.assertIn("docs/a.md:1: title", out.getvalue())
        self.assertNotIn("build/b.md", out.getvalue())


if __name__ == "__main__":
    unittest.main()
