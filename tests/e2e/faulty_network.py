"""A TCP proxy between a client and the broker that simulates network faults: half-open or closed connections."""

import selectors
import socket
import threading
from types import TracebackType
from typing import Self


class FaultyNetwork:
    """Forwards bytes in both directions until a fault is set."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[socket.socket] = set()
        self.connections = 0
        self._is_open = True
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """The value for AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_open = False
        self._listener.close()
        self.cut()

    def go_silent(self) -> None:
        """Stop forwarding on the open connections, without closing them: half-open, no FIN."""
        self._silent.update(end for pair in self._pairs for end in pair)

    def cut(self) -> None:
        """Close the connections that are open."""
        for pair in self._pairs:
            for end in pair:
                _shut(end)
        self._pairs.clear()

    def _accept(self) -> None:
        while self._is_open:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._pairs.append((near, far))
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    source, target = key.fileobj, key.data
                    try:
                        data = source.recv(65536)  # type: ignore[union-attr]
                        if source not in self._silent:
                            target.sendall(data)
                    except OSError:
                        data = b""
                    if not data:
                        if source not in self._silent:
                            _shut(near)
                            _shut(far)
                        return


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
    finally:
        end.close()
