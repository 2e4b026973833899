#!/usr/bin/python3
"""Validates what we write and what we show, with a validator that is not ours, and keeps v1 compatible."""
import copy
import json
import pathlib
import re
import sys

import yaml
from jsonschema import Draft202012Validator, FormatChecker

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from open_schema import open_schema  # noqa: E402


def load(path: pathlib.Path):
    return json.loads(path.read_text())


def validator(schema: dict) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def documents() -> list[tuple[str, dict]]:
    found = [(path.name, load(path)) for path in sorted((ROOT / "schema/examples").glob("*.json"))]
    for path in sorted((ROOT / "tests/fixtures").glob("*/*.golden.json")):
        found += [(path.name, document) for document in load(path)]
    return found


def stored_are_readable(schema: dict) -> bool:
    check = validator(schema)
    stored = sorted((ROOT / "tests/fixtures/schema/v1").glob("*.json"))
    assert stored
    return all(check.is_valid(load(path)) for path in stored)


def check_asyncapi() -> None:
    document = yaml.safe_load((ROOT / "schema/asyncapi.yaml").read_text())
    names = set(re.findall(r'"(qnzs\.[a-z-]+\.v\d+)"', (ROOT / "schema/topics.hpp").read_text()))
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses and addresses <= names, addresses - names

    def references(node):
        if isinstance(node, dict):
            for key, value in node.items():
                yield from [value] if key == "$ref" else references(value)
        elif isinstance(node, list):
            for item in node:
                yield from references(item)

    for reference in references(document):
        if reference.startswith("#/"):
            target = document
            for step in reference[2:].split("/"):
                target = target[step]
        else:
            assert (ROOT / "schema" / reference).exists(), reference


def main() -> None:
    check_asyncapi()
    strict, opened = load(ROOT / "schema/message.schema.json"), load(ROOT / "schema/message.open.schema.json")
    assert opened == open_schema(strict), "run: tools/open_schema.py > schema/message.open.schema.json"
    for name, document in documents():
        for schema in (strict, opened):
            errors = [f"{error.json_path}: {error.message[:200]}" for error in validator(schema).iter_errors(document)]
            assert not errors, f"{name}: {errors}"
    channels = {document["channel"] for _, document in documents()}
    assert channels >= {"wechat", "weibo", "weibang", "email", "sms", "mms", "hotline", "web", "app"}, channels
    actions = {document["action"] for _, document in documents()}
    assert actions == {"new", "update", "delete", "erase"}, actions
    for path in sorted((ROOT / "tests/fixtures/schema/refused").glob("*.json")):
        assert not validator(strict).is_valid(load(path)), f"not refused: {path.name}"
    newer = copy.deepcopy(documents()[0][1])
    newer.update(mood="new member", kind="poll", parts=[{"type": "poll", "text": "投票", "options": []}])
    assert validator(opened).is_valid(newer) and not validator(strict).is_valid(newer)
    assert validator(load(ROOT / "schema/dead-letter.schema.json"))
    assert stored_are_readable(strict), "a stored v1 document is no longer valid: that is v2, on a new topic"
    assert stored_are_readable(opened)
    for break_it in (lambda s: s["required"].append("mood"), lambda s: s["properties"].pop("source"),
                     lambda s: s["properties"]["action"]["enum"].remove("erase"),
                     lambda s: s["properties"]["text"].update(maxLength=1),
                     lambda s: s["properties"]["revision"].update(type="string")):
        broken = copy.deepcopy(strict)
        break_it(broken)
        assert not stored_are_readable(broken), "a breaking change was not noticed"
    print(f"schema: {len(documents())} documents")


if __name__ == "__main__":
    main()
