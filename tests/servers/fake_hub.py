"""A stand-in for the Hugging Face hub on loopback: repositories, LFS uploads, commits, faults.

It speaks the requests that `huggingface_hub` 2.4 makes for `create_repo`, `repo_info` and
`create_commit` (read off its source: `hf_api.py`, `_commit_api.py`, `lfs.py`), and is as strict as
the hub where a mistake of ours would show: a commit may name only LFS files that were uploaded
whole, README.md must have front matter, and nothing is done without a token that may write.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

GOOD, READ_ONLY = "hf_GoodGoodGoodGood", "hf_ReadReadReadRead"
OWNERS = ("alice", "lab")
LFS = (".safetensors", ".parquet", ".onnx", ".gguf")
STEPS = (
    (r"POST /api/repos/create", "create"),
    (r"GET /api/\w+/[^/]+/[^/]+/xet-write-token/", "xet"),
    (r"GET /api/(models|datasets)/", "info"),
    (r"POST /api/validate-yaml", "yaml"),
    (r"POST /api/\w+/[^/]+/[^/]+/preupload/", "preupload"),
    (r"POST .*\.git/info/lfs/objects/batch", "batch"),
    (r"PUT /storage/", "upload"),
    (r"POST /verify", "verify"),
    (r"POST /api/\w+/[^/]+/[^/]+/commit/", "commit"),
)


@dataclass
class FakeRepo:
    """One repository."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: ["0" * 40])
    messages: list[str] = field(default_factory=list)


@dataclass
class FakeHub:
    """What the stand-in holds, and what it was asked."""

    url: str = ""
    repos: dict[str, FakeRepo] = field(default_factory=dict)
    """By `models/owner/name` or `datasets/owner/name`."""
    stored: dict[str, bytes] = field(default_factory=dict)
    """SHA-256 → content of an LFS file."""
    faults: dict[str, list[Any]] = field(default_factory=dict)
    """Step → what becomes of its next requests: a status, `reset`, `echo` (401 that repeats the
    token), `lost` (done, but the answer never comes), or None for nothing."""
    steps: list[str] = field(default_factory=list)
    """The requests in their order, by step."""
    agents: set[str] = field(default_factory=set)

    def fail(self, step: str, *kinds: Any) -> None:
        """The next requests of a step end so."""
        self.faults[step] = list(kinds)


