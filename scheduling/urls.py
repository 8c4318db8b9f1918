"""Pages about hours and the clock."""

from django.urls import path

from scheduling.views import clock, history, hours, overview

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("overview/live", overview.live, name="overview-live"),
    path("overview.csv", overview.roster_csv, name="overview-csv"),
    path("history", history.clock_history, name="clock-history"),
    path("history.csv", history.history_csv, name="clock-history-csv"),
    path("agents/<uuid:agent_id>/clock-in", clock.clock_in, name="clock-in"),
    path("agents/<uuid:agent_id>/clock-out", clock.clock_out, name="clock-out"),
    path("agents/<uuid:agent_id>/hours", hours.hours, name="hours"),
    path("agents/<uuid:agent_id>/hours/preview", hours.preview, name="hours-preview"),
    path("agents/<uuid:agent_id>/hours/delete", hours.delete, name="hours-delete"),
]
