"""The main public class. A guard stores a spec and defaults, and passes calls to the loop and its drivers; it has no
logic of its own.

A guard is immutable and may be shared between threads and tasks. The result of a call is in its outcome, never in the
guard. Other modules are imported where they are first needed, so that importing this class stays cheap.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, overload

from railguard.call_settings import CallSettings, ReaskMode, TellSchema, called_as
from railguard.errors import InputError, Problem, SpecError
from railguard.idioms import hint, hinting
from railguard.spec import RepairPolicy, ShownAs, Spec
from railguard.updating import Updates
from railguard.validation import Rule
from railguard.values import JsonSchema, Limits, Message, Path, ValidationOutcome

if TYPE_CHECKING:  # the default is for type checkers: an unparametrized Guard is Guard[Any]
    from langchain_core.output_parsers import BaseOutputParser
    from langchain_core.runnables import RunnableSerializable
    from typing_extensions import TypeVar as TypeVarWithDefault

    from railguard.calls import PendingCall
    from railguard.checking import Plan, Seen
    from railguard.llm import Model
    from railguard.llm.cache import Store
    from railguard.observing import Callback, CallEventType, Subscription
    from railguard.schema.enforcement import Enforcement
    from railguard.schema.targets import Target
    from railguard.values import StreamEvent

    T_co = TypeVarWithDefault("T_co", covariant=True, default=Any)
else:
    T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")

__all__ = ["Guard", "ReaskRequest"]


class ReaskRequest(NamedTuple):
    """A reask that was not sent.

    Attributes:
        messages: The whole conversation to send.
        schema: JSON Schema of the wanted answer.
        paths: The paths that are asked for; () for the whole output.
    """

    messages: list[Message]
    schema: JsonSchema
    paths: tuple[Path, ...]


class _Class(type):
    """The metaclass of Guard. It only adds a hint to the error for names of guardrails-ai."""

    if not TYPE_CHECKING:  # a type checker knows all attributes

        def __getattr__(cls, name):
            raise AttributeError(f"type object 'Guard' has no attribute {name!r}{hint('Guard', name)}")


class Guard(Updates[T_co], Generic[T_co], metaclass=_Class):
    """A spec, ready to validate answers and to guard calls of a model. `Guard[T]` is one whose output is a T.

    Arguments that several constructors share:

    - `repair`: which local repairs are allowed: "none", "syntax", "lossless" or "judgement", each including those
    before it; by default the spec's setting, or "lossless".
    - `limits`: limits on the resources that hostile input can use.
    - `messages`: the conversation: a list of {"role", "content"} whose texts are templates with `${variable}`
    placeholders, or one text as the user's message.
    - `shown_as`: how railguard's primitives in the messages show the output: as short "types" (the default, unless
    `${output_schema}` shows JSON Schema), "json-schema" or "xml". In RAIL: `<output shown-as="…">`.
    - `unknown_validators`: "error" refuses to run a spec that names an unregistered validator; "ignore" leaves such
    rules out.

    Examples:
        >>> from railguard import Guard
        >>> guard = Guard.from_rail_string('''
        ... <rail version="1.0">
        ...   <output><integer name="age"/></output>
        ... </rail>''')
        >>> guard.parse('{"age": 36}').output
        {'age': 36}
        >>> print(guard.parse('{"age": "old"}').failures[0])
        $.age: It must be a whole number, not the text "old". [type]
    """

    @hinting
    def __init__(self, spec: Spec, *, unknown_validators: Literal["error", "ignore"] = "error") -> None:
        """Compile a spec. Usually you call `Guard.from_rail` or another constructor instead.

        Args:
            spec: The spec.
            unknown_validators: What to do about an unregistered validator.

        Raises:
            InputError: If `unknown_validators` is neither "error" nor "ignore".
        """
        if unknown_validators not in ("error", "ignore"):
            raise InputError(f'unknown_validators is "error" or "ignore", not {unknown_validators!r}')
        from railguard.checking import Plan, accept, look

        if unknown_validators == "ignore":
            from railguard.prompting.input_rules import spec_without_unknown

            spec = spec_without_unknown(spec)
        self._spec = spec
        self._plan = Plan(spec)
        self._accept, self._first_look = accept, look
        self._subscriptions: tuple[Subscription, ...] = ()
        self._store: Store | None = None

    # Constructors.

    @classmethod
    @hinting
    def from_rail(
        cls,
        path: str | os.PathLike[str],
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Guard[Any]:
        """Create the guard of a RAIL file, of any dialect.

        Args:
            path: The file.
            repair: Which local repairs are allowed.
            limits: Limits on the resources that hostile input can use.
            unknown_validators: What to do about an unregistered validator.

        Returns:
            The guard.

        Raises:
            SpecError: If the document has errors, with every problem and its place in the file.
        """
        from railguard.rail import load_file

        return cls(_with_repair(load_file(path, limits=limits), repair), unknown_validators=unknown_validators)

    @classmethod
    @hinting
    def from_rail_string(
        cls,
        xml: str | bytes,
        *,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
        unknown_validators: Literal["error", "ignore"] = "error",
    ) -> Guard[Any]:
        """Create the guard of a RAIL document.

        Args:
            xml: The document.
            repair: Which local repairs are allowed.
            limits: Limits on the resources that hostile input can use.
            unknown_validators: What to do about an unregistered validator.

        Returns:
            The guard.

        Raises:
            SpecError: If the document has errors, with the line and column of every problem.
        """
        from railguard.rail import load

        return cls(_with_repair(load(xml, limits=limits), repair), unknown_validators=unknown_validators)

    @overload
    @classmethod
    def from_pydantic(
        cls,
        model: type[S],
        *,
        messages: Sequence[Message] | str | None = None,
        shown_as: ShownAs | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[S]: ...
    @overload
    @classmethod
    def from_pydantic(
        cls,
        model: Any,
        *,
        messages: Sequence[Message] | str | None = None,
        shown_as: ShownAs | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[Any]: ...
    @classmethod
    @hinting
    def from_pydantic(
        cls,
        model: Any,
        *,
        messages: Sequence[Message] | str | None = None,
        shown_as: ShownAs | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[Any]:
        """Create the guard of a pydantic model, or of any type that a TypeAdapter accepts; its output is an instance of
        the type.

        Args:
            model: The type. Rules are attached by `Annotated[str, length(max=10)]`.
            messages: The conversation.
            shown_as: The form in which the messages show the output to a model.
            repair: Which local repairs are allowed.
            limits: Limits on the resources that hostile input can use.

        Returns:
            The guard.

        Raises:
            SpecError: If the type has no JSON form.
        """
        from railguard.sources.pydantic import spec_from_pydantic

        return cls(_with_repair(spec_from_pydantic(model, messages=messages, limits=limits), repair, shown_as))

    @classmethod
    def from_json_schema(
        cls,
        schema: Mapping[str, Any] | bool,
        *,
        messages: Sequence[Message] | str | None = None,
        shown_as: ShownAs | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[Any]:
        """Create the guard of a JSON Schema (draft 2020-12).

        No keyword is dropped: keywords that the schema tree does not support are enforced by the `jsonschema` package;
        if that is not installed, they are refused by name.

        Args:
            schema: The document.
            messages: The conversation.
            shown_as: The form in which the messages show the output to a model.
            repair: Which local repairs are allowed.
            limits: Limits on the resources that hostile input can use.

        Returns:
            The guard.

        Raises:
            SpecError: If the schema has errors, with every problem.
        """
        from railguard.sources.json_schema import spec_from_json_schema

        return cls(_with_repair(spec_from_json_schema(schema, messages=messages, limits=limits), repair, shown_as))

    @classmethod
    @hinting
    def from_string(
        cls,
        validators: Sequence[Rule] = (),
        *,
        description: str | None = None,
        messages: Sequence[Message] | str | None = None,
        repair: RepairPolicy | None = None,
        limits: Limits | None = None,
    ) -> Guard[str]:
        """Create the guard of an answer that is plain text.

        Args:
            validators: Rules on the whole text.
            description: A description of the text for the model.
            messages: The conversation.
            repair: Which local repairs are allowed.
            limits: Limits on the resources that hostile input can use.

        Returns:
            The guard.

        Raises:
            SpecError: If a validator is not a rule, or does not support text.
        """
        from railguard.sources.text import spec_from_string

        spec = spec_from_string(validators, description=description, messages=messages, limits=limits)
        return cls(_with_repair(spec, repair))  # type: ignore[return-value]  # its output is the text

    # Properties.

    @property
    def spec(self) -> Spec:
        """The spec of the guard."""
        return self._spec

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings about the spec, with positions if the source has them."""
        return self._spec.warnings

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the prompt variables, in the order of their declaration or first use."""
        from railguard.prompting.rendering import spec_variables

        return spec_variables(self._spec)

    def json_schema(self, *, target: Target = "draft2020-12") -> JsonSchema:
        """Return the output as a JSON Schema.

        Args:
            target: The dialect: the standard ("draft2020-12"), or the subset that a provider enforces.

        Returns:
            The document.

        Raises:
            SpecError: If the provider's dialect cannot express the output; code "schema-target", with every reason.
        """
        from railguard.schema.to_json_schema import to_json_schema

        return to_json_schema(self._spec.schema, target=target)

    def enforcements(self, *, target: Target = "draft2020-12") -> list[Enforcement]:
        """Return where each rule is enforced. Each rule also runs separately if the fast path does not accept an
        answer.

        Args:
            target: The provider's dialect of JSON Schema.

        Returns:
            For each rule, in the order of the spec, the keywords that express it in the sent schema, and whether
            pydantic-core checks it on the fast path.
        """
        from railguard.schema.enforcement import enforcements

        return list(enforcements(self._spec.schema, target))

    def render(
        self,
        variables: Mapping[str, Any] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        tell_schema: TellSchema = "auto",
    ) -> list[Message]:
        """Return the messages of a call, with the variables filled in and the input rules applied.

        Args:
            variables: The variables by name.
            metadata: Metadata for the rules.
            tell_schema: "auto" returns the messages for a model whose provider gets no schema; "never" omits the type
                that is added to them.

        Returns:
            The messages.

        Raises:
            InputError: If a variable is missing or wrong, or a rule blocks the input.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        from railguard.calls import rendering

        call = rendering(self._plan, variables, metadata, tell_schema)
        return list(call._replace(store=self._store).run())

    def to_rail(self) -> str:
        """Return the spec as RAIL 1.0, whatever it was created from.

        Returns:
            The document.

        Raises:
            SpecError: If RAIL cannot express it; the problems name the parts.
        """
        from railguard.rail import rail_document

        return rail_document(self._spec)

    def using(self, *rules: Rule, on: str = "$") -> Guard[T_co]:
        """Return a new guard with more rules.

        A rule on the input that fails blocks the call (InputError, or ValidationFailed with on_fail="exception"), or
        its fix or filter is applied.

        Args:
            rules: The rules.
            on: Where they apply. In the output: `$.name`, `$.fees[*].name` for every item, `$` for the whole output. In
                the input: `input.NAME` for a prompt variable, `input.documents[*]` for each item of a list; `messages`
                for the text of every message, `messages.ROLE` for those of a role, including messages that the caller
                gives.

        Returns:
            The new guard.

        Raises:
            SpecError: If there is no such place, it is not a rule, or a rule's validator does not support its type.
        """
        from railguard.prompting.input_rules import spec_with_rules

        for rule in rules:
            if not isinstance(rule, Rule):
                raise SpecError.of(
                    f"using takes rules, not {type(rule).__name__}",
                    code="rule",
                    hint="call the validator with its parameters, as in length(max=10)",
                )

        return self._seen_by(Guard(spec_with_rules(self._spec, on, rules)))

    def without(self, left_out: Callable[[Rule], bool]) -> Guard[T_co]:
        """Return a new guard without some of the rules on the output.

        Args:
            left_out: Returns whether to remove a rule.

        Returns:
            The new guard. The rules inside a pydantic model stay: they are the model's own.
        """
        from railguard.schema.edit import without_rules

        spec = replace(self._spec, schema=without_rules(self._spec.schema, left_out))
        return self._seen_by(Guard(spec))

    def on(self, event: CallEventType, callback: Callback) -> Guard[T_co]:
        """Return a new guard that calls a callback for an event of its calls: for your own logs, metrics and progress
        bars.

        An exception of the callback is logged under "railguard", and never ends a call. A guard can be pickled only if
        its callbacks can.

        Args:
            event: "start", "ask" (a model is asked), "answer", "outcome", "error", or "closed" (the caller left a
                stream). `parse` has "start", then "outcome" or "error".
            callback: called with a CallEvent, in the thread or task of the call, before the call goes on.

        Returns:
            The new guard.

        Raises:
            InputError: for an event that does not exist, and for a callback that cannot be called or is async.
        """
        from railguard.observing import subscription

        made = copy(self)
        made._subscriptions = (*self._subscriptions, subscription(event, callback))
        return made

    def caching(self, store: Store) -> Guard[T_co]:
        """Return a new guard that caches the answers of its costly validators.

        Costly validators are async or blocking ones, such as judges that ask a model. Only answers of pure validators
        are cached. The key is the validator's source, its arguments, the value and, if it takes `ctx`, the content of
        that. Answers that cannot be written as JSON are not cached. To cache the model's own answers, use `Cached`,
        which may share the store.

        Args:
            store: a MemoryStore, SQLiteStore or RedisStore, or any object with their two methods.

        Returns:
            The new guard.

        Raises:
            InputError: for an object without these methods.
        """
        if not (callable(getattr(store, "get", None)) and callable(getattr(store, "put", None))):
            raise InputError(f"a store has the methods get and put, and {type(store).__name__} has not")
        made = copy(self)
        made._store = store
        return made

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The callbacks of `on`, each with its event."""
        return self._subscriptions

    def _seen_by(self, guard: Guard[T_co]) -> Guard[T_co]:
        """Return a guard derived from this one, with the callbacks and the store of this one."""
        guard._subscriptions, guard._store = self._subscriptions, self._store
        return guard

    def _observed(self, call: PendingCall[S]) -> PendingCall[S]:
        if call.provider is None and not self._subscriptions and self._store is None:
            return call
        from railguard.observing import observed

        call = call if self._store is None else call._replace(store=self._store)
        return observed(call, self._spec.name, self._subscriptions)

    # Validation without a model.

    @hinting
    def parse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[T_co]:
        """Validate an existing answer. No model is asked, so failures that would be asked again stay unresolved.

        Args:
            text: The answer.
            metadata: Metadata for validators.

        Returns:
            The outcome; every text has one.

        Raises:
            ValidationFailed: If a rule with on_fail="exception" fails.
            ValidatorError: If a validator is broken.
        """
        seen = self._parsed_at_once(text, metadata)
        if isinstance(seen, ValidationOutcome):
            return seen
        from railguard.calls import parsing

        return self._observed(parsing(self._plan, _exact(text), seen, metadata)).run()

    async def aparse(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[T_co]:
        """`parse` on a running event loop: async validators are awaited, blocking ones do not block it.

        Args:
            text: The answer.
            metadata: Metadata for validators.

        Returns:
            The outcome.

        Raises:
            ValidationFailed: If a rule with on_fail="exception" fails.
            ValidatorError: If a validator is broken.
        """
        seen = self._parsed_at_once(text, metadata)
        if isinstance(seen, ValidationOutcome):
            return seen
        from railguard.calls import parsing

        return await self._observed(parsing(self._plan, _exact(text), seen, metadata)).arun()

    def _parsed_at_once(self, text: str, metadata: Mapping[str, Any] | None) -> ValidationOutcome[T_co] | Seen:
        """Return the outcome of an answer that needs no loop; for any other the first look at it."""
        if type(text) is not str:
            text = _exact(text)
        seen: ValidationOutcome[T_co] | Seen | None = None
        refused: ValueError | None = None
        try:
            seen = self._accept(self._plan, text)
        except ValueError as error:
            refused = error.with_traceback(None)
        if seen is None:
            if self._plan.cannot_run:
                from railguard.calls import refuse_unrunnable

                refuse_unrunnable(self._plan)
            look = self._first_look(self._plan, text, metadata, refused=refused)
            seen = look.outcome(text) if look.sound else look
        if isinstance(seen, ValidationOutcome):
            if self._subscriptions:
                from railguard.observing import tell_parsed

                tell_parsed(self._spec.name, self._subscriptions, seen)
        elif not self._subscriptions:  # which hear of errors, too
            return _outcome_at_once()(self._plan, text, seen, metadata) or seen
        return seen

    # Guarded calls.

    @hinting
    def __call__(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> ValidationOutcome[T_co]:
        """Ask a model until its answer is valid or a budget is spent; each reask asks only for the failing fields.

        Args:
            model: "openai:NAME", "replay:FILE", a Provider, or any callable that takes messages.
            variables: The variables of the spec's messages.
            messages: The conversation, instead of the spec's messages.
            metadata: Metadata for validators.
            max_reasks: Largest number of reasks, at most 10.
            timeout: Seconds for the whole call; None for no limit.
            token_budget: No reask starts once this many tokens are spent.
            reask_mode: Whether a reask sends its schema to be enforced ("strict"), says it in words ("prompt"), or
                whichever is cheap with that model ("auto").
            tell_schema: Whether the type of the output is added to the messages if neither they nor the provider's
                request show it ("auto"), or never ("never").
            **model_options: Options for the model ("temperature", …); a model given by name also takes `api_key` and
                `base_url`.

        Returns:
            The outcome: the output, the failures and all details of the call.

        Raises:
            InputError: If an argument is wrong; no model is asked then.
            SpecError: If a rule cannot run.
            ProviderError: If the model could not be asked.
            ValidatorError: If a validator is broken.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        from railguard.calls import AskingCall
        from railguard.observing import is_observed

        settings = CallSettings(messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema)
        call = AskingCall(self._plan, model, variables, settings, model_options)
        if is_observed(self._subscriptions):
            return self._observed(call.pending()).run()
        return call.run(self._store)

    @called_as(__call__)
    @hinting
    async def acall(
        self, model: Model, /, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> ValidationOutcome[T_co]:
        """Make a guarded call on a running event loop.

        Args:
            model: As for calling the guard.
            variables: The variables of the spec's messages.
            **options: As for calling the guard.

        Returns:
            The outcome. The exceptions are those of calling the guard.
        """
        from railguard.calls import AskingCall
        from railguard.observing import is_observed

        settings, model_options = CallSettings.split(options)
        call = AskingCall(self._plan, model, variables, settings, model_options)
        if is_observed(self._subscriptions):
            return await self._observed(call.pending()).arun()
        return await call.arun(self._store)

    @hinting
    def stream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> Iterator[StreamEvent[T_co]]:
        """Make a guarded call that yields values as they complete; the last event contains the outcome.

        A value is emitted after it was checked. The exceptions are those of calling the guard; they are raised from the
        first event on.

        Args:
            model: As for calling the guard.
            variables: The variables of the spec's messages.
            raw: Also emit unchecked pieces of text ("delta").
            on_stream_failure: "finish" reads the rest, then asks again; "abort" closes the answer at the first definite
                failure, keeps the valid values, and asks for the rest.
            messages: The conversation, instead of the spec's messages.
            metadata: Metadata for validators.
            max_reasks: Largest number of reasks, at most 10.
            timeout: Seconds for the whole call; None for no limit.
            token_budget: No reask starts once this many tokens are spent.
            reask_mode: "auto", "strict" or "prompt", as for calling the guard.
            tell_schema: "auto" or "never", as for calling the guard.
            **model_options: Options for the model.

        Yields:
            The events.
        """
        from railguard.calls import AskingCall, streaming

        settings = CallSettings(messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema)
        how = streaming(raw=raw, on_failure=on_stream_failure)
        call = AskingCall(self._plan, model, variables, settings, model_options)
        return self._observed(call.pending(how)).stream()

    @called_as(stream)
    @hinting
    def astream(
        self,
        model: Model,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        raw: bool = False,
        on_stream_failure: Literal["finish", "abort"] = "finish",
        **options: Any,
    ) -> AsyncIterator[StreamEvent[T_co]]:
        """`stream` on a running event loop: `async for event in guard.astream(…)`.

        Args:
            model: As for `stream`; so are all other arguments.
            variables: The variables of the spec's messages.
            raw: Also emit unchecked pieces of text ("delta").
            on_stream_failure: "finish" or "abort".
            **options: As for calling the guard.

        Yields:
            The events.
        """
        from railguard.calls import AskingCall, streaming

        settings, model_options = CallSettings.split(options)
        how = streaming(raw=raw, on_failure=on_stream_failure)
        call = AskingCall(self._plan, model, variables, settings, model_options)
        return self._observed(call.pending(how)).astream()

    def reask_request(self, outcome: ValidationOutcome[Any]) -> ReaskRequest | None:
        """Return the reask that would be sent for an outcome's failures, without sending it.

        Args:
            outcome: The outcome of a call or of `parse`.

        Returns:
            The request; None if nothing has to be asked again.
        """
        from railguard.calls import conversation_of
        from railguard.loop import request_for, resumed

        _refuse_no_outcome(outcome)
        request = request_for(self._plan, resumed(self._plan, outcome), conversation_of(outcome))
        if request is None:
            return None
        return ReaskRequest(list(request.messages), request.json_schema or {"type": "string"}, request.paths)

    def resume(
        self,
        outcome: ValidationOutcome[Any],
        model: Model,
        /,
        *,
        messages: Sequence[Message] | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_reasks: int = 2,
        timeout: float | None = 120.0,
        token_budget: int = 500_000,
        reask_mode: ReaskMode = "auto",
        tell_schema: TellSchema = "auto",
        **model_options: Any,
    ) -> ValidationOutcome[T_co]:
        """Continue from an outcome (of a call, or of `parse`): ask for its failing fields, with new budgets.

        After `update` it asks for the values that fail. `document` and `changes` of the new outcome are empty then, because
        the outcome does not hold the document as it was given: take `output`, or call `update` again.

        Args:
            outcome: The outcome to continue from.
            model: As for calling the guard.
            messages: The conversation of the outcome; by default the one in the outcome, which is missing after
                `parse`.
            metadata: Metadata for validators.
            max_reasks: Largest number of questions, at most 10.
            timeout: Seconds for the whole call; None for no limit.
            token_budget: No reask starts once this many tokens are spent.
            reask_mode: "auto", "strict" or "prompt", as for calling the guard.
            tell_schema: "auto" or "never", as for calling the guard.
            **model_options: Options for the model.

        Returns:
            The new outcome. The exceptions are those of calling the guard.
        """
        from railguard.calls import resuming

        _refuse_no_outcome(outcome)
        settings = CallSettings(messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema)
        return self._observed(resuming(self._plan, outcome, model, settings, model_options)).run()

    # In a LangChain chain.

    @overload
    def to_runnable(
        self, model: Any, *, max_reasks: int = 2, include_outcome: Literal[False] = False, **model_options: Any
    ) -> RunnableSerializable[Any, T_co]: ...
    @overload
    def to_runnable(
        self, model: Any, *, max_reasks: int = 2, include_outcome: Literal[True], **model_options: Any
    ) -> RunnableSerializable[Any, ValidationOutcome[T_co]]: ...
    def to_runnable(
        self, model: Any, *, max_reasks: int = 2, include_outcome: bool = False, **model_options: Any
    ) -> RunnableSerializable[Any, Any]:
        """Return a guarded call of a model as a LangChain Runnable: `prompt | guard.to_runnable(model)`.

        Args:
            model: a chat model of LangChain, a chain that ends in one, or any model that the guard accepts.
            max_reasks: how often failing fields are asked for again.
            include_outcome: whether to return the ValidationOutcome, instead of returning its value or raising
                ValidationFailed.
            **model_options: options of every call, as in calling the guard.

        Returns:
            A `railguard.integrations.langchain.GuardRunnable`, whose documentation describes the input and the output.

        Raises:
            InputError: if `model` is not a model, or langchain-core is not installed.
        """
        made: RunnableSerializable[Any, Any] = _langchain("GuardRunnable")(
            guard=self, model=model, max_reasks=max_reasks, include_outcome=include_outcome, options=model_options
        )
        return made

    def as_parser(self) -> BaseOutputParser[T_co]:
        """Return a LangChain output parser: `prompt | model | guard.as_parser()`. It repairs, fixes and filters.

        Returns:
            A `railguard.integrations.langchain.GuardOutputParser`. It raises OutputParserException for failures that
            need a reask, since a parser cannot ask.

        Raises:
            InputError: where langchain-core is not installed.
        """
        made: BaseOutputParser[T_co] = _langchain("GuardOutputParser")(guard=self)
        return made

    def _repr_html_(self) -> str:
        from importlib import import_module

        shown: str = import_module("railguard.notebooks").guard_html(self)  # imported by name
        return shown

    if not TYPE_CHECKING:  # a type checker knows all attributes

        def __getattr__(self, name):
            raise AttributeError(f"'Guard' object has no attribute {name!r}{hint('Guard', name)}")

    def __repr__(self) -> str:
        name = f" {self._spec.name!r}" if self._spec.name else ""
        return f"<Guard{name}: {type(self._spec.schema.root).__name__.removesuffix('Node').lower()}>"


def _refuse_no_outcome(given: Any) -> None:
    if not isinstance(given, ValidationOutcome):
        raise InputError(f"give the outcome of a call or of guard.parse(text), not {type(given).__name__}")


@cache
def _outcome_at_once() -> Callable[[Plan, str, Seen, Mapping[str, Any] | None], ValidationOutcome[Any] | None]:
    """What decides an answer without a loop, imported when the first look at one finds something."""
    from railguard.loop.call import outcome_at_once

    return outcome_at_once


def _exact(text: Any) -> str:
    """Return a text as str itself, also one of a subclass, such as the text of a LangChain message."""
    if not isinstance(text, str):
        raise InputError(f"parse takes the model's text as str, not {type(text).__name__}; decode bytes first")
    return text if type(text) is str else str.__str__(text)


def _with_repair(spec: Spec, repair: RepairPolicy | None, shown_as: ShownAs | None = None) -> Spec:
    if shown_as not in (None, "types", "json-schema", "xml"):
        raise InputError(f"shown_as is types, json-schema or xml, not {shown_as!r}")
    if shown_as is not None:
        spec = replace(spec, shown_as=shown_as)
    if repair is None:
        return spec
    if repair not in ("none", "syntax", "lossless", "judgement"):
        raise InputError(f"repair is none, syntax, lossless or judgement, not {repair!r}")
    return replace(spec, repair=repair)


def _langchain(name: str) -> Any:
    """Return a class of railguard's LangChain integration. It is imported by name, because no import may point up."""
    from importlib import import_module

    try:
        return getattr(import_module("railguard.integrations.langchain"), name)
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        raise InputError(str(error)) from error
