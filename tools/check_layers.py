#!/usr/bin/python3
"""Keeps the layers: who may include whom, who owns which vendor header, who may name a channel.

Usage: tools/check_layers.py [--self-test]
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder → what it may include. The longest matching folder counts. ARCHITECTURE: layers.
MACHINE_ROOM = ["gateway/runtime/", "gateway/kafka/", "gateway/http/", "gateway/store/"]
LAYERS = {
    "schema/": ["schema/"],
    "config/": ["config/", "schema/"],
    "adapters/": ["adapters/", "schema/", "config/"],
    "gateway/runtime/": ["gateway/runtime/", "schema/", "config/"],
    "gateway/kafka/": ["gateway/kafka/", "gateway/runtime/", "schema/", "config/"],
    "gateway/store/": ["gateway/store/", "gateway/runtime/", "schema/", "config/"],
    "gateway/http/": ["gateway/http/", "gateway/runtime/", "adapters/http.hpp", "schema/", "config/"],
    "gateway/ingest/": ["gateway/ingest/", *MACHINE_ROOM, "adapters/http.hpp", "adapters/poll.hpp", "adapters/adapter.hpp",
                        "schema/", "config/"],
    "gateway/admin/": ["gateway/admin/", "gateway/ingest/", *MACHINE_ROOM, "adapters/http.hpp", "schema/", "config/"],
    "gateway/alarm/": ["gateway/alarm/", *MACHINE_ROOM, "adapters/http.hpp", "schema/", "config/"],
    "gateway/": ["gateway/", "adapters/adapter.hpp", "adapters/http.hpp", "adapters/poll.hpp", "schema/", "config/"],
    "router/": ["router/", *MACHINE_ROOM, "schema/", "config/"],
    "tools/": ["tools/", "gateway/", "adapters/", "schema/", "config/"],
    "tests/": ["tests/", "tools/", "gateway/", "router/", "adapters/", "schema/", "config/"],
}

# Vendor header → the paths that may include it (regular expressions, from the start).
VENDORS = {
    r"rapidjson/": [r"schema/json\.cpp"],
    r"openssl/": [r"schema/crypto\.cpp", r"gateway/http/tls\.", r"tests/"],
    r"boost/asio/ssl": [r"gateway/http/tls\."],
    r"toml": [r"config/toml\.cpp"],
    r"pugixml": [r"adapters/support/xml\.cpp"],
    r"boost/": [r"gateway/", r"router/api/", r"tools/bench/", r"tests/"],
    r"httplib": [r"gateway/http/client\.cpp", r"tools/", r"tests/"],
    r"librdkafka/": [r"gateway/kafka/", r"tests/", r"tools/bench/"],
    r"sqlite3": [r"gateway/store/", r"tests/"],
    r"spdlog/": [r"gateway/runtime/log\.cpp"],
    r"prometheus/": [r"gateway/runtime/metrics\.cpp"],
    r"CLI/": [r"gateway/main\.cpp", r"tools/"],
    r"doctest/": [r"tests/"],
}

CHANNEL_MAY_BE_NAMED = ["adapters/registry.cpp", "config/", "tools/", "tests/"]


def channels() -> list[str]:
    return sorted(p.name for p in (ROOT / "adapters").iterdir() if p.is_dir() and p.name != "support")


def own_includes_allowed(path: str, target: str) -> bool:
    folder = max((name for name in LAYERS if path.startswith(name)), key=len, default=None)
    if folder is None:
        return False
    if not any(target.startswith(allowed) for allowed in LAYERS[folder]):
        return False
    match = re.match(r"adapters/([a-z0-9]+)/", target)
    if not match or match[1] == "support" or not path.startswith(("adapters/", "gateway/")):
        return True
    return path.startswith(match[0]) or path == "adapters/registry.cpp"


def problems_of(path: str, text: str, channel_names: list[str]) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{path}:{number}"
        if match := re.match(r'\s*#\s*include\s*"([^"]+)"', line):
            if not own_includes_allowed(path, match[1]):
                found.append(f"{place}: may not include {match[1]} (LAYERS in tools/check_layers.py)")
        elif match := re.match(r"\s*#\s*include\s*<([^>]+)>", line):
            for vendor, owners in VENDORS.items():
                if re.match(vendor, match[1]) and not any(re.match(owner, path) for owner in owners):
                    found.append(f"{place}: <{match[1]}> belongs to {' or '.join(owners)}")
        code = line.split("//")[0]
        for name in channel_names:
            is_home = path.startswith((f"adapters/{name}/", *CHANNEL_MAY_BE_NAMED))
            if not is_home and re.search(rf'"[^"]*\b{name}\b[^"]*"', code):
                found.append(f"{place}: names the channel {name} outside its folder")
    return found


def self_test() -> None:
    names = ["wechat"]
    bad = {
        "schema/a.cpp": '#include "config/gateway.hpp"',
        "adapters/wechat/a.cpp": "#include <boost/asio.hpp>",
        "adapters/weibo/a.cpp": '#include "adapters/wechat/settings.hpp"',
        "gateway/ingest/a.cpp": '#include "adapters/wechat/settings.hpp"',
        "gateway/ingest/b.cpp": 'if (channel == "wechat") return;',
        "gateway/app.cpp": "#include <sqlite3.h>",
        "router/a.cpp": '#include "adapters/http.hpp"',
        "elsewhere/a.cpp": '#include "schema/ids.hpp"',
    }
    for path, text in bad.items():
        assert problems_of(path, text, names), f"not refused: {path}: {text}"
    good = {
        "gateway/http/a.cpp": '#include "adapters/http.hpp"',
        "adapters/registry.cpp": '#include "adapters/wechat/webhook.hpp"',
        "schema/json.cpp": "#include <rapidjson/reader.h>",
        "gateway/ingest/a.cpp": "// as \"wechat\" does",
    }
    for path, text in good.items():
        assert not problems_of(path, text, names), f"refused: {path}: {text}"


def main() -> int:
    if "--help" in sys.argv:
        print(__doc__)
        return 0
    self_test()
    if "--self-test" in sys.argv:
        return 0
    found = []
    for folder in LAYERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")) if folder.count("/") == 1 else []:
            found += problems_of(str(path.relative_to(ROOT)), path.read_text(), channels())
    print("\n".join(found) if found else "layers: every include keeps to the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
