from django.urls import path

from chat import views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("sessions/", views.sessions, name="sessions"),
    path("send/", views.send, name="send"),
    path("turns/<int:turn_id>/story/", views.story, name="story"),
    path("<uuid:session_id>/", views.session, name="session"),
]
