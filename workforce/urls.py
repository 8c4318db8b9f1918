"""Pages about people, organisations and tasks."""

from django.urls import path

from workforce.views import stream_parts, streams, task_deeds, tasks
from workforce.views.find import search
from workforce.views.notices import mark_read
from workforce.views.organizations import switch_organization
from workforce.views.preferences import preferences, theme, time_zone
from workforce.views.roster_import import import_agents, import_template, roster_file
from workforce.views.sign_in import SignIn, SignOut

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("organization", switch_organization, name="switch-organization"),
    path("preferences", preferences, name="preferences"),
    path("preferences/theme", theme, name="preferences-theme"),
    path("preferences/time-zone", time_zone, name="preferences-time-zone"),
    path("search", search, name="search"),
    path("agents/import", import_agents, name="agents-import"),
    path("agents/import/template.csv", import_template, name="agents-template"),
    path("agents/roster.csv", roster_file, name="agents-file"),
    path("notices/read", mark_read, name="notices-read"),
    path("notices/<uuid:notice_id>/read", mark_read, name="notice-read"),
    path("tasks", tasks.tasks, name="tasks"),
    path("tasks/live", tasks.live, name="tasks-live"),
    path("tasks.csv", tasks.tasks_csv, name="tasks-csv"),
    path("tasks/new", tasks.create, name="task-new"),
    path("tasks/agents", tasks.agents, name="task-agents"),
    path("tasks/bulk", task_deeds.bulk, name="tasks-bulk"),
    path("tasks/<uuid:task_id>", tasks.task, name="task"),
    path("tasks/<uuid:task_id>/edit", task_deeds.edit, name="task-edit"),
    *(
        path(f"tasks/<uuid:task_id>/{name}", task_deeds.deed, {"name": name}, name=f"task-{name}")
        for name in task_deeds.DEEDS
    ),
    path("workstreams", streams.streams, name="workstreams"),
    path("workstreams.csv", streams.streams_csv, name="workstreams-csv"),
    path("workstreams/new", streams.create, name="workstream-new"),
    path("workstreams/<uuid:stream_id>", streams.stream, name="workstream"),
    path("workstreams/<uuid:stream_id>/edit", streams.edit, name="workstream-edit"),
    path("workstreams/<uuid:stream_id>/close", streams.close, name="workstream-close"),
    path("workstreams/<uuid:stream_id>/assign", streams.assign, name="workstream-assign"),
    *(
        path(f"assignments/<uuid:assignment_id>/{name}", stream_parts.deed, {"name": name}, name=f"assignment-{name}")
        for name in stream_parts.DEEDS
    ),
]
