"""The ASGI application: pages and API over HTTP, chat and activity over sockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "valis_site.settings")
django.setup(set_prefix=False)

from valis_site.in_place import Handler  # noqa: E402

http_application = Handler()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from accounts.sockets import SignedInSockets  # noqa: E402
from chat import routing as chat  # noqa: E402
from diagnostics import routing as diagnostics  # noqa: E402

# The chat's come last: among them is the answer to addresses that nobody knows.
sockets = URLRouter([*diagnostics.socket_urls, *chat.socket_urls])
application = ProtocolTypeRouter({"http": http_application, "websocket": SignedInSockets(sockets)})
