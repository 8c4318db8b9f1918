"""Pages about people and organisations."""

from django.urls import path

from workforce.views.notices import mark_read
from workforce.views.organizations import switch_organization
from workforce.views.preferences import preferences, theme, time_zone
from workforce.views.sign_in import SignIn, SignOut

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("organization", switch_organization, name="switch-organization"),
    path("preferences", preferences, name="preferences"),
    path("preferences/theme", theme, name="preferences-theme"),
    path("preferences/time-zone", time_zone, name="preferences-time-zone"),
    path("notices/read", mark_read, name="notices-read"),
    path("notices/<uuid:notice_id>/read", mark_read, name="notice-read"),
]
