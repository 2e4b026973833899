#!/usr/bin/python3
"""An implementation of WeChat's envelope that is not ours (Python's `cryptography`): makes the safe-mode
fixtures, and checks what our simulator makes.

Usage: wechat_vectors.py make                     writes the requests of tests/fixtures/wechat
       wechat_vectors.py verify                   checks that these requests are what make would write, and that the
                                                  published vectors (wechat_vectors.json) are right
       wechat_vectors.py check QNZS CONFIG ACCOUNT  lets `qnzs send` post to a server of this script's own
"""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import struct
import subprocess
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HERE = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "wechat"
TOKEN = "QingNianTest2024"
KEY = base64.b64decode("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" + "=")
APPID = "wx0000000000000001"


def sign(*pieces: str) -> str:
    return hashlib.sha1("".join(sorted(pieces)).encode()).hexdigest()


def seal(message: bytes, key: bytes = KEY, appid: str = APPID, random: bytes = b"0123456789abcdef") -> str:
    plain = random + struct.pack(">I", len(message)) + message + appid.encode()
    pad = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad)).decode()


def unseal(text: str, key: bytes) -> tuple[bytes, str]:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(text))
    plain = plain[:-plain[-1]]
    length = struct.unpack(">I", plain[16:20])[0]
    return plain[20:20 + length], plain[20 + length:].decode()


def request(xml: str, mode: str) -> bytes:
    time, nonce = "1700000000", "1234567890"
    query = f"signature={sign(TOKEN, time, nonce)}&timestamp={time}&nonce={nonce}"
    body = xml.encode()
    if mode == "safe":
        sealed = seal(body)
        query += f"&encrypt_type=aes&msg_signature={sign(TOKEN, time, nonce, sealed)}"
        body = f"<xml><ToUserName><![CDATA[gh_test]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    head = f"POST /wechat/{mode}?{query} HTTP/1.1\r\nHost: test\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def requests() -> dict[pathlib.Path, bytes]:
    """NAME.xml (written by hand) → NAME.http, safe mode; names that begin with plain_ stay plain."""
    return {path.with_suffix(".http"): request(path.read_text(), "plain" if path.stem.startswith("plain_") else "safe")
            for path in sorted(HERE.glob("*.xml"))}


def make() -> None:
    for path, content in requests().items():
        path.write_bytes(content)


def verify_vector(name: str, vector: dict) -> None:
    """Signatures, opening and sealing of one published vector give the published values."""
    key = base64.b64decode(vector["aes_key"] + "=")
    message, appid, random = vector["message"].encode(), vector["appid"], vector["random"].encode()
    assert unseal(vector["encrypt"], key) == (message, appid), name
    assert seal(message, key, appid, random) == vector["encrypt"], name
    pieces = [vector.get(word, "") for word in ("token", "timestamp", "nonce")]
    if "signature" in vector:
        assert sign(*pieces) == vector["signature"], name
    if "msg_signature" in vector:
        assert sign(*pieces, vector["encrypt"]) == vector["msg_signature"], name


def verify() -> None:
    made = requests()
    assert made and set(made) == set(HERE.glob("*.http")), "an .xml without its .http, or the reverse"
    for path, content in made.items():
        assert path.read_bytes() == content, f"{path.name}: run wechat_vectors.py make"
    vectors = json.loads((HERE.parent / "wechat_vectors.json").read_text())
    assert set(vectors) == {"C", "D", "E", "V1", "V2", "V3", "V4"}
    for name, vector in vectors.items():
        verify_vector(name, vector)
    broken = vectors["C"] | {"msg_signature": "0" * 40}
    try:
        verify_vector("C", broken)
    except AssertionError:
        print(f"wechat: {len(made)} requests, {len(vectors)} vectors")
        return
    raise SystemExit("a wrong signature was not noticed")


def check(qnzs: str, config: str, account: str) -> None:
    """Every safe-mode push of the simulator has the right signatures and opens to well-formed XML."""
    folder = pathlib.Path(config).parent
    token = (folder / "token").read_text().strip()
    key = base64.b64decode((folder / "aes_key").read_text().strip() + "=")
    opened = []

    class Platform(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            sealed = ET.fromstring(body).findtext("Encrypt")
            assert query["signature"] == sign(token, query["timestamp"], query["nonce"])
            assert query["msg_signature"] == sign(token, query["timestamp"], query["nonce"], sealed)
            message, appid = unseal(sealed, key)
            opened.append((ET.fromstring(message).findtext("MsgType"), appid))
            self.send_response(200)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Platform)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    types = "text,image,voice,video,shortvideo,location,link,subscribe,scancode_push"
    subprocess.run([qnzs, "send", "wechat", "--config", config, "--account", account, "--type", types,
                    "--count", "9", "--text", "]]> 你好 😀 a<b&c", "--url",
                    f"http://127.0.0.1:{server.server_port}"], check=True, env=os.environ)
    assert [kind for kind, _ in opened] == ["text", "image", "voice", "video", "shortvideo", "location",
                                            "link", "event", "event"], opened
    assert {appid for _, appid in opened} == {"wxb11529c136998cb6"}, opened


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make()
    elif sys.argv[1:] == ["verify"]:
        verify()
    elif sys.argv[1:2] == ["check"] and len(sys.argv) == 5:
        check(*sys.argv[2:])
    else:
        sys.exit(__doc__)
