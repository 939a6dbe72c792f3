"""The guard server: any OpenAI client in any language gets validated output. `railguard serve` runs it.

    serve(config)            runs the server of a configuration until a signal stops it
    create_app(config)       the same as an ASGI application, for a server of your own

Also used by other servers of the project:

    listen, run_app, app_server
                             an ASGI application on uvicorn: limits on slow clients, workers, a graceful shutdown
    SecurityHeaders, BodyLimit, CallLimit, QuietErrors, error_response

Needs `pip install 'railguard[server]'`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from railguard.server.app import create_app
    from railguard.server.config import GuardConfig, RateConfig, ServerConfig
    from railguard.server.error_responses import QuietErrors, error_response
    from railguard.server.request_limits import BodyLimit, CallLimit, SecurityHeaders
    from railguard.server.serving import serve
    from railguard.server.uvicorn_server import app_server, listen, run_app

__all__ = [
    "BodyLimit",
    "CallLimit",
    "GuardConfig",
    "QuietErrors",
    "RateConfig",
    "SecurityHeaders",
    "ServerConfig",
    "app_server",
    "create_app",
    "error_response",
    "listen",
    "run_app",
    "serve",
]

_FILES = {
    "BodyLimit": "request_limits",
    "CallLimit": "request_limits",
    "GuardConfig": "config",
    "QuietErrors": "error_responses",
    "RateConfig": "config",
    "SecurityHeaders": "request_limits",
    "ServerConfig": "config",
    "app_server": "uvicorn_server",
    "create_app": "app",
    "error_response": "error_responses",
    "listen": "uvicorn_server",
    "run_app": "uvicorn_server",
    "serve": "serving",
}
_PACKAGES = ("starlette", "uvicorn", "httptools", "watchfiles", "prometheus_client")


def __getattr__(name: str) -> Any:
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        value = getattr(import_module(f"{__name__}.{file}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        package = error.name.partition(".")[0].replace("_", "-")
        raise ImportError(f"{name} needs {package}, which is not installed: pip install 'railguard[server]'") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
