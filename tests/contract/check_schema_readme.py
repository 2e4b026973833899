#!/usr/bin/python3
"""schema/README.md explains what there is: every member and word of the schemas, every flag, every reason of a dead letter.

Its tables are read: the section `### author` has a row for each member of `author`, and no other one."""
import re

from schema_files import ROOT, messages, schema

README = (ROOT / "schema/README.md").read_text()
WORD = re.compile(r"`([^`]+)`")
SOURCES = ("adapters", "gateway/ingest", "gateway/kafka")


def section(title: str, text: str = "") -> str:
    """What stands under a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,3}} |\Z)", text or README, re.S | re.M)
    assert found, f"schema/README.md has no section {title}"
    return found[2]


def rows(text: str) -> list[list[str]]:
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in table if not set(row[0]) <= set("-: ") and row[0] not in ("Member", "Type", "Flag", "原因")]


def words(cells: list[str]) -> set[str]:
    return {word for cell in cells for word in WORD.findall(cell)}


def differences(title: str, told: set[str], there: set[str]) -> list[str]:
    return ([f"{title}: `{name}` is not explained" for name in sorted(there - told)]
            + [f"{title}: `{name}` is explained and not there" for name in sorted(told - there)])


def member_problems(title: str, of: dict) -> list[str]:
    """The rows of one object against its properties; ● marks what is always there."""
    table = rows(section(title))
    found = differences(title, words([row[0] for row in table]), set(of["properties"]))
    marked = {word for row in table for word in re.findall(r"`([^`]+)` ●", row[0])}
    return found + [f"{title}: ● is wrong at `{name}`" for name in sorted(marked ^ set(of.get("required", [])))]


def part_problems(of: dict) -> list[str]:
    table, found = rows(section("`parts`")), []
    for part in of["properties"]["parts"]["items"]["oneOf"]:
        of_type = part["properties"]["type"]
        for name in of_type.get("enum", [of_type.get("const")]):
            row = next((row for row in table if f"`{name}`" in row[0]), [""])
            inner = (value.get("items", {}).get("properties", {}) for value in part["properties"].values())
            missing = set(part["properties"]).union(*inner) - {"type", "text"} - words(row[1:])
            found += [f"parts: {name}: `{member}` is not explained" for member in sorted(missing)]
    return found


def objects(of: dict) -> dict[str, dict]:
    """Name → each object with members of its own, but for parts and what is below them."""
    found = {}
    for name, value in of["properties"].items():
        value = value.get("items", value)
        if "properties" in value:
            found |= {f"`{name}`": value} | objects(value)
    return found


def enums(node) -> set[str]:
    if isinstance(node, list):
        return {word for item in node for word in enums(item)}
    if not isinstance(node, dict):
        return set()
    return set(node.get("enum", [])) | {word for value in node.values() for word in enums(value)}


def sources() -> str:
    return "\n".join(path.read_text() for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.cpp")))


def reasons(code: str) -> set[str]:
    """The words that the sources give as a dead letter's reason: what adapters fail or set aside with, and what we name."""
    found = set(re.findall(r'fail\(\s*Fault::(?:malformed|too_large),\s*"([a-z][a-z0-9_]*)"\)', code))
    found |= set(re.findall(r'\b(?:set_aside|put_aside)\([\w.\[\]]+,\s*"(\w+)"', code))
    found |= set(re.findall(r'\brefused_message\([^"]*"(\w+)"', code))
    for name in re.findall(r"\bletter\.reason = (\w+);", code):
        constant = re.search(rf'string_view {name} = "(\w+)"', code)
        assert constant, f"what is the reason {name}?"
        found.add(constant[1])
    return found


def check_reasons_are_seen() -> None:
    code = '''return schema::fail(Fault::malformed, "a_a"); set_aside(request, "b"); put_aside(line, "c");
              refused_message(message, request, origin, "d", "text"); letter.reason = e; constexpr std::string_view e = "ee";
              fail(Fault::malformed, "a sentence");'''
    assert reasons(code) == {"a_a", "b", "c", "d", "ee"}, reasons(code)


def main() -> None:
    check_reasons_are_seen()
    message, letter = schema("message"), schema("dead-letter")
    dead_letters = section("Dead letters · 死信")
    found = member_problems("Members of a message", message) + part_problems(message)
    for name, of in objects(message).items():
        found += member_problems(name, of)
    members, reason_rows = dead_letters.split("| 原因 |")
    told = words([row[0] for row in rows(members)])
    found += differences("dead letter", told, set(letter["properties"]))
    code = sources()
    found += differences("reasons", words([row[0] for row in rows("| 原因 |" + reason_rows)]), reasons(code))
    flags = {flag for _, document in messages() for flag in document.get("flags", [])}
    flags |= set(re.findall(r'flags\.emplace_back\("(\w+)"\)', code))
    found += [f"flag `{name}` is not explained" for name in sorted(flags - words([section("Flags")]))]
    found += [f"word `{name}` is not explained" for name in sorted(enums([message, letter]) - words([README]))]
    assert not found, "schema/README.md:\n" + "\n".join(found)
    print(f"schema/README.md: {len(reasons(code))} reasons, {len(flags)} flags, every member and word")


if __name__ == "__main__":
    main()
