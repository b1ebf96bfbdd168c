from django.urls import path

from diagnostics.consumers import ActivityConsumer

socket_urls = [path("ws/activity", ActivityConsumer.as_asgi())]
