"""The ASGI application: pages and API over HTTP, the chat over sockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "valis_site.settings")
django.setup(set_prefix=False)

from valis_site.in_place import Handler  # noqa: E402

http_application = Handler()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from accounts.sockets import SignedInSockets  # noqa: E402
from chat.routing import socket_urls  # noqa: E402

application = ProtocolTypeRouter(
    {"http": http_application, "websocket": SignedInSockets(URLRouter(socket_urls))}
)
