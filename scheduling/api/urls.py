"""Addresses of hours and the clock, mounted under ``/api/``: the product's words, not the package's."""

from django.urls import path

from scheduling.api.clock import ClockIn, ClockOut, ClockRecords
from scheduling.api.schedules import ScheduleDetail, Schedules
from scheduling.api.status import Status

urlpatterns = [
    path("workforce/status", Status.as_view(), name="api-status"),
    path("workforce/schedules", Schedules.as_view(), name="api-schedules"),
    path("workforce/schedules/<uuid:schedule_id>", ScheduleDetail.as_view(), name="api-schedule"),
    path("workforce/clock-in/<uuid:agent_id>", ClockIn.as_view(), name="api-clock-in"),
    path("workforce/clock-out/<uuid:agent_id>", ClockOut.as_view(), name="api-clock-out"),
    path("workforce/clock-records", ClockRecords.as_view(), name="api-clock-records"),
]
