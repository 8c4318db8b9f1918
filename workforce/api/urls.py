"""Addresses of the roster's API, mounted under ``/api/``."""

from django.urls import path

from workforce.api.agents import AgentDetail, AgentList, ReportingLine, Transitions
from workforce.api.holds import HoldOfKind, Holds

urlpatterns = [
    path("agents", AgentList.as_view(), name="api-agents"),
    path("agents/<uuid:agent_id>", AgentDetail.as_view(), name="api-agent"),
    path("agents/<uuid:agent_id>/reporting-line", ReportingLine.as_view(), name="api-reporting-line"),
    path("agents/<uuid:agent_id>/transitions", Transitions.as_view(), name="api-transitions"),
    path("agents/<uuid:agent_id>/holds", Holds.as_view(), name="api-holds"),
    path("agents/<uuid:agent_id>/holds/<str:kind>", HoldOfKind.as_view(), name="api-hold"),
]
