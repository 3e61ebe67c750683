"""A visitor without a browser: a websocket client for Streamlit's protocol, so that twenty of them cost little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from streamlit.proto.BackMsg_pb2 import BackMsg  # noqa: TID251
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # noqa: TID251
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from .app import App
from .streams import COUNT, LAST_LINE

WAIT_SECONDS = 90.0


class Client:
    """One visitor of one page; created by `opened`.

    Args:
        socket: Connection to the app.
        page: Name of the page in the address; empty for the first one.
        query: Query of the address.
    """

    def __init__(self, socket: ClientConnection, page: str, query: str) -> None:
        self.buttons: dict[str, str] = {}
        """Key of each button on the page → widget id."""
        self._fragments: dict[str, str] = {}
        """Widget id of each button inside a fragment → id of the fragment."""
        self._socket = socket
        self._page = page
        self._query = query
        self._script = ""

    async def visit(self, key: str) -> None:
        """Open the page; wait until its script has run and its button exists.

        Raises:
            TimeoutError: That took too long.
        """
        async with asyncio.timeout(WAIT_SECONDS):
            await self._ask()
            await self._until_idle(lambda: key in self.buttons)

    async def run(self, key: str) -> list[float]:
        """Press a button that starts a counted stream, and read to its end.

        Returns:
            Arrival times of new words, in seconds of this process's clock.

        Raises:
            TimeoutError: It took too long.
        """
        times: list[float] = []
        highest = 0
        ended = False
        async with asyncio.timeout(WAIT_SECONDS):
            await self._ask(self.buttons[key])
            async for message in self._messages():
                element = message.delta.new_element
                text = element.html.body or element.markdown.body  # the playground's element, or the plain page's
                count = max(map(int, COUNT.findall(text)), default=0)
                if count > highest:
                    highest = count
                    times.append(monotonic())
                ended = ended or LAST_LINE in text
                if ended and _idle(message):
                    return times
        raise ConnectionError("the server closed the connection")

    async def _until_idle(self, there: Callable[[], bool]) -> None:
        async for message in self._messages():
            if there() and _idle(message):
                return

    async def _messages(self) -> AsyncIterator[ForwardMsg]:
        """Yield the server's messages, and store what is needed to press buttons."""
        async for data in self._socket:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            if message.HasField("new_session"):
                self._script = message.new_session.page_script_hash
            elif message.HasField("navigation"):  # an app of several pages states which one it shows
                self._script = message.navigation.page_script_hash
            if button := message.delta.new_element.button.id:
                self.buttons[button.split("-", 2)[-1]] = button
                self._fragments[button] = message.delta.fragment_id
            yield message

    async def _ask(self, pressed: str = "") -> None:
        """Request a script run, as the browser does after each press."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = self._script
        message.rerun_script.page_name = "" if self._script else self._page
        message.rerun_script.widget_states.SetInParent()
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
            message.rerun_script.fragment_id = self._fragments[pressed]
        await self._socket.send(message.SerializeToString())


@asynccontextmanager
async def opened(server: App, page: str, query: str) -> AsyncIterator[Client]:
    """Connect to an app as a browser does; disconnect at the end of the block."""
    address = server.address.replace("http://", "ws://") + "/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as socket:
        yield Client(socket, page, query)


def _idle(message: ForwardMsg) -> bool:
    return message.HasField("session_status_changed") and not message.session_status_changed.script_is_running
