from django.urls import path

from diagnostics import views

app_name = "diagnostics"
urlpatterns = [
    path("providers/<int:provider_id>/test/", views.test_provider, name="test-provider"),
]
