"""Settings: the company, its people and teams, and the own profile."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import absences, staffing
from accounts.forms import (
    AbsenceForm,
    CompanyForm,
    NewPasswordForm,
    NewPersonForm,
    PersonForm,
    ProfileForm,
    TeamForm,
)
from accounts.models import Absence, Company, Team, User
from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change
from retention_crm.lib import dates

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def settings(request: PersonRequest) -> HttpResponse:
    """What this person may see or change."""
    return render(request, "accounts/settings.html")


@page_with_form
@administrators_only
def company_settings(request: PersonRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None, instance=Company.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "accounts/company_settings.html", {"form": form})


@page_with_form
def profile(request: PersonRequest) -> HttpResponse:
    # A copy: an invalid name must not show in the frame of the page.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "accounts/profile.html", {"form": form})


@require_safe
@managers_read_administrators_change
def people(request: PersonRequest) -> HttpResponse:
    rows = User.objects.select_related("team").order_by("-is_active", "name", "pk")
    return render(request, "accounts/people.html", {"people": rows})


@page_with_form
@administrators_only
def person_new(request: PersonRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        staffing.save_person(form.instance)
        messages.success(request, _("%(name)s can log in now.") % {"name": form.instance})
        return redirect("people")
    return render(request, "accounts/person_new.html", {"form": form})


@page_with_form
@managers_read_administrators_change
def person(request: PersonRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        try:
            staffing.save_person(shown)
        except staffing.LastAdministrator:
            form.add_error("role", _("This is the last administrator. Make somebody else one first."))
        else:
            messages.success(request, _("Saved."))
            return redirect("people")
    in_hand = staffing.responsibility_of(shown)
    return render(request, "accounts/person.html", {"form": form, "person": shown, "in_hand": in_hand})


@page_with_form
def person_absences(request: PersonRequest, pk: int) -> HttpResponse:
    """When somebody is away and who stands in: for the person and for managers."""
    shown = get_object_or_404(User, pk=pk)
    _require_say(request.user, shown)
    form = AbsenceForm(request.POST or None, instance=Absence(user=shown))
    if request.method == "POST" and form.is_valid() and _add(form):
        messages.success(request, _("Saved."))
        return redirect("person_absences", pk)
    rows = shown.absences.from_day(shown.today()).select_related("deputy")
    return render(request, "accounts/person_absences.html", {"form": form, "person": shown, "absences": rows})


def _add(form: AbsenceForm) -> bool:
    try:
        absences.add_absence(form.instance)
    except absences.Overlap as overlap:
        days = {part: dates.write(getattr(overlap.other, part), "day") for part in ("first_day", "last_day")}
        form.add_error("first_day", _("Away from %(first_day)s to %(last_day)s already; take that out first.") % days)
        return False
    return True


@require_POST
def absence_delete(request: PersonRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("user"), pk=pk)
    _require_say(request.user, absence.user)
    way_back = absences.take_out(absence)
    words = _("%(name)s is there on these days.") % {"name": absence.user}
    undo = f"{reverse('absence_restore', args=[absence.user_id])}?{urlencode({'was': way_back})}"
    messages.success(request, words, extra_tags=undo)
    return redirect("person_absences", absence.user_id)


@require_POST
def absence_restore(request: PersonRequest, pk: int) -> HttpResponse:
    """The way back after one was taken out."""
    shown = get_object_or_404(User, pk=pk)
    _require_say(request.user, shown)
    try:
        absences.bring_back(shown, request.GET.get("was", ""))
    except absences.NotBack:
        messages.error(request, _("That can not be taken back any more. Enter the days again."))
    else:
        messages.success(request, _("Taken back."))
    return redirect("person_absences", pk)


def _require_say(user: User, person: User) -> None:
    """People decide about themselves, managers about everybody."""
    if user.pk != person.pk and not user.is_manager:
        raise PermissionDenied


@page_with_form
@administrators_only
def person_password(request: PersonRequest, pk: int) -> HttpResponse:
    """A new password for somebody who forgot it, typed by an administrator."""
    shown = get_object_or_404(User, pk=pk)
    form = NewPasswordForm(shown, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("%(name)s has a new password.") % {"name": shown})
        return redirect("person", pk)
    return render(request, "accounts/person_password.html", {"form": form, "person": shown})


@page_with_form
@administrators_only
def person_access(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and ends or gives back somebody's access."""
    shown = get_object_or_404(User, pk=pk)
    if request.method == "POST" and _change_access(request, shown):
        return redirect("person", pk)
    in_hand = staffing.responsibility_of(shown)
    return render(request, "accounts/person_access.html", {"person": shown, "in_hand": in_hand})


def _change_access(request: PersonRequest, shown: User) -> bool:
    try:
        if request.POST.get("answer") == "end":
            staffing.deactivate(shown)
            messages.success(request, _("%(name)s can no longer log in.") % {"name": shown})
        elif request.POST.get("answer") == "give back":
            staffing.reactivate(shown)
            messages.success(request, _("%(name)s can log in again.") % {"name": shown})
    except staffing.LastAdministrator:
        messages.error(request, _("This is the last administrator. Make somebody else one first."))
        return False
    except staffing.StillResponsible:
        messages.error(
            request, _("Hand over what %(name)s looks after first; nothing may be dropped.") % {"name": shown}
        )
        return False
    return True


@require_safe
@managers_read_administrators_change
def teams(request: PersonRequest) -> HttpResponse:
    rows = Team.objects.annotate(active_members=Count("members", filter=Q(members__is_active=True)))
    return render(request, "accounts/teams.html", {"teams": rows})


@page_with_form
@administrators_only
def team_new(request: PersonRequest) -> HttpResponse:
    return _team_page(request, Team())


@page_with_form
@managers_read_administrators_change
def team(request: PersonRequest, pk: int) -> HttpResponse:
    return _team_page(request, get_object_or_404(Team, pk=pk))


def _team_page(request: PersonRequest, shown: Team) -> HttpResponse:
    form = TeamForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("teams")
    members = shown.members.all() if shown.pk else []
    return render(request, "accounts/team.html", {"form": form, "team": shown, "members": members})
