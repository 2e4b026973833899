#!/usr/bin/python3
"""Runs tools/up and tools/down as a stranger does: in a folder without `var`, on the example's own ports.

Usage: check_up.py FOLDER_OF_PROGRAMS WORK_FOLDER
A network namespace of its own makes the fixed ports free; where none can be made it ends with 77, which
ctest shows as skipped. Only the build is left out: the programs are those of the test build.
"""
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def enter_namespace() -> None:
    """Starts this script again in a network of its own; there it brings up the loopback device."""
    if os.environ.get("QNZS_IN_NAMESPACE"):
        with socket.socket() as any_socket:
            request = struct.pack("16sh", b"lo", 1)  # IFF_UP
            fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS
        return
    command = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if subprocess.run(command + ["true"], capture_output=True).returncode != 0:
        print("skipped: no network namespace can be made here")
        sys.exit(SKIPPED)
    os.environ["QNZS_IN_NAMESPACE"] = "yes"
    os.execvp("unshare", command + [sys.executable, *sys.argv])


def fresh_folder(programs: pathlib.Path, work: pathlib.Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    for name in ("tools", "config"):
        shutil.copytree(ROOT / name, work / name)
    release = work / "build" / "release" / "bin"
    release.mkdir(parents=True)
    for name in ("qnzs", "qnzs-gateway"):
        os.link(programs / name, release / name)
    os.environ["QNZS_KAFKA_LIBS"] = str(ROOT / "var" / "kafka" / "libs")


def run(work: pathlib.Path, *command: str, **environment: str) -> tuple[int, str]:
    # A file, not a pipe: what `up` leaves running would hold a pipe open.
    with open(work / "output", "w+") as output:
        code = subprocess.run(command, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                              env=os.environ | environment, timeout=120).returncode
        output.seek(0)
        return code, output.read()


def expect(holds: bool, what: str, text: str = "") -> None:
    if not holds:
        raise AssertionError(f"{what}\n{text}")


def is_running(pid: str) -> bool:
    """False for one that has ended and waits for its parent, too: it has no program any more."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def first_run(work: pathlib.Path) -> None:
    code, text = run(work, "tools/up", "--no-build")
    expect(code == 0, f"a first run ends with {code}", text)
    expect(is_running((work / "var" / "gateway.pid").read_text().strip()), "no gateway runs after up")
    for wanted in ("共 6 次:接受 6", "你好,现在是", "[图片]", "文件里的来电", "ce_sequence=", "tools/down"):
        expect(wanted in text, f"a first run does not show {wanted!r}", text)
    expect('"accepted":2,"refused":1' in text, "the desk's answer is not shown", text)
    keys = sorted((work / "var" / "keys").iterdir())
    expect(all(key.stat().st_mode & 0o077 == 0 for key in keys), "others can read the keys")


def later_runs(work: pathlib.Path) -> None:
    keys = {key: key.read_bytes() for key in (work / "var" / "keys").iterdir()}
    pid = (work / "var" / "gateway.pid").read_text()
    code, text = run(work, "tools/up", "--no-build")
    expect(code == 0 and "已在运行" in text, f"a second run ends with {code}", text)
    expect((work / "var" / "gateway.pid").read_text() == pid, "a second run starts another gateway")
    expect(all(key.read_bytes() == value for key, value in keys.items()), "a second run makes new keys")
    code, text = run(work, "tools/down")
    expect(code == 0 and "网关已停下" in text and "Kafka is stopped" in text, f"down ends with {code}", text)
    expect(not is_running(pid.strip()), "the gateway runs on after down")
    code, text = run(work, "tools/down")
    expect(code == 0 and "没有在运行" in text, f"a second down ends with {code}", text)


def what_stops_it(work: pathlib.Path) -> None:
    """One sentence that says why, also where no log is there from before."""
    code, text = run(work, "tools/up", "--no-build", KAFKA_BOOTSTRAP="127.0.0.1:1")
    expect(code == 1 and "连不上 KAFKA_BOOTSTRAP=127.0.0.1:1" in text, f"without Kafka: {code}", text)
    (work / "var" / "gateway.log").unlink()
    with socket.create_server(("127.0.0.1", 8080)):
        code, text = run(work, "tools/up", "--no-build")
    expect(code == 1 and "网关没有启动" in text and "8080" in text, f"with a taken port: {code}", text)
    code, text = run(work, "tools/up", "--sideways")
    expect(code == 64 and "--help" in text, f"an unknown argument: {code}", text)


def main() -> int:
    programs, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    enter_namespace()
    fresh_folder(programs, work)
    try:
        first_run(work)
        later_runs(work)
        what_stops_it(work)
    finally:
        run(work, "tools/down")
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
