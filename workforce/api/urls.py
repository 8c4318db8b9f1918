"""Addresses of the roster's API, mounted under ``/api/``."""

from django.urls import path

from workforce.api.agents import AgentDetail, AgentList, ReportingLine, Transitions
from workforce.api.assignments import (
    AssignmentDetail,
    Assignments,
    BlockAssignment,
    CompleteAssignment,
    HandOffAssignment,
    UnblockAssignment,
)
from workforce.api.holds import HoldOfKind, Holds
from workforce.api.roster_import import ImportAgents
from workforce.api.tasks import Cancel, Complete, Reassign, TaskDetail, Tasks, Unblock
from workforce.api.workstreams import CloseWorkstream, ReopenWorkstream, WorkstreamDetail, Workstreams

_STREAM = "workforce/workstreams/<uuid:workstream_id>"
_PART = "workforce/assignments/<uuid:assignment_id>"

urlpatterns = [
    path("agents", AgentList.as_view(), name="api-agents"),
    path("agents/import", ImportAgents.as_view(), name="api-agents-import"),
    path("agents/<uuid:agent_id>", AgentDetail.as_view(), name="api-agent"),
    path("agents/<uuid:agent_id>/reporting-line", ReportingLine.as_view(), name="api-reporting-line"),
    path("agents/<uuid:agent_id>/transitions", Transitions.as_view(), name="api-transitions"),
    path("agents/<uuid:agent_id>/holds", Holds.as_view(), name="api-holds"),
    path("agents/<uuid:agent_id>/holds/<str:kind>", HoldOfKind.as_view(), name="api-hold"),
    path("workforce/tasks", Tasks.as_view(), name="api-tasks"),
    path("workforce/tasks/<uuid:task_id>", TaskDetail.as_view(), name="api-task"),
    path("workforce/tasks/<uuid:task_id>/complete", Complete.as_view(), name="api-task-complete"),
    path("workforce/tasks/<uuid:task_id>/cancel", Cancel.as_view(), name="api-task-cancel"),
    path("workforce/tasks/<uuid:task_id>/reassign", Reassign.as_view(), name="api-task-reassign"),
    path("workforce/tasks/<uuid:task_id>/unblock", Unblock.as_view(), name="api-task-unblock"),
    path("workforce/workstreams", Workstreams.as_view(), name="api-workstreams"),
    path(_STREAM, WorkstreamDetail.as_view(), name="api-workstream"),
    path(f"{_STREAM}/close", CloseWorkstream.as_view(), name="api-workstream-close"),
    path(f"{_STREAM}/reopen", ReopenWorkstream.as_view(), name="api-workstream-reopen"),
    path("workforce/assignments", Assignments.as_view(), name="api-assignments"),
    path(_PART, AssignmentDetail.as_view(), name="api-assignment"),
    path(f"{_PART}/block", BlockAssignment.as_view(), name="api-assignment-block"),
    path(f"{_PART}/unblock", UnblockAssignment.as_view(), name="api-assignment-unblock"),
    path(f"{_PART}/handoff", HandOffAssignment.as_view(), name="api-assignment-handoff"),
    path(f"{_PART}/complete", CompleteAssignment.as_view(), name="api-assignment-complete"),
]
