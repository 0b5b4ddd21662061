"""A server on loopback that speaks as much of the Hub's API as `analyze` asks of it."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@contextmanager
def serving(repositories):
    """Serve `{name: {revision: {file: bytes}}}`; yields the address and the list of what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            path = unquote(urlsplit(self.path).path).strip("/")
            asked.append((self.command, path))
            if path.startswith("api/models/"):
                self.send_json(*api(path.removeprefix("api/models/")))
                return
            name, _, rest = path.partition("/resolve/")
            revision, _, file = rest.partition("/")
            content = files_of(name, revision).get(file)
            if content is None:
                self.send_json(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
                return
            headers = {
                "ETag": f'"{digest(content)}"',
                "X-Repo-Commit": commit(name, revision),
                "Accept-Ranges": "bytes",
            }
            self.send(200, content, headers, body)

        def send_json(self, status, document, headers=None):
            self.send(
                status,
                json.dumps(document).encode(),
                {"Content-Type": "application/json", **(headers or {})},
                True,
            )

        def send(self, status, content, headers, body):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body and self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *arguments): ...

    def files_of(name, revision):
        revisions = repositories.get(name, {})
        by_commit = {commit(name, one): files for one, files in revisions.items()}
        return revisions.get(revision) or by_commit.get(revision) or {}

    def api(path):
        missing = {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
        name, _, rest = path.partition("/revision/")
        if path.endswith("/refs"):
            name = path.removesuffix("/refs")
            if name not in repositories:
                return 404, *missing
            branches = [
                {"name": one, "ref": f"refs/heads/{one}", "targetCommit": commit(name, one)}
                for one in repositories[name]
            ]
            return 200, {"branches": branches, "converts": [], "tags": []}
        if "/tree/" in path:
            name, _, rest = path.partition("/tree/")
            return 200, [entry(file, content) for file, content in files_of(name, rest).items()]
        if name not in repositories:
            return 404, *missing
        files = files_of(name, rest or "main")
        if not files:
            return 404, {"error": "Revision not found"}, {"X-Error-Code": "RevisionNotFound"}
        siblings = [sibling(file, content) for file, content in files.items()]
        return 200, {
            "id": name,
            "modelId": name,
            "sha": commit(name, rest or "main"),
            "siblings": siblings,
            "tags": [],
            "private": False,
            "downloads": 0,
        }

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def commit(name, revision):
    return hashlib.sha1(f"{name}@{revision}".encode()).hexdigest() if len(revision) != 40 else revision


def digest(content):
    return hashlib.sha256(content).hexdigest()


def sibling(file, content):
    about = {"rfilename": file, "size": len(content), "blobId": hashlib.sha1(content).hexdigest()}
    if file.endswith((".safetensors", ".bin")):
        about["lfs"] = {"sha256": digest(content), "size": len(content), "pointerSize": 130}
    return about


def entry(file, content):
    about = {"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
    if file.endswith((".safetensors", ".bin")):
        about["lfs"] = {"oid": digest(content), "size": len(content), "pointerSize": 130}
    return about