@contextlib.contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """Serve one until the block ends."""
    hub = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        line = f"{self.command} {path}"
        step = next((name for way, name in STEPS if re.match(way, line)), "unknown")
        self.hub.steps.append(step)
        self.hub.agents.add(self.headers.get("User-Agent", ""))
        waiting = self.hub.faults.get(step)
        fault = waiting.pop(0) if waiting else None
        if fault == "reset":
            self._cut()
        elif fault == "echo":
            self._send(401, {"error": f"who is {self.headers['Authorization']}?"})
        elif fault == "html":
            self._send(502, "<html>bad gateway</html>")
        elif isinstance(fault, int):
            self._send(fault, {"error": f"a fault of the test, {fault}"})
        elif step == "unknown":
            self._send(404, {"error": f"nothing at {path}"})
        elif not self._may_pass(step):
            return
        else:
            status, document = getattr(self, f"_{step}")(path, body)
            self._cut() if fault == "lost" else self._send(status, document)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline().strip(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _may_pass(self, step: str) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if step == "upload":  # an address of its own opens it: the token must not go there
            assert not token
            return True
        if token not in (GOOD, READ_ONLY):
            self._send(401, {"error": "Invalid username or password."}, code="")
            return False
        if token == READ_ONLY and step != "info":
            self._send(403, {"error": "You don't have the required permissions"})
            return False
        return True

    def _create(self, path: str, body: bytes) -> tuple[int, Any]:
        asked = json.loads(body)
        kind = f"{asked.get('type', 'model')}s"
        key = f"{kind}/{asked['organization']}/{asked['name']}"
        url = f"{self.hub.url}/{key.removeprefix('models/')}"
        if asked["organization"] not in OWNERS:
            return 403, {"error": f"You can't write to {asked['organization']}"}
        if key in self.hub.repos:
            return 409, {"error": "You already created this repo", "url": url}
        self.hub.repos[key] = FakeRepo(asked.get("visibility") == "private")
        return 200, {"url": url}

    def _repo(self, path: str) -> FakeRepo | None:
        found = re.match(r"/api/((?:models|datasets)/[^/]+/[^/]+)", path)
        return self.hub.repos.get(found[1]) if found else None

    def _info(self, path: str, body: bytes) -> tuple[int, Any]:
        repo = self._repo(path)
        if repo is None:
            return 404, {"error": "Repository not found"}
        files = [{"rfilename": name} for name in (".gitattributes", *repo.files)]
        name = path.split("/", 3)[3].removesuffix("/revision/main")
        return 200, {
            "id": name, "sha": repo.commits[-1], "private": repo.private, "siblings": files,
            "tags": [], "downloads": 0, "likes": 0,
        }  # fmt: skip

    def _xet(self, path: str, body: bytes) -> tuple[int, Any]:
        """As a hub of an older kind: it has no such storage."""
        return 404, {"error": "not here"}

    def _yaml(self, path: str, body: bytes) -> tuple[int, Any]:
        content = json.loads(body)["content"]
        front = content.split("---\n")[1] if content.startswith("---\n") else ""
        meta = yaml.safe_load(front) or {}
        if not isinstance(meta, dict) or not meta.get("license"):
            return 400, {"error": "Invalid", "errors": [{"message": '"license" is required'}]}
        return 200, {"errors": [], "warnings": []}

    def _preupload(self, path: str, body: bytes) -> tuple[int, Any]:
        repo = self._repo(path)
        if repo is None:
            return 404, {"error": "Repository not found"}
        files = []
        for asked in json.loads(body)["files"]:
            name = asked["path"]
            mode = "lfs" if name.endswith(LFS) else "regular"
            there = repo.files.get(name)
            files.append(
                {"path": name, "uploadMode": mode, "shouldIgnore": False, "oid": _oid(there, mode)}
            )
        return 200, {"files": files}

    def _batch(self, path: str, body: bytes) -> tuple[int, Any]:
        objects: list[dict[str, Any]] = []
        for asked in json.loads(body)["objects"]:
            one: dict[str, Any] = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.hub.stored:
                secret = "X-Amz-Signature=opensesame"
                one["actions"] = {
                    "upload": {"href": f"{self.hub.url}/storage/{asked['oid']}?{secret}"},
                    "verify": {"href": f"{self.hub.url}/verify"},
                }
            objects.append(one)
        return 200, {"transfer": "basic", "objects": objects}

    def _upload(self, path: str, body: bytes) -> tuple[int, Any]:
        oid = path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != oid:
            return 400, {"error": "not the file that was announced"}
        self.hub.stored[oid] = body
        return 200, {}

    def _verify(self, path: str, body: bytes) -> tuple[int, Any]:
        asked = json.loads(body)
        whole = len(self.hub.stored.get(asked["oid"], b"")) == asked["size"]
        return (200, {}) if whole else (404, {"error": "not there"})

    def _commit(self, path: str, body: bytes) -> tuple[int, Any]:
        repo = self._repo(path)
        if repo is None:
            return 404, {"error": "Repository not found"}
        files, message = dict(repo.files), ""
        for line in body.decode().splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile" and value["oid"] in self.hub.stored:
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
            else:
                return 400, {"error": f"can't take {item['key']} {value.get('path')}"}
        repo.files = files
        repo.messages.append(message)
        repo.commits.append(hashlib.sha1(repr(repo.commits).encode() + body).hexdigest())
        name = re.sub(r"/api/(models/)?|/commit/main", "", path)
        url = f"{self.hub.url}/{name}/commit/{repo.commits[-1]}"
        return 200, {"commitUrl": url, "commitOid": repo.commits[-1]}

    def _send(self, status: int, document: Any, code: str = "") -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """The line is cut: no answer."""
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        return


def _oid(content: bytes | None, mode: str) -> str | None:
    """What the hub calls a file that it has: git's hash, of an LFS file that of its content."""
    if content is None:
        return None
    if mode == "lfs":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
