#!/usr/bin/python3
"""Keeps v1 compatible: stored documents stay valid, and the schemas are only ever widened.

tests/fixtures/schema/v1 holds documents and v1_schemas the schemas as they were published; neither is changed, only added to.
"""
import copy

from schema_files import part_types, problems, schema, stored

LOWER = {"minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties"}
UPPER = {"maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties"}
SAME = {"const", "pattern", "format", "type", "$ref", "multipleOf", "uniqueItems", "contentEncoding", "propertyNames",
        "if", "then", "else", "not", "dependentRequired"}
LISTS = {"oneOf", "anyOf"}
RESTRICTING = LOWER | UPPER | SAME | LISTS | {"enum", "required", "allOf", "items", "additionalProperties"}
NOTES = {"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"}
COMPARED = RESTRICTING | NOTES | {"properties", "$defs"}  # what else there is in JSON Schema is refused


def word_narrowings(word: str, old, new, at: str) -> list[str]:
    """How the value of one keyword that both have is narrower than it was."""
    if (word in LOWER and new > old) or (word in UPPER and new < old):
        return [f"{at}: a tighter bound, {old} → {new}"]
    if word in SAME and new != old:
        return [f"{at}: changed"]
    if word == "enum" and not set(old) <= set(new):
        return [f"{at}: without {set(old) - set(new)}"]
    if word == "required" and not set(new) <= set(old):
        return [f"{at}: newly required {set(new) - set(old)}"]
    if word in ("properties", "$defs"):
        gone = [f"{at}/{name}: gone" for name in old if name not in new]
        return gone + [found for name in old if name in new for found in narrowings(old[name], new[name], f"{at}/{name}")]
    if word in LISTS or word == "allOf":
        grown = len(new) < len(old) if word in LISTS else len(new) != len(old)
        return [f"{at}: other alternatives"] if grown else [
            found for i, (left, right) in enumerate(zip(old, new)) for found in narrowings(left, right, f"{at}/{i}")]
    if word in ("items", "additionalProperties"):
        return narrowings(old, new, at)
    return []


def narrowings(old, new, at: str = "") -> list[str]:
    """What a document valid by `old` may no longer do by `new`."""
    if isinstance(old, bool) or isinstance(new, bool):
        return [] if old == new or new is True or old is False else [f"{at}: was open"]
    found = [f"{at}/{word}: a keyword that is not compared here" for word in sorted((old.keys() | new.keys()) - COMPARED)]
    found += [f"{at}/{word}: new" for word in new if word in RESTRICTING and word not in old and new[word] is not True]
    rest = old.get("additionalProperties", True)  # what held for a member that had no name yet
    for name in new.get("properties", {}).keys() - old.get("properties", {}).keys():
        found += narrowings(rest, new["properties"][name], f"{at}/properties/{name}")
    for word in old:
        if word in new:
            found += word_narrowings(word, old[word], new[word], f"{at}/{word}")
        elif word in ("properties", "$defs"):
            found.append(f"{at}/{word}: gone")
    return found


def check_narrowing_is_seen(old: dict) -> None:
    """Each way to break v1 is noticed, and an addition is not taken for one."""
    def broken(change) -> list[str]:
        new = copy.deepcopy(old)
        change(new)
        return narrowings(old, new)
    properties = "properties"
    for change in (lambda s: s["required"].append("sent_at"), lambda s: s[properties].pop("topics"),
                   lambda s: s[properties]["action"]["enum"].remove("erase"),
                   lambda s: s[properties]["text"].update(maxLength=1),
                   lambda s: s[properties]["text"].update(minLength=1),
                   lambda s: s[properties]["revision"].update(type="string"),
                   lambda s: s[properties]["id"].update(pattern="^x$"),
                   lambda s: s[properties]["author"][properties].pop("phone"),
                   lambda s: s[properties]["site"]["required"].append("mayor"),
                   lambda s: s[properties]["pii"]["additionalProperties"]["enum"].remove("minor"),
                   lambda s: s[properties]["ext"].update(properties={"wechat": {"type": "string"}}),
                   lambda s: s[properties].update(ext=False)):
        assert broken(change), "a breaking change was not noticed"
    for word in ("contains", "prefixItems", "patternProperties", "dependentSchemas", "unevaluatedProperties",
                 "unevaluatedItems", "minContains", "$dynamicRef", "a_word_of_tomorrow"):
        assert broken(lambda s: s.update({word: {}})), f"{word} was passed over"
        assert broken(lambda s: s[properties]["parts"]["items"]["oneOf"][0].update({word: {}})), f"{word} was passed over"
    for change in (lambda s: s[properties].update(mood={"type": "string"}),
                   lambda s: s[properties]["action"]["enum"].append("merge"),
                   lambda s: s["required"].remove("reply")):
        assert not broken(change), broken(change)


def main() -> None:
    documents, letters = stored("v1"), stored("dead_letters")
    wanted = {"text", "image", "voice", "video", "file", "location", "link", "html", "form", "event", "call"}
    assert part_types(documents) == wanted, part_types(documents) ^ wanted
    assert {document["action"] for _, document in documents} == {"new", "update", "delete", "erase"}
    assert any("call" in document for _, document in documents)
    assert any(document.get("attachments") for _, document in documents)
    for name, kept in (("message", documents), ("dead-letter", letters)):
        for of in (schema(name), schema(f"{name}.open")):
            for title, document in kept:
                found = problems(of, document)
                assert not found, f"a stored v1 document is no longer valid, that is v2: {title}: {found}"
    published = dict(stored("v1_schemas"))
    for name in ("message", "dead-letter"):
        found = narrowings(published[f"{name}.schema.json"], schema(name))
        assert not found, f"{name}.schema.json is narrower than v1 as published, that is v2: {found}"
    check_narrowing_is_seen(published["message.schema.json"])
    print(f"v1: {len(documents)} stored messages, {len(letters)} dead letters, 2 schemas")


if __name__ == "__main__":
    main()
