"""Building a survey, and answering it, in a real browser: with and without script, on a phone, from right to left."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Company, User
from retention_crm.lib import clock
from surveys.answering import record_answer
from surveys.branching import Value
from surveys.drafting import publish
from surveys.models import Answer, Begun, Invitation, Question, Response, Survey, Version
from surveys.starting import begin
from surveys.tests.sheets import EVERY_KIND, asked_by, survey_of
from tests import factories
from tests.browser import DESK, PHONE, Watched

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.usefixtures("started", "company"),
]
both_sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
TINY = (320, 640)


def asked(survey: Survey, **contact: Any) -> Invitation:
    at = clock.now()
    to = factories.contact(**contact)
    return factories.invitation(to, survey=survey, send_at=at, expires_at=at + timedelta(days=30))


def published(ready: str) -> Survey:
    survey = begin(ready.capitalize(), "en", ready)
    publish(survey, clock.now())
    survey.refresh_from_db()
    return survey


def order_of(page: Page) -> list[str]:
    return page.locator(".builder-row .row-main > a").all_inner_texts()


@both_sizes
def test_a_survey_is_built_looked_over_and_published(
    chromium: Browser, site: str, manager: User, size: tuple[int, int]
) -> None:
    watched = Watched(chromium, size, site)
    watched.sign_in(manager)
    page = watched.page
    page.goto("/surveys/")
    watched.picture("surveys-empty")
    page.get_by_role("link", name="New survey").first.click()
    watched.picture("survey-new")
    page.get_by_label("Name").fill("Twice a year")
    page.get_by_role("radio", name="How are we doing?").check()
    page.get_by_role("button", name="Make the survey").click()
    expect(page.get_by_role("heading", name="Twice a year")).to_be_visible()
    watched.picture("survey-builder")

    page.get_by_role("link", name="One choice", exact=True).click()
    page.get_by_label("Question", exact=False).first.fill("Whom do you talk to most?")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It needs at least two choices.").first).to_be_visible()
    watched.picture("survey-builder-problem")
    page.get_by_role("link", name="Whom do you talk to most?").last.click()
    page.get_by_label("What can be chosen").fill("Sales\nService\n\nSales")
    page.get_by_label("Show it only if the answer to").select_option(
        label="How likely are you to recommend us to a friend or colleague?"
    )
    page.get_by_label("Compared").select_option("at_most")
    page.get_by_label("With").fill("6")
    watched.picture("survey-question")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is answered with at most 6.")).to_be_visible()

    before = order_of(page)
    last = page.locator(".builder-row").last
    last.get_by_role("button", name="Move up").click()
    expect(page.locator(".builder-row .row-main > a").nth(3)).to_have_text(before[4])
    assert order_of(page) == [*before[:3], before[4], before[3]]
    page.locator(".builder-row .row-main > a").nth(3).press("Alt+ArrowDown")
    expect(page.locator(".builder-row .row-main > a").nth(4)).to_have_text(before[4])
    expect(page.locator(".builder-row .row-main > a").nth(4)).to_be_focused()
    if size == DESK:
        page.locator(".builder-row").nth(4).drag_to(
            page.locator(".builder-row").nth(1), target_position={"x": 40, "y": 4}
        )
        expect(page.locator(".builder-row .row-main > a").nth(1)).to_have_text(before[4])
        page.wait_for_load_state()
        page.reload()
        assert order_of(page) == [before[0], before[4], *before[1:4]]

    page.get_by_role("button", name="Take out: You may quote me").click()
    expect(page.get_by_role("heading", name="Taken out")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Taken out")).to_have_count(0)

    page.get_by_role("link", name="Preview").click()
    frame = page.frame_locator(".preview-desk")
    expect(frame.get_by_role("radio", name="9", exact=True)).to_be_visible()
    expect(frame.get_by_text("What should we do better?")).to_be_hidden()
    frame.get_by_role("radio", name="3", exact=True).check()
    expect(frame.get_by_text("What should we do better?")).to_be_visible()
    expect(frame.get_by_role("button", name="Send my answer")).to_be_disabled()
    watched.picture("survey-preview")

    page.get_by_role("link", name="Back to the questions").click()
    page.get_by_role("link", name="Languages").click()
    watched.picture("survey-languages")
    page.get_by_role("link", name="German").click()
    watched.picture("survey-german")
    page.go_back()
    page.get_by_role("link", name="Back to the questions").click()
    page.get_by_role("link", name="Thank-you texts").click()
    watched.picture("survey-thanks-texts")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_role("heading", name="Version 1 is asked")).to_be_visible()
    watched.picture("survey-published")

    page.get_by_role("link", name="When it is asked").click()
    expect(page.get_by_role("heading", name="By hand only")).to_be_visible()
    watched.picture("survey-occasions-empty")
    page.get_by_role("link", name="After a purchase").click()
    watched.picture("survey-occasion")
    page.get_by_label("Hours between the event and the survey").fill("20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="After a purchase").first).to_be_visible()
    watched.picture("survey-occasions")
    assert Survey.objects.asking().get() == Survey.objects.get()
    assert watched.complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_opening_every_link_again_and_again_records_nothing(chromium: Browser, site: str, script: bool) -> None:
    invitation = asked(factories.survey())
    page = Watched(chromium, PHONE, site, script=script).page
    for number in range(44):
        page.goto(f"/s/{invitation.token}/?score={number % 11}")
        expect(page.get_by_role("radio", name=str(number % 11), exact=True)).to_be_checked()
    assert not Response.objects.exists()
    assert not Begun.objects.exists()

    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Your answer has been saved")).to_be_visible()
    assert Response.objects.get().score == 10


@pytest.mark.parametrize("size", [DESK, PHONE, TINY], ids=["desk", "phone", "tiny"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_questions_come_and_go_by_their_rules(
    chromium: Browser, site: str, size: tuple[int, int], script: bool
) -> None:
    invitation = asked(published("relationship"))
    watched = Watched(chromium, size, site, script=script)
    page = watched.page
    page.goto(f"/s/{invitation.token}/?score=9")
    better = page.get_by_role("group", name="What should we do better?")
    if script:
        expect(better).to_be_hidden()
    else:
        expect(better).to_be_visible()
        expect(page.get_by_text("is answered with at most 8.")).to_be_visible()
    page.get_by_role("radio", name="4", exact=True).check()
    page.get_by_role("checkbox", name="Keep what we promise").check()
    if script:
        watched.name = {TINY: "tiny"}.get(size, watched.name)
        watched.picture("answer-rules")
        page.emulate_media(color_scheme="dark")
        watched.picture("answer-rules-dark")
        page.emulate_media(color_scheme="light")
    page.get_by_role("radio", name="9", exact=True).check()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Your answer has been saved")).to_be_visible()
    assert Response.objects.get().score == 9
    # What was ticked before the score changed belongs to a question that was not asked any more.
    assert not Answer.objects.filter(question__kind="multiple").exists()
    assert watched.complaints == []


@both_sizes
def test_a_long_survey_goes_page_by_page_and_on_another_device(
    chromium: Browser, site: str, size: tuple[int, int]
) -> None:
    invitation = asked(published("onboarding"))
    first = Watched(chromium, size, site)
    first.page.goto(f"/s/{invitation.token}/")
    expect(first.page.get_by_text("Page 1 of 3")).to_be_visible()
    first.page.get_by_role("button", name="Next").click()
    expect(first.page.get_by_role("alert")).to_contain_text("Choose a number from 1 to 5.")
    first.picture("answer-page-wrong")
    first.page.get_by_role("link", name="Choose a number from 1 to 5.").click()
    expect(first.page.get_by_role("radio", name="1", exact=True)).to_be_focused()
    first.page.keyboard.press("ArrowRight")
    first.page.get_by_role("button", name="Next").click()
    expect(first.page.get_by_text("Page 2 of 3")).to_be_visible()
    first.picture("answer-page-2")
    assert Begun.objects.get().page == 2
    assert not Response.objects.exists()

    other = Watched(chromium, PHONE, site, script=False)
    other.page.goto(f"/s/{invitation.token}/")
    expect(other.page.get_by_text("Page 2 of 3")).to_be_visible()
    other.page.get_by_role("link", name="Back").click()
    expect(other.page.get_by_role("radio", name="2", exact=True)).to_be_checked()
    other.page.get_by_role("button", name="Next").click()
    other.page.get_by_role("radio", name="7", exact=True).check()
    other.page.get_by_role("button", name="Next").click()
    other.page.get_by_label("How many people at your company use it?").fill("12,5 or so")
    other.page.get_by_role("radio", name="10", exact=True).check()
    other.page.get_by_role("button", name="Send my answer").click()
    expect(other.page.get_by_role("alert")).to_contain_text("Write a number")
    expect(other.page.get_by_label("How many people at your company use it?")).to_have_value("12,5 or so")
    other.page.get_by_label("How many people at your company use it?").fill("12,5")
    other.page.get_by_role("button", name="Send my answer").click()
    expect(other.page.get_by_role("heading", name="Your answer has been saved")).to_be_visible()
    assert Response.objects.get().score == 10
    assert sorted(str(answer.number) for answer in Answer.objects.exclude(number=None)) == [
        "10.000",
        "12.500",
        "2.000",
        "7.000",
    ]
    assert not Begun.objects.exists()
    # The page that came back with what is wrong, which the browser notes as well.
    assert all("422" in words for words in first.complaints)


@pytest.mark.parametrize("ready", ["purchase", "complaint", "leaving", "meeting"])
def test_every_kind_of_question_fits_the_smallest_screen(chromium: Browser, site: str, ready: str) -> None:
    invitation = asked(published(ready))
    watched = Watched(chromium, TINY, site, script=False)
    watched.name = "tiny"
    watched.page.goto(f"/s/{invitation.token}/")
    watched.picture(f"answer-{ready}")
    assert watched.complaints == []


def test_in_arabic_the_page_runs_from_right_to_left(chromium: Browser, site: str) -> None:
    survey = published("relationship")
    version = survey.published
    assert version is not None
    first = version.asked[0]
    first.translations["ar"] = {"text": "ما مدى احتمال أن توصي بنا لصديق أو زميل؟", "low_label": "غير محتمل إطلاقًا"}
    first.low_label = "not at all"
    Question.objects.bulk_update([first], ["translations", "low_label"])
    Version.objects.filter(pk=version.pk).update(translations={"ar": {"thanks": "شكرًا لك."}})
    invitation = asked(survey, language="ar")
    for size, name in ((DESK, "desk"), (PHONE, "phone"), (TINY, "tiny")):
        watched = Watched(chromium, size, site)
        watched.name = name
        watched.page.goto(f"/s/{invitation.token}/")
        expect(watched.page.locator("html")).to_have_attribute("dir", "rtl")
        expect(watched.page.get_by_role("group", name="ما مدى احتمال")).to_be_visible()
        zero = watched.page.get_by_role("radio", name="0", exact=True).bounding_box()
        one = watched.page.get_by_role("radio", name="1", exact=True).bounding_box()
        assert zero and one and zero["x"] > one["x"]
        watched.picture("answer-arabic")
    watched.page.get_by_role("radio", name="9", exact=True).check()
    watched.page.get_by_role("button", name="Send my answer").click()
    expect(watched.page.get_by_text("شكرًا لك.")).to_be_visible()
    assert Company.current().name


@both_sizes
def test_results_stand_question_by_question(chromium: Browser, site: str, manager: User, size: tuple[int, int]) -> None:
    survey = survey_of(*EVERY_KIND, name="Everything")
    version = asked_by(survey)
    for number in range(20):
        asked_one = asked(survey)
        values: dict[str, Value] = {
            "nps": Decimal(10 if number < 10 else 8 if number < 16 else 3),
            "csat": Decimal(1 + number % 5),
            "single": "tea" if number % 3 else "coffee",
            "multiple": ["red", "blue"] if number % 2 else ["green"],
            "matrix": {"price": "good" if number % 4 else "bad", "speed": "good"},
            "long": f"What I think, number {number}",
            "number": Decimal(number * number),
            "consent": "yes" if number % 2 else "no",
        }
        record_answer(asked_one.pk, version, values, clock.now())
    watched = Watched(chromium, size, site)
    watched.sign_in(manager)
    page = watched.page
    page.goto(f"/surveys/{survey.pk}/")
    page.get_by_role("link", name="Question by question").click()
    expect(page.get_by_text("Net promoter score 30, with 95 % confidence from −6 to 58")).to_be_visible()
    watched.picture("survey-results")
    page.emulate_media(color_scheme="dark")
    watched.picture("survey-results-dark")
    page.get_by_label("From").fill("2030-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("0 answers")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    with page.expect_download() as file:
        page.get_by_role("link", name="Spreadsheet").click()
    assert file.value.suggested_filename.endswith(".xlsx")
    assert watched.complaints == []
