"""Pages about hours and the clock."""

from django.urls import path

from scheduling.views import bulk, clock, history, hours, overview, schedules

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
    path("history", history.clock_history, name="clock-history"),
    path("history.csv", history.history_csv, name="clock-history-csv"),
    path("agents/bulk", bulk.bulk, name="agents-bulk"),
    path("agents/<uuid:agent_id>/clock-in", clock.clock_in, name="clock-in"),
    path("agents/<uuid:agent_id>/clock-out", clock.clock_out, name="clock-out"),
    path("agents/<uuid:agent_id>/hours", hours.hours, name="hours"),
    path("agents/<uuid:agent_id>/hours/preview", hours.preview, name="hours-preview"),
    path("agents/<uuid:agent_id>/hours/delete", hours.delete, name="hours-delete"),
]
