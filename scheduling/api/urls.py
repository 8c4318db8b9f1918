"""Addresses of hours and the clock, mounted under ``/api/``: the product's words, not the package's."""

from django.urls import path

from scheduling.api.clock import ClockIn, ClockOut, ClockRecords
from scheduling.api.leave import CancelLeave, LeaveDetail, Leaves
from scheduling.api.preview import HoursPreview
from scheduling.api.schedules import ScheduleDetail, Schedules
from scheduling.api.status import Status
from scheduling.api.work import Block, Claim, Complete, Extend, Fail

urlpatterns = [
    path("workforce/status", Status.as_view(), name="api-status"),
    path("workforce/schedules", Schedules.as_view(), name="api-schedules"),
    path("workforce/schedules/preview", HoursPreview.as_view(), name="api-schedule-preview"),
    path("workforce/schedules/<uuid:schedule_id>", ScheduleDetail.as_view(), name="api-schedule"),
    path("workforce/clock-in/<uuid:agent_id>", ClockIn.as_view(), name="api-clock-in"),
    path("workforce/clock-out/<uuid:agent_id>", ClockOut.as_view(), name="api-clock-out"),
    path("workforce/clock-records", ClockRecords.as_view(), name="api-clock-records"),
    path("workforce/leave", Leaves.as_view(), name="api-leaves"),
    path("workforce/leave/<uuid:leave_id>", LeaveDetail.as_view(), name="api-leave"),
    path("workforce/leave/<uuid:leave_id>/cancel", CancelLeave.as_view(), name="api-leave-cancel"),
    path("work/claim", Claim.as_view(), name="api-work-claim"),
    path("work/<uuid:task_id>/extend", Extend.as_view(), name="api-work-extend"),
    path("work/<uuid:task_id>/complete", Complete.as_view(), name="api-work-complete"),
    path("work/<uuid:task_id>/fail", Fail.as_view(), name="api-work-fail"),
    path("work/<uuid:task_id>/block", Block.as_view(), name="api-work-block"),
]
