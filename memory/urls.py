from django.urls import path

from memory import views

app_name = "memory"
urlpatterns = [
    path("", views.home, name="home"),
    path("switch/", views.switch, name="switch"),
    path("of/<slug:slug>/", views.of_persona, name="of-persona"),
    path("of/<slug:slug>/add/", views.add, name="add"),
    path("of/<slug:slug>/forget/", views.forget, name="forget"),
    path("<int:memory_id>/", views.change, name="change"),
    path("<int:memory_id>/delete/", views.delete, name="delete"),
    path("<int:memory_id>/restore/", views.restore, name="restore"),
]
