"""Pages about hours and the clock."""

from django.urls import path

from scheduling.views import bulk, clock, history, hours, leave, overview, schedules

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("overview/live", overview.live, name="overview-live"),
    path("overview.csv", overview.roster_csv, name="overview-csv"),
    path("schedules", schedules.schedule_cards, name="schedules"),
    path("schedules/live", schedules.live, name="schedules-live"),
    path("schedules.csv", schedules.schedules_csv, name="schedules-csv"),
    path("schedules/new", schedules.create, name="schedule-new"),
    path("schedules/preview", schedules.preview, name="schedule-preview"),
    path("schedules/agents", schedules.agents_without, name="schedule-agents"),
    path("schedules/leave", leave.leave_list, name="leave"),
    path("schedules/leave.csv", leave.leave_csv, name="leave-csv"),
    path("schedules/leave/new", leave.plan, name="leave-new"),
    path("schedules/leave/agents", leave.agents, name="leave-agents"),
    path("schedules/leave/covers", leave.covers, name="leave-covers"),
    path("schedules/leave/<uuid:leave_id>", leave.edit, name="leave-edit"),
    path("schedules/leave/<uuid:leave_id>/cancel", leave.cancel, name="leave-cancel"),
    path("history", history.clock_history, name="clock-history"),
    path("history/live", history.live, name="clock-history-live"),
    path("history.csv", history.history_csv, name="clock-history-csv"),
    path("agents/bulk", bulk.bulk, name="agents-bulk"),
    path("agents/<uuid:agent_id>/clock-in", clock.clock_in, name="clock-in"),
    path("agents/<uuid:agent_id>/clock-out", clock.clock_out, name="clock-out"),
    path("agents/<uuid:agent_id>/hours", hours.hours, name="hours"),
    path("agents/<uuid:agent_id>/hours/preview", hours.preview, name="hours-preview"),
    path("agents/<uuid:agent_id>/hours/delete", hours.delete, name="hours-delete"),
]
