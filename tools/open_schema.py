#!/usr/bin/python3
"""Derives the readers' open schemas from the writers' strict ones: unknown members, parts and words pass.

Usage: tools/open_schema.py    writes schema/message.open.schema.json and schema/dead-letter.open.schema.json
"""
import json
import pathlib

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "schema"
NAMES = ("message", "dead-letter")


def opened(node):
    if isinstance(node, list):
        return [opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "enum" in node:
        return {"type": "string", "minLength": 1, "description": "known: " + " ".join(node["enum"])}
    if "oneOf" in node:  # the parts: every one has a type and a text, whatever else it is
        return {"type": "object", "required": ["type", "text"],
                "properties": {"type": {"type": "string"}, "text": {"type": "string"}}}
    kept = {name: opened(value) for name, value in node.items()
            if name not in ("if", "then", "else", "maxProperties", "propertyNames", "maxItems", "maxLength")}
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    return kept


def open_schema(strict: dict, name: str) -> dict:
    derived = opened(strict)
    derived["$id"] += ":open"
    derived["title"] = strict["title"].removesuffix(", as it is written") + ", as it is read"
    derived["description"] = f"Open, for readers: derived from {name}.schema.json by tools/open_schema.py."
    return derived


if __name__ == "__main__":
    for name in NAMES:
        derived = open_schema(json.loads((SCHEMA / f"{name}.schema.json").read_text()), name)
        (SCHEMA / f"{name}.open.schema.json").write_text(json.dumps(derived, ensure_ascii=False, indent=1) + "\n")
