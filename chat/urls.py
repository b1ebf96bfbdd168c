from django.urls import path

from chat import search_views, session_views, usage_views, version_views, views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("sessions/", views.sessions, name="sessions"),
    path("all/", session_views.everything, name="all"),
    path("archive/", session_views.archive, name="archive"),
    path("import/", session_views.bring, name="import"),
    path("search/", search_views.find, name="search"),
    path("messages/<int:message_id>/", search_views.to_message, name="message"),
    path("send/", views.send, name="send"),
    path("turns/<int:turn_id>/story/", views.story, name="story"),
    path("turns/<int:turn_id>/versions/", version_views.compare, name="compare"),
    path("turns/<int:turn_id>/show/", version_views.show, name="show"),
    path("<uuid:session_id>/", views.session, name="session"),
    path("<uuid:session_id>/before/<int:before>/", views.earlier, name="earlier"),
    path("<uuid:session_id>/gauge/", usage_views.gauge, name="gauge"),
    path("<uuid:session_id>/usage/", usage_views.usage, name="usage"),
    path("<uuid:session_id>/manage/", session_views.manage, name="manage"),
    path("<uuid:session_id>/delete/", session_views.delete, name="delete"),
    path("<uuid:session_id>/restore/", session_views.restore, name="restore"),
]
