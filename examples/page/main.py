"""Streaming to a page: each field appears as soon as it is complete and checked. Only the standard library serves it.

    python examples/page/main.py               answers recorded in conversation.jsonl
    python examples/page/main.py openai:gpt-5  asks a model

Then open http://127.0.0.1:8000.
"""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from railguard import Guard

HERE = Path(__file__).parent
guard = Guard.from_rail(HERE / "recipe.rail")


def events(model: str) -> Iterator[str]:
    """What the page is sent: snapshots of what is known and checked, and the end."""
    for event in guard.stream(model, {"dish": "pancakes"}):
        if event.outcome is not None:
            yield f"event: end\ndata: {json.dumps(event.outcome.output)}\n\n"
        elif event.type == "field":
            yield f"data: {json.dumps(event.snapshot)}\n\n"


def server(model: str, port: int) -> ThreadingHTTPServer:
    """The page at /, its events at /events."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_stream = self.path == "/events"
            self.send_response(200)
            self.send_header("content-type", "text/event-stream" if is_stream else "text/html; charset=utf-8")
            self.end_headers()
            if is_stream:
                for event in events(model):
                    self.wfile.write(event.encode())
                    self.wfile.flush()
            else:
                self.wfile.write((HERE / "page.html").read_bytes())

        def log_message(self, *args: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}"
    print("http://127.0.0.1:8000")
    server(asked, 8000).serve_forever()
