#!/usr/bin/env python3
"""Writes the C++ side of an interface description.

usage: generate.py --spec openapi.yaml --overrides overrides.yaml --out <folder> --shards <n>
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import yaml  # noqa: E402

from openapi_gen import emit, model  # noqa: E402


class UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key given twice, which PyYAML lets pass."""


def mapping(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    double = {key for key in keys if keys.count(key) > 1}
    if double:
        raise model.SpecError(f"{node.start_mark}: given twice: {sorted(double)}")
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


UniqueKeyLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, lambda loader, node: mapping(loader, node, True)
)
# `no`, `on` and times stay what they look like in JSON.
UniqueKeyLoader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def load(path):
    return yaml.load(pathlib.Path(path).read_text(encoding="utf-8"), UniqueKeyLoader) or {}


def generate(spec_path, overrides_path, shards):
    spec = load(spec_path)
    return emit.files(model.Reader(spec, load(overrides_path)).read(), spec, shards)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", required=True)
    parser.add_argument("--overrides", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--shards", type=int, default=3)
    args = parser.parse_args(argv)
    try:
        texts = generate(args.spec, args.overrides, args.shards)
    except model.SpecError as error:
        print(f"openapi_gen: {error}", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (args.out / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
