#!/usr/bin/env python3
"""An application on WSGI (PEP 3333), whose server folds the names of headers as CGI does, that tells what it understood.

    app.py PORT     until standard input ends; prints "ready PORT"

GET /__drain, asked directly, tells of every request since the last time.
"""
import json
import posixpath
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

seen = []
lock = threading.Lock()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def get_environ(self):
        return {**super().get_environ(), "oracle.target": self.requestline.split(" ")[1]}

    def log_message(self, *_):
        pass


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["oracle.target"] == "/__drain":
        with lock:
            answer, seen[:] = list(seen), []
    else:
        answer = {
            "method": environ["REQUEST_METHOD"],
            "target": environ["oracle.target"],
            "path": posixpath.normpath(environ["PATH_INFO"]),
            "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
            "body_length": len(body),
        }
        with lock:
            seen.append(answer)
    text = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


port = int(sys.argv[1])
server = Server(("127.0.0.1", port), Handler)
server.set_app(app)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"ready {port}", flush=True)
sys.stdin.read()
