"""The schemas and the documents that the schema checks look at."""
import json
import pathlib

from jsonschema import Draft202012Validator, FormatChecker

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "tests" / "fixtures"


def load(path: pathlib.Path):
    return json.loads(path.read_text())


def schema(name: str) -> dict:
    return load(ROOT / "schema" / f"{name}.schema.json")


def validator(of: dict) -> Draft202012Validator:
    Draft202012Validator.check_schema(of)
    return Draft202012Validator(of, format_checker=FormatChecker())


def problems(of: dict, document) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(of).iter_errors(document)]


def stored(folder: str) -> list[tuple[str, dict]]:
    found = [(path.name, load(path)) for path in sorted((FIXTURES / "schema" / folder).glob("*.json"))]
    assert found, f"{folder} is empty"
    return found


def messages() -> list[tuple[str, dict]]:
    """The examples, and what the golden files hold."""
    found = [(path.name, load(path)) for path in sorted((ROOT / "schema/examples").glob("*.json"))]
    for path in sorted(FIXTURES.glob("*/*.golden.json")):
        found += [(path.name, document) for document in load(path)]
    return found


def part_types(documents: list[tuple[str, dict]]) -> set[str]:
    return {part["type"] for _, document in documents for part in document["parts"]}
