"""Addresses of budgets, mounted under ``/api/``: the product's words, not the package's."""

from django.urls import path

from budgets.api.approvals import CapApprovals, KeepPaused, RaiseCap
from budgets.api.caps import AgentBudget, BudgetOverview
from budgets.api.credits import Credits
from budgets.api.prices import Prices
from budgets.api.usage import ReportUsage

urlpatterns = [
    path("usage", ReportUsage.as_view(), name="api-usage"),
    path("workforce/budget-overview", BudgetOverview.as_view(), name="api-budget-overview"),
    path("workforce/budgets/<uuid:agent_id>", AgentBudget.as_view(), name="api-budget"),
    path("workforce/cap-approvals", CapApprovals.as_view(), name="api-cap-approvals"),
    path("workforce/cap-approvals/<uuid:approval_id>/raise", RaiseCap.as_view(), name="api-cap-approval-raise"),
    path("workforce/cap-approvals/<uuid:approval_id>/keep", KeepPaused.as_view(), name="api-cap-approval-keep"),
    path("workforce/prices", Prices.as_view(), name="api-prices"),
    path("workforce/credits", Credits.as_view(), name="api-credits"),
]
