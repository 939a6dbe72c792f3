"""A model in this process, decoded under a grammar: its output is valid by construction.

transformers runs the model; before each token, llguidance says which tokens the schema allows. A reask generates only
the failed fields. Only the new messages of its conversation are read: the keys and values of the rest are cached.
"""

from __future__ import annotations

import codecs
import json
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.formats.contents import Text, turns
from railguard.llm.request import Request
from railguard.llm.retry import DEFAULT_DEADLINE, deadline_of
from railguard.values import Completion, FinishReason, JsonSchema, Message, Usage

__all__ = ["Local"]

_OPTIONS = ("max_tokens", "temperature", "top_p", "seed")
_NEEDS = "a local model needs torch, transformers and llguidance: pip install 'railguard[local]'"
_SIZED = ("pattern", "format", "enum", "const", "maxLength")
_FORMED = ("pattern", "format", "enum", "const")
_MOST_KEY = 200
"""Largest length in characters of a key that the schema does not name."""
_NO_LOST_BACKSLASH = r"^[^\x08\x0c]*$"
"""A text without backspace and form feed: \\b and \\f are the beginning of \\beta and \\frac, where the backslash must be
escaped.
"""


class Local:
    """A Provider of a causal language model of transformers, in this process.

    A strict request is decoded under its schema. If llguidance cannot convert the schema to a grammar, decoding is
    unconstrained, and the Completion's `note` says why. Options: max_tokens, temperature (0, the default, takes the
    likeliest token), top_p, seed. One question is answered at a time; others wait until their timeout.
    """

    schema_target = "llguidance"
    cheap_schemas = True
    carries_schemas = False  # the grammar enforces the schema; the model does not see it

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str = "local",
        max_tokens: int = 4096,
        most_text: int | None = None,
        most_items: int | None = None,
    ) -> None:
        """Prepare the model and its grammar compiler.

        Args:
            model: A causal language model of transformers.
            tokenizer: Its fast tokenizer; if it has a chat template, messages are written with it.
            name: The name in messages and records.
            max_tokens: Largest number of answer tokens, unless a request sets it.
            most_text: Largest length of a string, unless its schema sets one. This limit and the next are used for
                decoding only: small models may repeat themselves without end.
            most_items: Largest number of list items, unless its schema sets one.

        Raises:
            InputError: If a package is missing, or the tokenizer is not a fast one.
        """
        try:
            import llguidance.hf
            import torch
        except ImportError:
            raise InputError(_NEEDS) from None
        from inspect import signature

        self._torch = torch
        # transformers renamed it in 5.24.
        self._cache = "cache" if "cache" in signature(type(model).forward).parameters else "past_key_values"
        self._model, self._tokenizer = model, tokenizer
        try:
            self._grammar_tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=model.config.vocab_size)
        except (TypeError, ValueError) as error:
            raise InputError(f"llguidance cannot read the tokenizer: {error}") from None
        self.name: str = name if name.startswith("local") else f"local:{name}"
        self._max_tokens, self._most_text, self._most_items = max_tokens, most_text, most_items
        self._lock = threading.Lock()
        self._kept: tuple[list[int], Any] = ([], None)  # the tokens read last, and their keys and values

    @classmethod
    def from_directory(cls, path: str, **given: Any) -> Local:
        """Load a model from a directory that `save_pretrained` has written; nothing is downloaded.

        Args:
            path: The directory.
            given: Keyword arguments of `Local`.

        Raises:
            InputError: If a package is missing, or there is no model in the directory.
        """
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError:
            raise InputError(_NEEDS) from None
        try:
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(path, local_files_only=True, dtype="auto")
        except (OSError, ValueError) as error:
            raise InputError(f"there is no model of transformers in {path}: {str(error)[:300]}") from None
        return cls(model.eval(), tokenizer, name=f"local:{path}", **given)

    def __repr__(self) -> str:
        return f"<Local {self.name}, {type(self._model).__name__}>"

    def complete(self, request: Request) -> Completion:
        """Decode an answer. Raises ProviderError on timeout, InputError for a wrong option."""
        return self._whole(request, threading.Event())

    async def acomplete(self, request: Request) -> Completion:
        """Decode an answer in a thread. Raises what `complete` does."""
        import asyncio

        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._whole, request, stop)
        finally:
            stop.set()  # a cancelled call stops at the next token

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Decode an answer, and yield its text as it is decoded, then its Completion."""
        return self._pieces(request, threading.Event())

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Decode an answer in a thread, and yield its text as it is decoded, then its Completion."""
        import asyncio

        loop = asyncio.get_running_loop()
        came: asyncio.Queue[Any] = asyncio.Queue()
        stop = threading.Event()

        def decode() -> None:
            try:
                with closing(self._pieces(request, stop)) as pieces:
                    for piece in pieces:
                        loop.call_soon_threadsafe(came.put_nowait, piece)
            except BaseException as error:
                loop.call_soon_threadsafe(came.put_nowait, error)

        thread = loop.run_in_executor(None, decode)
        try:
            while True:
                piece = await came.get()
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
                if isinstance(piece, Completion):
                    return
        finally:
            stop.set()
            await asyncio.shield(thread)

    def _whole(self, request: Request, stop: threading.Event) -> Completion:
        with closing(self._pieces(request, stop)) as pieces:
            for piece in pieces:
                if isinstance(piece, Completion):
                    return piece
        raise AssertionError("the last piece is a Completion")  # pragma: no cover

    def _pieces(self, request: Request, stop: threading.Event) -> Generator[str | Completion, None, None]:
        options = _checked(request.options)
        deadline = deadline_of(request)
        if not self._lock.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
            raise self._late(request)
        try:
            yield from self._decoded(request, options, deadline, stop)
        finally:
            self._lock.release()

    def _decoded(
        self, request: Request, options: Mapping[str, Any], deadline: float, stop: threading.Event
    ) -> Iterator[str | Completion]:
        asked = self._tokens_of(request.messages)
        room = self._room(len(asked))
        most = min(options.get("max_tokens", self._max_tokens), room)
        matcher, note = self._matcher(request)
        past, read = self._prefix(asked)
        pending, fed = asked[read:], asked[:read]
        written: list[int] = []
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        generator = self._torch.Generator().manual_seed(options.get("seed", 0))
        texts: list[str] = []
        reason: FinishReason = "length"
        ends = set(self._grammar_tokens.eos_tokens)

        def said(tokens: list[int], last: bool = False) -> str:
            text = decoder.decode(self._grammar_tokens.decode_bytes(tokens) if tokens else b"", last)
            texts.append(text)
            return text

        while True:
            if stop.is_set():
                return
            if time.monotonic() >= deadline:
                raise self._late(request)
            if matcher is not None and matcher.is_stopped():
                reason = "stop"
                break
            forced = matcher.compute_ff_tokens() if matcher is not None else []
            if len(written) + len(forced) >= most:
                break
            if forced:
                matcher.consume_tokens(forced)
                written += forced
                pending += forced
                if text := said([token for token in forced if token not in ends]):
                    yield text
                continue
            logits, past = self._forward(pending, past)
            fed += pending
            self._kept = (fed, past)
            token = self._chosen(logits, matcher, options, generator)
            if matcher is not None and not matcher.consume_token(token):
                raise ProviderError(f"{self.name} could not continue under the schema: {matcher.get_error()}")
            if token in ends:
                reason = "stop"
                break
            written.append(token)
            pending = [token]
            if text := said(pending):
                yield text
        if text := said([], last=True):
            yield text
        yield Completion("".join(texts), reason, None, Usage(len(asked), len(written), read), self.name, note)

    def _tokens_of(self, messages: Sequence[Message]) -> list[int]:
        plain = []
        for turn in turns(messages):
            if not all(isinstance(part, Text) for part in turn.parts):
                raise InputError("a local model takes messages of text only")
            plain.append({"role": turn.role, "content": turn.text})
        if getattr(self._tokenizer, "chat_template", None):
            written = self._tokenizer.apply_chat_template(plain, add_generation_prompt=True, tokenize=False)
        else:
            written = "".join(f"<{one['role']}>\n{one['content']}\n" for one in plain) + "<assistant>\n"
        tokens: list[int] = self._tokenizer.encode(written, add_special_tokens=False)
        return tokens

    def _room(self, asked: int) -> int:
        """Return how many tokens the answer may have before the model's context window is full."""
        window = getattr(self._model.config, "max_position_embeddings", None)
        if window is None:
            return self._max_tokens
        if asked >= window:
            raise ProviderError(
                f"{self.name} reads {window:,} tokens, and the conversation has {asked:,}: shorten the document"
            )
        return int(window) - asked

    def _matcher(self, request: Request) -> tuple[Any, str | None]:
        """Return the grammar matcher of the schema; None if decoding is unconstrained, with the reason."""
        if request.schema is None or not request.strict:
            return None, None
        from llguidance import LLMatcher

        schema = {"x-guidance": {"whitespace_flexible": False}, **self._bounded(request.schema)}
        try:
            matcher = LLMatcher(self._grammar_tokens, LLMatcher.grammar_from_json_schema(json.dumps(schema)))
        except (ValueError, TypeError) as error:
            fault = str(error)
        else:
            if not matcher.is_error():
                return matcher, None
            fault = matcher.get_error()
        return (
            None,
            f"the schema cannot be converted to a grammar ({fault.splitlines()[0][:300]}); decoding was unconstrained",
        )

    def _bounded(self, schema: JsonSchema) -> JsonSchema:
        """Return the schema with largest sizes for strings and lists that have none, and with strings whose escapes are
        valid.
        """
        bounded: JsonSchema = {}
        for key, value in schema.items():
            if key in ("properties", "$defs"):
                value = {name: self._bounded(one) for name, one in value.items()}
            elif key in ("items", "additionalProperties") and isinstance(value, dict):
                value = self._bounded(value)
            elif key in ("anyOf", "oneOf", "allOf"):
                value = [self._bounded(one) for one in value]
            bounded[key] = value
        types = schema.get("type")
        kinds = types if isinstance(types, list) else [types]
        if "string" in kinds and self._most_text is not None and not any(key in schema for key in _SIZED):
            bounded["maxLength"] = max(self._most_text, schema.get("minLength", 0))
        if "string" in kinds and not any(key in schema for key in _FORMED):
            bounded["pattern"] = _NO_LOST_BACKSLASH
        if "object" in kinds and not schema.get("properties") and schema.get("additionalProperties", True) is not False:
            # A map: its keys need a form and an end. If there are named members, llguidance accepts no pattern for the
            # others.
            keys = rf"^[^\x08\x0c]{{0,{self._most_text or _MOST_KEY}}}$"
            bounded["patternProperties"] = {keys: bounded.pop("additionalProperties", True)}
            bounded["additionalProperties"] = False
        if "array" in kinds and self._most_items is not None and "maxItems" not in schema:
            bounded["maxItems"] = max(self._most_items, schema.get("minItems", 0))
        return bounded

    def _prefix(self, asked: list[int]) -> tuple[Any, int]:
        """Return cached keys and values of the beginning of a conversation, and the number of its tokens."""
        known, past = self._kept
        self._kept = ([], None)
        most = min(len(known), len(asked) - 1)  # the last token is read again: its output is needed
        same = next((at for at in range(most) if known[at] != asked[at]), most)
        if past is None or same <= 0:
            return None, 0
        if same < len(known):
            try:
                past.crop(same - len(known))
            except (AttributeError, ValueError, RuntimeError):  # a cache that cannot be truncated
                return None, 0
        return (past, same) if past.get_seq_length() == same else (None, 0)

    def _forward(self, tokens: list[int], past: Any) -> tuple[Any, Any]:
        torch = self._torch
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._model.device)
            out = self._model(input_ids=ids, use_cache=True, **{self._cache: past})
        return out.logits[0, -1].float().cpu().clone(), out[self._cache]

    def _chosen(self, logits: Any, matcher: Any, options: Mapping[str, Any], generator: Any) -> int:
        """Choose the next token among those that the schema allows."""
        torch = self._torch
        if matcher is not None:
            bits = torch.frombuffer(bytearray(matcher.compute_bitmask()), dtype=torch.uint8)
            allowed = (bits.unsqueeze(-1) >> torch.arange(8, dtype=torch.uint8)) & 1
            allowed = allowed.flatten()[: logits.shape[0]].bool()
            logits[: allowed.shape[0]].masked_fill_(~allowed, float("-inf"))
            logits[allowed.shape[0] :] = float("-inf")
        temperature = options.get("temperature", 0)
        if not temperature:
            return int(torch.argmax(logits))
        shares = torch.softmax(logits / temperature, -1)
        if "top_p" in options:
            ordered, places = torch.sort(shares, descending=True)
            ordered[torch.cumsum(ordered, -1) - ordered > options["top_p"]] = 0
            return int(places[torch.multinomial(ordered, 1, generator=generator)])
        return int(torch.multinomial(shares, 1, generator=generator))

    def _late(self, request: Request) -> ProviderError:
        seconds = DEFAULT_DEADLINE if request.timeout is None else request.timeout
        return ProviderError(f"{self.name} gave no whole answer in {seconds:.1f} s")


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check the options and return them. Raises InputError for an unknown option or a wrong value."""
    for name, value in options.items():
        if name not in _OPTIONS:
            raise InputError(f"{name} is not an option of a local model; it has {', '.join(_OPTIONS)}")
        whole = name in ("max_tokens", "seed")
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value < 0:
            raise InputError(f"{name} is a {'whole ' if whole else ''}number from 0 up, not {value!r}")
    return options
