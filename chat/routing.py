from typing import Any

from django.urls import path, re_path

from chat.consumers import ChatConsumer


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse the handshake: without this route, an address nobody knows would be an error of ours."""
    await send({"type": "websocket.close", "code": 4404})


socket_urls = [
    path("ws/chat/<uuid:session_id>", ChatConsumer.as_asgi()),
    re_path("", no_such_socket),  # type: ignore[arg-type]  # the routes of Channels hold applications
]
