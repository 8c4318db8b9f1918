"""Puts Punchcard's own site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class PunchcardAdminConfig(AdminConfig):
    default_site = "config.admin_site.PunchcardAdminSite"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group

        # Rights come from memberships: a page of permission groups would promise what it cannot keep.
        admin.site.unregister(Group)
