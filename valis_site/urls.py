"""Where everything is."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import admin_login
from diagnostics import views
from valis_site import failures
from valis_site.api import api
from valis_site.openai_api import openai_api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="chat:home"), name="root"),
    path("accounts/", include("accounts.urls")),
    path("chat/", include("chat.urls")),
    path("memory/", include("memory.urls")),
    path("", include("personas.urls")),
    path("diagnostics/", include("diagnostics.urls")),
    path("health", views.health),
    path("ready", views.ready),
    path("metrics", views.metrics),
    path("api/", api.urls),
    path("v1/", openai_api.urls),
    re_path("^(?:api|v1)/", failures.api_not_found),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
]

handler400 = "valis_site.failures.bad_request"
handler403 = "valis_site.failures.not_allowed"
handler404 = "valis_site.failures.not_found"
handler500 = "valis_site.failures.broken"
