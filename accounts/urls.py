from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import key_views
from accounts.views import LoginView

app_name = "accounts"
urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("keys/", key_views.keys, name="keys"),
    path("keys/<int:key_id>/rotate/", key_views.rotate, name="rotate-key"),
    path("keys/<int:key_id>/revoke/", key_views.revoke, name="revoke-key"),
]
