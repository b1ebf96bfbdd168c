from django.urls import path

from personas import views

app_name = "personas"
urlpatterns = [
    path("personas/", views.gallery, name="gallery"),
    path("personas/<slug:slug>/", views.persona, name="persona"),
    path("personas/<slug:slug>/avatar", views.avatar, name="avatar"),
]
