"""The part of a guard that updates documents: an existing value, and new information to include.

The model is asked only for the changes; everything else stays unchanged. Like `guard.py`, this file has no logic of its
own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from railguard.call_settings import CallSettings, ReaskMode, TellSchema, called_as
from railguard.values import Message, ValidationOutcome

if TYPE_CHECKING:
    from railguard.calls import PendingCall
    from railguard.checking import Plan
    from railguard.llm import Model

__all__ = ["Updates"]

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")


class Updates(Generic[T_co]):
    """The methods of a guard for existing documents."""

    _plan: Plan

    def _observed(self, call: PendingCall[S]) -> PendingCall[S]:
        raise NotImplementedError

    def update(
        self,
        document: Any,
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
        """Update a document with the information in the messages: the model writes the changes, and nothing else can
        change.

        A change that the schema does not allow is refused, and asked for again with the reason. A changed value that is
        not valid is asked for again by itself. Invalid values of the given document are asked for too.

        Args:
            document: A JSON text, or a value: plain data or an instance of the model.
            model: The model, as in calling the guard.
            variables: The variables of the spec's messages, which contain the new information.
            messages: The conversation, instead of the spec's messages.
            metadata: Metadata for validators.
            max_reasks: Largest number of reasks, at most 10.
            timeout: Seconds for the whole call; None for no limit.
            token_budget: No reask starts once this many tokens are spent.
            reask_mode: Whether a reask sends its schema as a constraint. The first question never does.
            tell_schema: Whether the type of the document is added if the messages do not show it.
            **model_options: Options for the model.

        Returns:
            The outcome. `document` is the document with its changes: for a text a text that is unchanged, byte for
            byte, outside of the changed values; otherwise plain data. `changes` lists the changes. `output` is the
            validated value.

        Raises:
            InputError: If a text is not JSON, a document has no parts, or there are no messages; otherwise the errors
                of calling the guard.
        """
        from railguard import calls

        settings = CallSettings(messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema)
        return self._observed(calls.updating(self._plan, document, model, variables, settings, model_options)).run()

    @called_as(update)
    async def aupdate(
        self, document: Any, model: Model, /, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> ValidationOutcome[T_co]:
        """`update` on a running event loop, with the same arguments, result and errors."""
        from railguard import calls

        settings, model_options = CallSettings.split(options)
        return await self._observed(
            calls.updating(self._plan, document, model, variables, settings, model_options)
        ).arun()

    def update_many(
        self,
        documents: Mapping[str, Any],
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
    ) -> dict[str, ValidationOutcome[T_co]]:
        """Update several documents with one question, `{name: document}`. Arguments and errors are otherwise those of
        `update`.

        Failing values are then asked for again, for each document separately. If that ends in an error, the document's
        outcome says so (`stopped`), and the others are not lost. The cost of the first question is divided among the
        outcomes.

        Args:
            documents: The documents by name; the model sees the names.

        Returns:
            The outcomes by the names of the documents.
        """
        from railguard import calls

        settings = CallSettings(messages, metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema)
        return self._observed(
            calls.updating_many(self._plan, documents, model, variables, settings, model_options)
        ).run()

    @called_as(update_many)
    async def aupdate_many(
        self, documents: Mapping[str, Any], model: Model, /, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, ValidationOutcome[T_co]]:
        """`update_many` on a running event loop, with the same arguments, result and errors."""
        from railguard import calls

        settings, model_options = CallSettings.split(options)
        return await self._observed(
            calls.updating_many(self._plan, documents, model, variables, settings, model_options)
        ).arun()
