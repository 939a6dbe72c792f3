"""`guard.as_parser()`: the last step of `prompt | model | parser`. It repairs, fixes and filters, and never asks a
model.
"""

from __future__ import annotations

from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import ConfigDict

from railguard import Guard, ValidationFailed, ValidationOutcome
from railguard.integrations.langchain.chat_messages import schema_in_words
from railguard.integrations.langchain.runnable import output_schema, output_type

__all__ = ["GuardOutputParser"]


class GuardOutputParser(BaseOutputParser[Any]):
    """Validates a model's answer, as the last step of a chain. `guard.as_parser()` makes one.

    A parser sees the answer but cannot ask the model, so a failure that a guard would ask again for raises an
    OutputParserException: its `llm_output` is the model's text, its cause the ValidationFailed, whose `outcome` holds
    every failure. To ask again, put `guard.to_runnable(model)` in the place of `model | parser`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    guard: Guard
    """The guard that validates."""

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain can write this as JSON.

        Returns:
            False: a guard may hold functions.
        """
        return False

    @property
    def OutputType(self) -> Any:
        """The type of the output: the pydantic model or type that the guard was made from, else Any."""
        return output_type(self.guard)

    def get_output_schema(self, config: Any = None) -> Any:
        """The output as a pydantic model.

        Args:
            config: LangChain's config; it changes nothing here.

        Returns:
            The model.
        """
        if self.OutputType is not Any:
            return super().get_output_schema(config)
        return output_schema(self.guard, self.get_name("Output"))

    @property
    def _type(self) -> str:
        return "railguard"

    def get_output_jsonschema(self, config: Any = None) -> dict[str, Any]:
        """The JSON Schema of the output.

        Args:
            config: LangChain's config; it changes nothing here.

        Returns:
            The schema.
        """
        return self.guard.json_schema()

    def get_format_instructions(self) -> str:
        """Describe the output to a model, for a variable of the prompt.

        Returns:
            The text.
        """
        return schema_in_words(self.guard)

    def parse(self, text: str) -> Any:
        """Validate a text.

        Args:
            text: The model's answer.

        Returns:
            The validated value.

        Raises:
            OutputParserException: If it is not valid.
        """
        return _output(lambda: self.guard.parse(text), text)

    async def aparse(self, text: str) -> Any:
        """`parse` on the running event loop.

        Args:
            text: The model's answer.

        Returns:
            The validated value.

        Raises:
            OutputParserException: If it is not valid.
        """
        return await self.aparse_result([Generation(text=text)])

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Validate a generation. The value may be in a tool call of the message; a refusal of the model is not valid.

        Args:
            result: The generations, of which the first is validated.
            partial: Accepted as LangChain passes it; not used.

        Returns:
            The validated value.

        Raises:
            OutputParserException: If it is not valid.
        """
        message = _message(result[0])
        if message is None:
            return self.parse(result[0].text)
        return _output(lambda: self.guard(lambda _: message, messages=[], max_reasks=0), result[0].text)

    async def aparse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """`parse_result` on the running event loop.

        Args:
            result: The generations, of which the first is validated.
            partial: Accepted as LangChain passes it; not used.

        Returns:
            The validated value.

        Raises:
            OutputParserException: If it is not valid.
        """
        text, message = result[0].text, _message(result[0])
        try:
            if message is None:
                outcome = await self.guard.aparse(text)
            else:
                outcome = await self.guard.acall(lambda _: message, messages=[], max_reasks=0)
        except ValidationFailed as error:
            raise _refused(error, text) from error
        return _output(lambda: outcome, text)


def _message(generation: Generation) -> Any:
    return generation.message if isinstance(generation, ChatGeneration) else None


def _output(outcome_of: Any, text: str) -> Any:
    try:
        outcome: ValidationOutcome = outcome_of()
        outcome.raise_for_failures()
    except ValidationFailed as error:
        raise _refused(error, text) from error
    return outcome.output


def _refused(error: ValidationFailed, text: str) -> OutputParserException:
    return OutputParserException(str(error), observation=str(error), llm_output=text)
