#!/usr/bin/python3
"""The hotline's rules by programs that are not ours: Python's hmac signs the fixtures and checks what our simulator
signs; jsonschema reads the same records as our decoder.

Usage: hotline_vectors.py make                       writes the requests of tests/fixtures/hotline
       hotline_vectors.py records                    call-record.schema.json against good and bad records
"""
import hashlib
import hmac
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests/fixtures/hotline"
SECRETS = {"k2": b"hotline-secret-of-the-fixtures-0001", "k1": b"hotline-secret-of-the-fixtures-0000"}
TIME = 1700000000


def signature(secret: bytes, path: str, time: str, nonce: str, body: bytes) -> str:
    signed = f"qnzs-1\nPOST\n{path}\n{time}\n{nonce}\n".encode() + body
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def request(name: str, body: bytes, media_type: str) -> bytes:
    key = "k1" if name == "silent" else "k2"  # one of them as in rotation
    path, nonce = "/hotline/desk", hashlib.sha256(name.encode()).hexdigest()[:32]
    head = (f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {media_type}\r\nX-Qnzs-Key-Id: {key}\r\n"
            f"X-Qnzs-Timestamp: {TIME}\r\nX-Qnzs-Nonce: {nonce}\r\n"
            f"X-Qnzs-Signature: {signature(SECRETS[key], path, str(TIME), nonce, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def make() -> None:
    for path in sorted(HERE.glob("*.json")):
        if not path.name.endswith(".golden.json"):
            path.with_suffix(".http").write_bytes(request(path.stem, path.read_bytes(), "application/json"))
    for path in sorted(HERE.glob("*.ndjson")):
        path.with_suffix(".http").write_bytes(request(path.stem, path.read_bytes(), "application/x-ndjson"))


def pointer(steps) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def places(error) -> list[str]:
    """Where we would point: at the member that is missing or unknown, not at what holds it."""
    at = list(error.absolute_path)
    if error.validator == "required":
        return [pointer([*at, re.match(r"'(.*)' is a required", error.message)[1]])]
    if error.validator == "additionalProperties":
        return [pointer([*at, name]) for name in error.instance if name not in error.schema["properties"]]
    return [pointer(at)]


def records() -> None:
    schema = json.loads((ROOT / "adapters/hotline/call-record.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    good, bad = (json.loads((HERE / "records" / f"{name}.json").read_text()) for name in ("good", "bad"))
    good += [{"name": path.name, "record": json.loads(path.read_text())}
             for path in sorted(HERE.glob("*.json")) if not path.name.endswith(".golden.json")]
    for case in good:
        assert not [*validator.iter_errors(case["record"])], case["name"]
    for case in bad:
        found = sorted({place for error in validator.iter_errors(case["record"]) for place in places(error)})
        expected = [] if case.get("beyond_schema") else case["pointers"]
        assert found == expected, (case["name"], found, expected)
    print(f"hotline: {len(good)} good, {len(bad)} bad")


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif sys.argv[1:] == ["records"]:
        records()
    else:
        sys.exit(__doc__)
