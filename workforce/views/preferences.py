"""What a person prefers: name, time zone, theme."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from workforce.choices import Theme
from workforce.forms import PreferencesForm
from workforce.rules.refusals import Invalid
from workforce.rules.zones import zone_choices
from workforce.services import people
from workforce.views.access import MemberRequest, signed_in_required
from workforce.views.answers import done, sentence_of


@signed_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: MemberRequest) -> HttpResponse:
    user = request.user
    shown = {"name": user.name, "time_zone": user.time_zone, "theme": user.theme}
    form = PreferencesForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            people.set_preferences(user=user, **form.cleaned_data)
            return done(request, "Preferences saved.", to="preferences")
        except Invalid as refusal:
            for field, sentence in refusal.fields:
                form.add_error(field, sentence)
    context = {"form": form, "zones": zone_choices(), "themes": list(Theme)}
    return render(request, "workforce/preferences.html", context, status=400 if form.errors else 200)


@signed_in_required
@require_POST
def theme(request: MemberRequest) -> HttpResponse:
    """The switch in the header."""
    try:
        people.set_preferences(user=request.user, theme=request.POST.get("theme", ""))
    except Invalid as refusal:
        return HttpResponse(sentence_of(refusal), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@signed_in_required
@require_POST
def time_zone(request: MemberRequest) -> HttpResponse:
    """The browser's zone, once; never over a choice (spec P2)."""
    try:
        people.set_preferences(user=request.user, time_zone=request.POST.get("time_zone", ""), detected=True)
    except Invalid as refusal:
        return HttpResponse(sentence_of(refusal), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
