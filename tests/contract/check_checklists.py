#!/usr/bin/python3
"""Every line of a channel's checklist is exactly one test case, and that test checks something."""
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent


def cases(folder: pathlib.Path) -> dict[str, list[str]]:
    """Line of the checklist → the bodies of the test cases that name it."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*_test.cpp")):
        for match in re.finditer(r'TEST_CASE\(\s*"checklist ([^:"]+):[^"]+"\)\s*\{(.*?)^\}', path.read_text(), re.S | re.M):
            found.setdefault(match[1], []).append(match[2])
    return found


def problems(lines: list[str], found: dict[str, list[str]]) -> list[str]:
    result = [f"no test for: {line}" for line in lines if line not in found]
    result += [f"more than one test for: {line}" for line, bodies in found.items() if len(bodies) > 1]
    result += [f"not in the checklist: {line}" for line in found if line not in lines]
    result += [f"checks nothing: {line}" for line, bodies in found.items()
               if not all(re.search(r"\b(CHECK|REQUIRE)\w*\(", body) for body in bodies)]
    return result


def main() -> int:
    assert problems(["a"], {}) and problems([], {"a": ["CHECK(1)"]}) and problems(["a"], {"a": ["f();"]})
    assert problems(["a"], {"a": ["CHECK(1)", "CHECK(1)"]}) and not problems(["a"], {"a": ["CHECK(1)"]})
    failed = 0
    for path in sorted(TESTS.glob("fixtures/*/checklist.txt")):
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        for problem in problems(lines, cases(TESTS / "unit" / "adapters" / path.parent.name)):
            failed += 1
            print(f"{path.parent.name}: {problem}")
        print(f"{path.parent.name}: {len(lines)} lines")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
