"""Addresses of this floor's API, mounted under ``/api/``."""

from django.urls import path

from heartbeats.api import views

urlpatterns = [path("heartbeats", views.heartbeats, name="api-heartbeats")]
