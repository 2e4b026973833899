#!/usr/bin/python3
"""Every line of a channel's checklist is exactly one test case, which cannot pass over its line in silence.

Every channel of the registry has a checklist. It says at its head how many lines it has (`# 26 lines: …`), so that
a line that is lost together with its test is missed.
"""
import pathlib
import re
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(\([^()]*\))?[^{}();]*\{")
ASSERTION = re.compile(r"\s*(CHECK|REQUIRE)\w*\s*\(")


def channels(source: pathlib.Path) -> list[str]:
    return re.findall(r"\b(\w+)::channel\(\)", (source / "adapters/registry.cpp").read_text())


def cases(folder: pathlib.Path) -> dict[str, list[str]]:
    """Line of the checklist → the bodies of the test cases that name it."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*_test.cpp")):
        for match in re.finditer(r'TEST_CASE\(\s*"checklist ([^:"]+):[^"]+"\)\s*\{(.*?)^\}', path.read_text(), re.S | re.M):
            found.setdefault(match[1], []).append(match[2])
    return found


def folded(code: str, pair: str) -> str:
    """The code with each outermost pair of these brackets empty."""
    depth, kept = 0, []
    for letter in code:
        depth -= letter == pair[1]
        if depth == 0:
            kept.append(letter)
        depth += letter == pair[0]
    return "".join(kept)


def without_lambdas(code: str) -> str:
    while match := LAMBDA.search(code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += (code[end] == "{") - (code[end] == "}")
            end += 1
        code = code[:match.start()] + "lambda" + code[end:]
    return code


def weakness(body: str) -> str:
    """Why a test with this body may say nothing of its line; empty when it asserts something whatever happens."""
    code = without_lambdas(NOT_CODE.sub('""', body))
    if re.search(r"\breturn\b", code):
        return "may return before it has checked"
    if any(ASSERTION.match(statement) for statement in re.split(r";|\{\}", folded(folded(code, "()"), "{}"))):
        return ""
    return "checks only in a loop, a branch or a function" if re.search(r"\b(CHECK|REQUIRE)", body) else "checks nothing"


def problems(text: str, found: dict[str, list[str]]) -> list[str]:
    """What is wrong between a checklist and the test cases of its channel."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    told = re.match(r"# (\d+) lines: ", text)
    result = [] if told and int(told[1]) == len(lines) else [f"its head does not say that it has {len(lines)} lines"]
    result += [f"twice in the checklist: {line}" for line in sorted(set(lines)) if lines.count(line) > 1]
    result += [f"no test for: {line}" for line in lines if line not in found]
    result += [f"more than one test for: {line}" for line, bodies in found.items() if len(bodies) > 1]
    result += [f"not in the checklist: {line}" for line in found if line not in lines]
    result += [f"{weak}: {line}" for line, bodies in found.items() for weak in map(weakness, bodies) if weak]
    return result


def all_problems(source: pathlib.Path) -> list[str]:
    result = []
    for channel in channels(source):
        path = source / "tests/fixtures" / channel / "checklist.txt"
        if path.is_file():
            found = cases(source / "tests/unit/adapters" / channel)
            result += [f"{channel}: {problem}" for problem in problems(path.read_text(), found)]
        else:
            result.append(f"{channel}: {path.relative_to(source)} is missing")
    return result


def check_itself() -> None:
    """Each way to lose a line is noticed."""
    head = "# 1 lines: what is asked\n"
    for text, found in ((head + "a", {}), (head, {"a": ["CHECK(1);"]}), ("a", {"a": ["CHECK(1);"]}),
                        (head, {}), (head + "a\na", {"a": ["CHECK(1);"]}),
                        (head + "a", {"a": ["CHECK(1);", "CHECK(1);"]})):
        assert problems(text, found), (text, found)
    for body in ("", "f();", "// CHECK(1);", 'f("CHECK(1);");', "for (auto x : y) CHECK(x);", "while (a) { CHECK(a); }",
                 "for (int i = 0; i < n; ++i) {\n  f(i);\n  CHECK(i);\n}", "if (a) CHECK(a); else CHECK(b);",
                 "const auto f = [&](int a) { CHECK(a); };", "if (!a) return;\nCHECK(a);"):
        assert problems(head + "a", {"a": [body]}), body
    for body in ("CHECK(1);", "f();\nREQUIRE_FALSE(f());", "for (auto x : y) { f(x); }\nCHECK(z);",
                 "const auto f = [&](int a) { return a; };\nCHECK(f(1) == 1);", 'const S s{.a = "{"};\nCHECK(s);'):
        assert not problems(head + "a", {"a": [body]}), (body, problems(head + "a", {"a": [body]}))
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name)
        (source / "adapters").mkdir()
        (source / "adapters/registry.cpp").write_text("channels{pigeon::channel()};")
        assert all_problems(source) == ["pigeon: tests/fixtures/pigeon/checklist.txt is missing"]


def main() -> int:
    check_itself()
    found = all_problems(SOURCE)
    print("\n".join(found) if found else f"checklists of {', '.join(channels(SOURCE))}: each line has its test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
