"""Streaming of audio while it is generated, under an unguessable URL."""

from __future__ import annotations

import secrets
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from streamlit import config

from boomerang.workbench.results.audio_stream import segments
from boomerang.workbench.runs.jobs import Job

from .session_owners import IDENTITY_HEADER


class LiveClips:
    """Audio that is still being generated; its unguessable id is the permission to fetch it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clips: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {}

    def offer(self, segments: Callable[[], Iterator[bytes]], owner: str = "") -> str:
        """Make audio available.

        Args:
            segments: Returns a new iterator over it that waits for further audio.
            owner: The browser that may fetch it; empty: any browser that knows the id.
        """
        clip = secrets.token_urlsafe(16)
        with self._lock:
            self._clips[clip] = segments, owner
        return clip

    def withdraw(self, clip: str) -> None:
        """Remove a clip; running downloads continue to the end."""
        with self._lock:
            self._clips.pop(clip, None)

    def get(self, clip: str, browser: str = "") -> Iterator[bytes] | None:
        """Return a clip's audio; `None` if it does not exist or belongs to another browser."""
        with self._lock:
            segments, owner = self._clips.get(clip, (None, ""))
        return segments() if segments is not None and owner in ("", browser) else None

    def url(self, clip: str) -> str:
        """Return a clip's URL path on this server."""
        return f"{base_path()}/live/{clip}.mp3"


CLIPS = LiveClips()


def base_path() -> str:
    """Return the path under which the app is served, without a trailing slash; `st.App` does not prefix its routes."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


async def _live(request: Request) -> Response:
    segments = CLIPS.get(request.path_params["clip"], request.headers.get(IDENTITY_HEADER.decode(), ""))
    if segments is None:
        return Response(status_code=404)
    body: AsyncIterator[bytes] = iterate_in_threadpool(segments)
    return StreamingResponse(body, media_type="audio/mpeg", headers={"Cache-Control": "no-store"})


ROUTES = [Route(f"{base_path()}/live/{{clip}}.mp3", _live)]


def offer(job: Job) -> str:
    """Offer a job's audio for as long as the job is referenced; return its name in `CLIPS`."""
    job_ref = weakref.ref(job)

    def listen() -> Iterator[bytes]:
        alive = job_ref()
        return iter(()) if alive is None else segments(alive)

    clip = CLIPS.offer(listen, job.owner)
    weakref.finalize(job, CLIPS.withdraw, clip).atexit = False
    return clip
