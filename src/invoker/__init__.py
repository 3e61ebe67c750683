"""Dify's reverse-invocation interface for models, over any back end.

::

    from invoker import Session, connect

    session = Session(connect("embedded"))
    for chunk in session.model.llm.invoke(model_config, prompt_messages, stream=True): ...
"""

from .backend import Backend, ListedModel, ModelState, TypeFrom
from .config import connect
from .errors import (
    BackendClosedError,
    ConfigError,
    CredentialsValidateFailedError,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
    RunStoppedError,
    UnsupportedRequestError,
)
from .record import Outcome, Record, Recorded
from .request import Chunks, InvokeType, Request
from .run import Note, NoteKind, Run
from .session import Session

__all__ = [
    "Backend",
    "BackendClosedError",
    "Chunks",
    "ConfigError",
    "CredentialsValidateFailedError",
    "InvokeAuthorizationError",
    "InvokeBadRequestError",
    "InvokeConnectionError",
    "InvokeError",
    "InvokeRateLimitError",
    "InvokeServerUnavailableError",
    "InvokeTimeoutError",
    "InvokeType",
    "ListedModel",
    "ModelState",
    "Note",
    "NoteKind",
    "Outcome",
    "ProtocolError",
    "Record",
    "Recorded",
    "Request",
    "Run",
    "RunStoppedError",
    "Session",
    "TypeFrom",
    "UnsupportedRequestError",
    "connect",
]
