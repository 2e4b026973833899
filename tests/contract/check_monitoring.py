#!/usr/bin/python3
"""Every metric and label that the dashboard and the alert rules use must be in the /metrics of a real gateway.

Usage: check_monitoring.py GATEWAY CONFIG    CONFIG as contract/make_account.sh makes it; ports are chosen by the system.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "tools/monitoring"
READY_SECONDS_MAX = 60
# Prometheus adds these itself; the second is a series of its own.
ADDED_LABELS = {"instance", "job", "le"}
ADDED_METRICS = {"up"}


def metrics_of(gateway: str, config: str) -> str:
    """What /metrics says of a gateway without Kafka, after one look of the alarms."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        text = re.sub(r'"file:', f'"file:{pathlib.Path(config).parent}/', pathlib.Path(config).read_text())
        ports = '[http]\nlisten_port = 0\n[admin]\nlisten_port = 0\n[kafka]\nbootstrap_servers = "127.0.0.1:1"\n'
        (path / "gateway.toml").write_text(ports + text)
        with open(path / "log", "wb") as log:
            process = subprocess.Popen([gateway, "--config", path / "gateway.toml"], stderr=log)
        try:
            until = time.monotonic() + READY_SECONDS_MAX
            while time.monotonic() < until:
                if match := re.search(r'"admin":"([0-9.:]+)"', (path / "log").read_text()):
                    with urllib.request.urlopen(f"http://{match[1]}/metrics", timeout=10) as answer:
                        return answer.read().decode()
                time.sleep(0.1)
            raise SystemExit("the gateway did not start: " + (path / "log").read_text())
        finally:
            process.terminate()
            process.wait(30)


def series_of(text: str) -> dict[str, dict[str, set[str]]]:
    """Name → label → its values."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? ", text, re.M):
        known = found.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            known.setdefault(label, set()).add(value)
    return found


def expressions() -> list[tuple[str, str]]:
    """(where, PromQL) of both files, with Grafana's variables put in."""
    found = []
    for group in yaml.safe_load((FOLDER / "alert-rules.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("page", "warning"), rule
            found.append((rule["alert"], rule["expr"]))
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)), "two panels with one id"
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            assert "$" not in expression, expression
            found.append((panel["title"], expression))
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            kept = re.search(r"by \(([^)]*)\)", expression)
            allowed = set(re.findall(r"\w+", kept[1])) if kept else ADDED_LABELS
            assert used <= allowed, f"{panel['title']}: the legend uses {used - allowed}"
    return found


def problems_of(where: str, expression: str, known: dict[str, dict[str, set[str]]]) -> list[str]:
    found = []
    names = set(re.findall(r"\b((?:qnzs|process)_\w+|up)\b", expression))
    if not names:
        found.append(f"{where}: no metric in it")
    for name in names - ADDED_METRICS - known.keys():
        found.append(f"{where}: no metric {name}")
    for name, selector in re.findall(r"\b((?:qnzs|process)_\w+)\{([^}]*)\}", expression):
        for label, how, value in re.findall(r'(\w+)\s*(=~|=|!=|!~)\s*"([^"]*)"', selector):
            if label in ADDED_LABELS or name not in known:
                continue
            values = known[name].get(label, set())
            if not any(re.fullmatch(value, each) if "~" in how else value == each for each in values):
                found.append(f"{where}: {name} has no {label}{how}\"{value}\", only {sorted(values)}")
    labels = {label for name in names & known.keys() for label in known[name]} | ADDED_LABELS
    for group in re.findall(r"\b(?:by|ignoring|on)\s*\(([^)]*)\)", expression):
        for label in re.findall(r"\w+", group):
            if label not in labels:
                found.append(f"{where}: grouped by {label}, which {sorted(names)} do not have")
    return found


def parse_problems(promtool: str) -> list[str]:
    """What Prometheus' own parser says of the rules, and of the dashboard's expressions put into one."""
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder) / "dashboard.yaml"
        rules = [{"record": f"x:{number}", "expr": each} for number, (_, each) in enumerate(expressions())]
        own.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        checked = subprocess.run([promtool, "check", "rules", FOLDER / "alert-rules.yaml", own],
                                 capture_output=True, text=True)
    return [] if checked.returncode == 0 else [checked.stdout + checked.stderr]


def self_test() -> None:
    known = series_of('qnzs_a_total{x="1"} 2\nqnzs_b 3\n')
    assert not problems_of("", 'sum by (x) (rate(qnzs_a_total{x="1"}[1m])) / qnzs_b', known)
    for wrong in ("qnzs_c", 'qnzs_a_total{x="2"}', 'qnzs_a_total{y=~".*"}', "sum by (y) (qnzs_b)", "1"):
        assert problems_of("", wrong, known), wrong


def main() -> int:
    self_test()
    known = series_of(metrics_of(sys.argv[1], sys.argv[2]))
    found = [problem for where, expression in expressions() for problem in problems_of(where, expression, known)]
    if promtool := shutil.which("promtool"):
        found += parse_problems(promtool)
    print("\n".join(found) if found else f"monitoring: {len(expressions())} expressions fit /metrics")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
