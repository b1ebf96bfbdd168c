from django.urls import path

from personas import views

app_name = "personas"
urlpatterns = [path("personas/<slug:slug>/avatar", views.avatar, name="avatar")]
