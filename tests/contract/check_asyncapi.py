#!/usr/bin/python3
"""schema/asyncapi.yaml: every topic once, every reference there, headers and keys as the code writes them."""
import copy
import re

import yaml

from schema_files import ROOT, schema


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "$ref" else references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def target_of(document: dict, reference: str):
    """What a local reference names; KeyError when there is no such thing."""
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def problems(document: dict) -> list[str]:
    found = []
    for reference in references(document):
        try:
            there = target_of(document, reference) if reference.startswith("#/") else (ROOT / "schema" / reference).exists()
        except KeyError:
            there = False
        if not there:
            found.append(f"{reference}: not there")
    names = re.findall(r'"(qnzs\.[a-z-]+\.v\d+)"', (ROOT / "schema/topics.hpp").read_text())
    addresses = [channel["address"] for channel in document["channels"].values()]
    if sorted(names) != sorted(addresses) or len(names) != 8:
        found.append(f"topics differ from topics.hpp: {set(names) ^ set(addresses)}")
    for name, channel in document["channels"].items():
        if ("messages" in channel) == (channel.get("x-status") == "reserved"):
            found.append(f"{name}: either has messages or is reserved")
    for name, message in document["components"]["messages"].items():
        if "key" not in message.get("bindings", {}).get("kafka", {}):
            found.append(f"{name}: no key")
        if name != "position" and "headers" not in message:
            found.append(f"{name}: no headers")
    return found + header_problems(document["components"]["schemas"])


def header_problems(schemas: dict) -> list[str]:
    """The headers are those that cloud_event.hpp writes."""
    source = (ROOT / "schema/cloud_event.hpp").read_text()
    written = set(re.findall(r'put\(\s*"([a-z_-]+)"', source))
    described = schemas["headers"]
    found = []
    if written != set(described["properties"]):
        found.append(f"headers differ from cloud_event.hpp: {written ^ set(described['properties'])}")
    if written - set(described["required"]) != {"ce_traceparent", "ce_replayed", "ce_replayedfrom"}:
        found.append("all headers but ce_traceparent, ce_replayed and ce_replayedfrom are always there")
    own = {name: schemas[name]["allOf"][1]["properties"] for name in ("messageHeaders", "deadLetterHeaders")}
    actions = schema("message")["properties"]["action"]["enum"]
    if own["messageHeaders"]["ce_type"]["enum"] != [f"qnzs.message.{action}.v1" for action in actions]:
        found.append("ce_type differs from the actions")
    for properties in own.values():
        if properties["ce_dataschema"]["const"] not in source:
            found.append(f"{properties['ce_dataschema']['const']}: not in cloud_event.hpp")
    return found


def main() -> None:
    document = yaml.safe_load((ROOT / "schema/asyncapi.yaml").read_text())
    assert not problems(document), problems(document)
    for break_it in (lambda d: d["channels"].pop("alarms"),
                     lambda d: d["channels"]["messages"].update(address="qnzs.message.v1"),
                     lambda d: d["channels"]["cases"].pop("x-status"),
                     lambda d: d["components"]["schemas"].pop("digest"),
                     lambda d: d["components"]["schemas"]["headers"]["properties"].pop("ce_id"),
                     lambda d: d["components"]["messages"]["message"].pop("headers"),
                     lambda d: d["components"]["messages"]["deadLetter"].pop("bindings")):
        broken = copy.deepcopy(document)
        break_it(broken)
        assert problems(broken), "a mistake was not noticed"
    print(f"asyncapi: {len(document['channels'])} topics")


if __name__ == "__main__":
    main()
