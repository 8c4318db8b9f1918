"""Every address of the house."""

from django.contrib import admin
from django.urls import include, path

from config import errors, health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", include("config.api")),
    path("admin/", admin.site.urls),
    path("", include("workforce.urls")),
    path("", include("budgets.urls")),
    path("", include("scheduling.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
