"""The questions to ask customers while one speaks to them, and what they answered."""

from django.contrib import messages
from django.db.models import FETCH_RAISE, Count, F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import form_status
from interactions.check_in_forms import CheckInQuestionForm
from interactions.models import CheckInAnswer, CheckInQuestion

PAGE_SIZE = 25
LATEST_FIRST = Order(F("interaction__happened_at"), aware_moment, descending=True)
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@managers_read_administrators_change
def check_in_questions(request: PersonRequest) -> HttpResponse:
    rows = CheckInQuestion.objects.select_related("segment").annotate(number=Count("answers"))
    return render(request, "dashboard/check_in_questions.html", {"questions": rows})


@page_with_form
@administrators_only
def check_in_question_new(request: PersonRequest) -> HttpResponse:
    return _edit(request, CheckInQuestion(position=CheckInQuestion.objects.count() + 1))


@page_with_form
@managers_read_administrators_change
def check_in_question(request: PersonRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(CheckInQuestion, pk=pk))


def _edit(request: PersonRequest, question: CheckInQuestion) -> HttpResponse:
    form = CheckInQuestionForm(request.POST if request.method == "POST" else None, instance=question)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("check_in_questions")
    context = {"form": form, "question": question}
    return render(request, "dashboard/check_in_question.html", context, status=form_status(form))


@require_safe
def check_in_answers(request: PersonRequest, pk: int) -> HttpResponse:
    """What the customers one may see answered, the latest first."""
    question = get_object_or_404(CheckInQuestion, pk=pk)
    answers = CheckInAnswer.objects.visible_to(request.user).filter(question=question)
    page = page_of(
        answers.select_related("interaction__customer", "interaction__author").fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "question": question,
        "answers": page.rows,
        "following": f"?after={page.following}" if page.following else "",
        "preceding": f"?before={page.preceding}" if page.preceding else "",
    }
    return render(request, "dashboard/check_in_answers.html", context)
