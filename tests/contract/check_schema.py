#!/usr/bin/python3
"""Validates what we write and what we show, with a validator that is not ours."""
import copy
import sys

from schema_files import ROOT, messages, problems, schema, stored

sys.path.insert(0, str(ROOT / "tools"))
from open_schema import NAMES, open_schema  # noqa: E402


def check_all(name: str, documents: list[tuple[str, dict]], refused: str) -> None:
    """Every document fits the strict and the open schema; every refused one breaks the strict one."""
    strict, opened = schema(name), schema(f"{name}.open")
    assert opened == open_schema(strict, name), "run: tools/open_schema.py"
    for title, document in documents:
        for of in (strict, opened):
            assert not problems(of, document), f"{title}: {problems(of, document)}"
    for title, document in stored(refused):
        assert problems(strict, document), f"not refused: {title}"


def check_open(name: str, document: dict) -> None:
    """Readers take what is newer than they are, writers do not write it, and neither takes what is broken."""
    strict, opened = schema(name), schema(f"{name}.open")
    newer = copy.deepcopy(document)
    newer.update(mood="new member")
    if name == "message":
        newer.update(kind="poll", parts=[{"type": "poll", "text": "投票", "options": []}])
    assert not problems(opened, newer) and problems(strict, newer)
    for member in strict["required"]:
        broken = {key: value for key, value in document.items() if key != member}
        assert problems(opened, broken) and problems(strict, broken), f"{name} without {member}"
    assert problems(opened, document | {"schema": "qnzs.other/1"}), f"{name}: another schema's name"


def main() -> None:
    documents, letters = messages(), stored("dead_letters")
    check_all("message", documents, "refused")
    check_all("dead-letter", letters, "refused_dead_letters")
    assert set(NAMES) == {"message", "dead-letter"}
    check_open("message", documents[0][1])
    check_open("dead-letter", letters[0][1])
    channels = {document["channel"] for _, document in documents}
    assert channels >= {"wechat", "weibo", "weibang", "email", "sms", "mms", "hotline", "web", "app"}, channels
    actions = {document["action"] for _, document in documents}
    assert actions == {"new", "update", "delete", "erase"}, actions
    print(f"schema: {len(documents)} messages, {len(letters)} dead letters")


if __name__ == "__main__":
    main()
