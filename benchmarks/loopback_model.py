"""A model on loopback that speaks OpenAI's chat completions and costs next to nothing: for benchmarks and load tests.

    python benchmarks/loopback_model.py [--seconds 0.1] [--answer TEXT] [--pieces 10] [--held]

It writes its URL on one line, and answers until its standard input ends. `{{n}}` in the answer becomes the digits that the
last message ends in, so that whoever asks can tell its own answer from another's. With --held no answer is complete until
somebody asks for /release.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys

_NUMBER = re.compile(r"(\d+)\W*\Z")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}


class LoopbackModel:
    """Answers every question with one text. seconds: before an answer, and over all pieces of a stream. held: whether it
    waits for a release, before an answer or after the first piece of a stream.
    """

    def __init__(self, answer: str, *, seconds: float = 0.0, pieces: int = 10, held: bool = False) -> None:
        self._answer, self._seconds, self._pieces = answer, seconds, pieces
        self.asked = 0
        self._released = asyncio.Event()
        if not held:
            self._released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, with any number of requests."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                if head.startswith(b"GET"):
                    if head.startswith(b"GET /release "):
                        self._released.set()
                    self._write(writer, json.dumps({"asked": self.asked}))
                else:
                    self.asked += 1
                    await self._reply(json.loads(body), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _reply(self, request: dict, writer: asyncio.StreamWriter) -> None:
        said = str(request["messages"][-1]["content"])
        number = _NUMBER.search(said)
        text = self._answer.replace("{{n}}", number[1] if number else "0")
        if request.get("stream"):
            await self._stream(text, writer)
            return
        await asyncio.sleep(self._seconds)
        await self._released.wait()
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._write(writer, json.dumps({"choices": [choice], "usage": USAGE}))

    async def _stream(self, text: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        size = max(1, -(-len(text) // self._pieces))
        for at in range(0, len(text), size):
            await asyncio.sleep(self._seconds / self._pieces)
            self._event(writer, {"choices": [{"index": 0, "delta": {"content": text[at : at + size]}}]})
            await writer.drain()
            await self._released.wait()
        self._event(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE})
        self._chunk(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")

    def _event(self, writer: asyncio.StreamWriter, event: dict) -> None:
        self._chunk(writer, f"data: {json.dumps(event)}\n\n".encode())

    @staticmethod
    def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))

    @staticmethod
    def _write(writer: asyncio.StreamWriter, body: str) -> None:
        data = body.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)


async def main() -> None:
    """Serve until standard input ends."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--answer", default='{"name": "Ann Other", "age": {{n}}}')
    arguments.add_argument("--seconds", type=float, default=0.0)
    arguments.add_argument("--pieces", type=int, default=10)
    arguments.add_argument("--held", action="store_true")
    given = arguments.parse_args()
    model = LoopbackModel(given.answer, seconds=given.seconds, pieces=given.pieces, held=given.held)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0, backlog=2048, limit=2**22)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
