from django.urls import path

from diagnostics import live_views, views

app_name = "diagnostics"
urlpatterns = [
    path("", live_views.live, name="live"),
    path("tiles/", live_views.tiles, name="tiles"),
    path("messages/", live_views.messages, name="messages"),
    path("providers/<int:provider_id>/test/", views.test_provider, name="test-provider"),
]
