#!/usr/bin/python3
"""Derives the readers' open schema from the writers' strict one: unknown members, parts and words pass.

Usage: tools/open_schema.py > schema/message.open.schema.json
"""
import json
import pathlib

STRICT = pathlib.Path(__file__).resolve().parent.parent / "schema" / "message.schema.json"


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


def open_schema(strict: dict) -> dict:
    derived = opened(strict)
    derived["$id"] += ":open"
    derived["title"] = "青年之声 message v1, as it is read"
    derived["description"] = "Open, for readers: derived from message.schema.json by tools/open_schema.py."
    return derived


if __name__ == "__main__":
    print(json.dumps(open_schema(json.loads(STRICT.read_text())), ensure_ascii=False, indent=1))
