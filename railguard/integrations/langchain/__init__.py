"""railguard inside LangChain and LangGraph.

    guard.to_runnable(model)          GuardRunnable: a guarded model call as a step of a chain
    guard.as_parser()                 GuardOutputParser: the last step of `prompt | model | parser`
    GuardMiddleware(guard)            for `create_agent`: the agent's final answer is guarded
    guard_tool(tool, amount=[rule])   the arguments of a tool are checked before it runs

The first two need langchain-core alone, the others langchain; `pip install 'railguard[langchain]'` installs both.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from railguard.integrations.langchain.agents import GuardMiddleware
    from railguard.integrations.langchain.parser import GuardOutputParser
    from railguard.integrations.langchain.runnable import GuardRunnable
    from railguard.integrations.langchain.tools import guard_tool

__all__ = ["GuardMiddleware", "GuardOutputParser", "GuardRunnable", "guard_tool"]

_FILES = {
    "GuardMiddleware": "agents",
    "GuardOutputParser": "parser",
    "GuardRunnable": "runnable",
    "guard_tool": "tools",
}


def __getattr__(name: str) -> Any:
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        value = getattr(import_module(f"{__name__}.{file}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("langchain", "langchain_core", "langgraph"):
            raise
        raise ImportError(
            f"{name} needs {error.name.partition('.')[0]}, which is not installed: pip install 'railguard[langchain]'"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
