"""The signed requests and chunked bodies that the unit tests of src/aws read are those of the installed botocore."""

import importlib.util
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_generator():
    spec = importlib.util.spec_from_file_location("botocore_vectors", ROOT / "tools/botocore_vectors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_what_botocore_makes():
    generator = load_generator()
    for name, text in generator.generate().items():
        checked_in = (generator.FOLDER / name).read_text()
        # Line by line first: one vector says more than two files.
        for now, then in zip(text.splitlines(), checked_in.splitlines()):
            assert now == then, name
        assert text == checked_in, name


def test_the_vectors_hold_the_odd_cases():
    vectors = json.loads((load_generator().FOLDER / "botocore_vectors.json").read_text())
    targets = [vector["target"] for vector in vectors]
    assert len(vectors) >= 250
    for odd in ("//", "%20", "%2B", "%25", "%C3%A9", "~", "/../", "/./", "%0A"):
        assert any(odd in target for target in targets), odd
    assert {vector["service"] for vector in vectors} == {"s3", "glue", "sts"}
    assert len({vector["region"] for vector in vectors}) >= 5
    assert any(vector["token"] and vector["kind"] == "query" for vector in vectors)
    assert any(vector.get("signs_headers") for vector in vectors)
