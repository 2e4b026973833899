#!/usr/bin/python3
"""House rules: file and function length, registered channels, no leftovers, sentences as test names, data that parses.

Usage: tools/check_house_rules.py
"""
import ast
import json
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
SOURCES = (".cpp", ".hpp", ".py", ".sh", ".txt", ".cmake", ".toml", ".md", "")
DATA = {".json": json.loads, ".yaml": yaml.safe_load}
LONG_ALLOWED = {"config/REFERENCE.md"}  # generated
# Split so that this file does not refuse itself.
LEFTOVERS = re.compile("TO" + "DO|FIX" + "ME|/wo" + "rk/|/ho" + "me/")


def files() -> list[pathlib.Path]:
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def cpp_functions(text: str):
    """(first line, lines) of each function body, as clang-format lays it out: `) … {` … `}` at one indent."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if not re.search(r"\)[^;{}]*\{$", line) or re.match(r"\s*(if|for|while|switch|else|namespace|\})", line):
            continue
        first = start
        while first > 0 and not re.search(r"[;{}]\s*$|^\s*$|^\s*//|:$", lines[first - 1]):
            first -= 1
        indent = len(lines[first]) - len(lines[first].lstrip())
        for end in range(start + 1, len(lines)):
            if re.match(rf"^ {{{indent}}}\}}", lines[end]):
                yield first + 1, end - first + 1
                break


def function_problems(path: pathlib.Path, text: str) -> list[str]:
    name = path.relative_to(ROOT)
    if path.suffix in (".cpp", ".hpp"):
        found = list(cpp_functions(text))
    elif text.startswith("#!/usr/bin/python3"):
        found = [(node.lineno, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    else:
        return []
    return [f"{name}:{line}: a function of {size} lines; {FUNCTION_LINES_MAX} at most"
            for line, size in found if size > FUNCTION_LINES_MAX]


def text_problems(path: pathlib.Path, text: str) -> list[str]:
    name, found = path.relative_to(ROOT), []
    if text.count("\n") > FILE_LINES_MAX and str(name) not in LONG_ALLOWED:
        found.append(f"{name}: {text.count(chr(10))} lines; {FILE_LINES_MAX} at most")
    for number, line in enumerate(text.splitlines(), 1):
        if LEFTOVERS.search(line):
            found.append(f"{name}:{number}: a leftover or a path of one machine")
        if path.suffix in (".cpp", ".hpp") and not str(name).startswith("tests/") and re.match(r"using namespace (?!std::chrono)", line):
            found.append(f"{name}:{number}: using namespace at file level")
    for match in re.finditer(r'TEST_CASE\("([^"]+)"', text):
        if path.suffix == ".cpp" and len(match[1].split()) < 3:
            found.append(f"{name}: the test name \"{match[1]}\" is no sentence")
    return found


def data_problems(path: pathlib.Path, text: str) -> list[str]:
    try:
        DATA[path.suffix](text)
    except (ValueError, yaml.YAMLError) as error:
        return [f"{path.relative_to(ROOT)}: does not parse: {' '.join(str(error).split())}"]
    return []


def registry_problems() -> list[str]:
    registry = (ROOT / "adapters/registry.cpp").read_text()
    folders = [p.name for p in (ROOT / "adapters").iterdir() if p.is_dir() and p.name != "support"]
    return [f"adapters/{name}: not in adapters/registry.cpp" for name in folders
            if f"adapters/{name}/" not in registry]


def self_test() -> None:
    long_body = "void f() {\n" + "  g();\n" * 61 + "}\n"
    assert [size for _, size in cpp_functions(long_body)] == [63]
    assert not [1 for _, size in cpp_functions("void f() {\n  g();\n}\n") if size > 3]
    bad = ROOT / "schema" / "bad.cpp"
    assert text_problems(bad, "// TO" + "DO: later\n")
    assert text_problems(bad, 'TEST_CASE("short") {}\n')
    assert text_problems(bad, "\n" * 401)
    assert data_problems(ROOT / "bad.yaml", 'say: "a "b" c"\n') and data_problems(ROOT / "bad.json", "{,}")


def main() -> int:
    if "--help" in sys.argv:
        print(__doc__)
        return 0
    self_test()
    found = registry_problems()
    for path in files():
        if path.suffix not in (*SOURCES, *DATA):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path.suffix in DATA:
            found += data_problems(path, text)
        else:
            found += text_problems(path, text) + function_problems(path, text)
    print("\n".join(found) if found else "house rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
