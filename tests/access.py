"""Who may open what: one line for every named address of the product.

To add a line, append it to TABLE:

    Line("customer", CUSTOMER_DATA, args=("customer",)),
    Line("follow_up_done", CUSTOMER_DATA, methods=("POST",), args=("follow_up",)),

- The name is the name in urls.py. A name without a line, and a line without an address, fail the suite.
- The rule says what each role gets (see the rules below); CUSTOMER_DATA fits everything found through `visible_to`.
- `methods` are those the view takes; every other method must give 405.
- `args` name attributes of `Side` (test_access_matrix.py makes one for the owner's and one for a foreign customer):
  a row stands for its id, a text for itself. An unknown id must give 404. Arguments that are no rows go to `fixed`,
  and unknown ones, which must give 404, to `unknown`.
- `changes_only=True`: also GET is refused (403) to somebody who may only read, as on the form of an edit page.
- `data` is posted; the default is an empty form, which must not be an error of the server.
- `ok` is what GET gives those who may: 200 unless it is said.
- A page without login also stands in PUBLIC.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import Absence, Team, User
from customers.models import (
    Alike,
    Contact,
    ContactDetail,
    Customer,
    CustomField,
    DatedEvent,
    Import,
    Merge,
    Segment,
    Tag,
    Trashed,
)
from dashboard.models import BulkChange, SavedView
from interactions.models import Complaint, Document, FollowUp, Interaction, Notice, NoticeFor, Wish
from outreach.models import Message, Notification
from retention.models import Judgement, Loss, PlanStep, Play, Renewal, RetentionPlan
from surveys.models import Invitation, Response, Survey

ROLES = ("owner", "teammate", "outsider", "manager", "administrator")


class Access(enum.Enum):
    FULL = "reads and changes"
    READ = "reads only; changing is 403"
    FORBIDDEN = "403"
    HIDDEN = "404"


FULL, READ, FORBIDDEN, HIDDEN = Access


@dataclass(frozen=True)
class Rule:
    """What each of ROLES, in that order, gets for the owner's customer and for the outsider's (foreign) one."""

    own: tuple[Access, ...]
    foreign: tuple[Access, ...]

    def access(self, role: str, side: str) -> Access:
        return dict(zip(ROLES, self.own if side == "own" else self.foreign, strict=True))[role]

    def when_all_are_visible(self) -> "Rule":
        """The same under the setting that staff see the whole company: what was hidden can be read."""
        read = {HIDDEN: READ}
        return replace(
            self, own=tuple(read.get(a, a) for a in self.own), foreign=tuple(read.get(a, a) for a in self.foreign)
        )


def _same(*accesses: Access) -> Rule:
    return Rule(own=accesses, foreign=accesses)


CUSTOMER_DATA = Rule(own=(FULL, FULL, HIDDEN, FULL, FULL), foreign=(HIDDEN, HIDDEN, FULL, FULL, FULL))
EVERYONE = _same(FULL, FULL, FULL, FULL, FULL)
MANAGERS = _same(FORBIDDEN, FORBIDDEN, FORBIDDEN, FULL, FULL)
MANAGERS_READ = _same(FORBIDDEN, FORBIDDEN, FORBIDDEN, READ, FULL)
# Shut for everybody: opened by a setting, to a machine.
NOBODY = _same(HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN)
# Managers; who else sees it may not.
MANAGERS_OF_ALL = Rule(own=(FORBIDDEN, FORBIDDEN, HIDDEN, FULL, FULL), foreign=(HIDDEN, HIDDEN, FORBIDDEN, FULL, FULL))
# Whoever wrote it, and managers.
AUTHOR = Rule(own=(FULL, FORBIDDEN, HIDDEN, FULL, FULL), foreign=(HIDDEN, HIDDEN, FULL, FULL, FULL))
# Whoever made it, and nobody else sees it.
MAKER = Rule(own=(FULL, HIDDEN, HIDDEN, HIDDEN, HIDDEN), foreign=(HIDDEN, HIDDEN, FULL, HIDDEN, HIDDEN))
# Whoever made it, and administrators.
MAKER_OR_ADMINISTRATOR = Rule(own=(FULL, HIDDEN, HIDDEN, HIDDEN, FULL), foreign=(HIDDEN, HIDDEN, FULL, HIDDEN, FULL))
# Whoever brought it, and managers.
IMPORTER = Rule(own=(FULL, HIDDEN, HIDDEN, FULL, FULL), foreign=(HIDDEN, HIDDEN, FULL, FULL, FULL))
ADMINISTRATORS = _same(FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FULL)


@dataclass(frozen=True)
class Side:
    """One customer with a row of every kind, and the rows of the company that no customer owns."""

    customer: Customer
    contact: Contact
    event: DatedEvent
    detail: ContactDetail
    interaction: Interaction
    document: Document
    follow_up: FollowUp
    complaint: Complaint
    wish: Wish
    loss: Loss
    plan: RetentionPlan
    play: Play
    plan_step: PlanStep
    planless: Customer
    judgement: Judgement
    renewal: Renewal
    notice: Notice
    notice_for: NoticeFor
    notice_task: FollowUp
    invitation: Invitation
    response: Response
    message: Message
    notification: Notification
    survey: Survey
    question_key: str
    segment: Segment
    tag: Tag
    custom_field: CustomField
    saved_view: SavedView
    bulk_change: BulkChange
    team: Team
    person: User
    absence: Absence
    intake: Import
    merge: Merge
    alike: Alike
    trashed: Trashed
    survey_token: str
    unsubscribe_token: str
    preference_token: str
    calendar_token: str


@dataclass(frozen=True)
class Line:
    name: str
    rule: Rule
    methods: tuple[str, ...] = ("GET",)
    args: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    unknown: tuple[tuple[str, ...], ...] = ()
    changes_only: bool = False
    data: Callable[[Side], Mapping[str, Any]] = lambda side: {}
    ok: int = 200

    def arguments(self, side: Side) -> list[Any]:
        values = [getattr(side, name) for name in self.args]
        return [value if isinstance(value, str) else value.pk for value in values] + list(self.fixed)

    @property
    def has_ids(self) -> bool:
        return any(not name.endswith("_token") for name in self.args)


# Pages anybody may open without logging in.
PUBLIC: tuple[str, ...] = (
    "login",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "survey_answer",
    "unsubscribe",
    "test_page",
    "preferences",
    "provider_event",
    "calendar_feed",
    "app_manifest",
    "service_worker",
    "offline",
)

_FORM = ("GET", "POST")
_WORDING = ("birthday", "en", "formal")
_NO_WORDINGS = (("nothing", "en", "formal"), ("birthday", "xx", "formal"), ("escalation", "fr", "friendly"))

TABLE: tuple[Line, ...] = (
    # dashboard
    Line("today", EVERYONE),
    Line("customers", EVERYONE),
    Line("calendar_address", EVERYONE, methods=_FORM),
    Line("calendar_feed", EVERYONE, args=("calendar_token",)),
    Line("customers_export", EVERYONE, methods=_FORM, fixed=("csv",), unknown=(("doc",),)),
    Line("contact_card", CUSTOMER_DATA, args=("contact",)),
    Line("notifications", EVERYONE),
    Line("notifications_count", EVERYONE),
    Line("notifications_seen", EVERYONE, methods=("POST",)),
    Line("notification", MAKER, args=("notification",), ok=302),
    Line("notification_ways", EVERYONE, methods=_FORM),
    Line("find", EVERYONE),
    Line("find_notes", EVERYONE),
    Line("customer", CUSTOMER_DATA, args=("customer",)),
    Line("customer_timeline", CUSTOMER_DATA, args=("customer",)),
    Line("log", EVERYONE, methods=_FORM),
    Line("log_deliver", EVERYONE, methods=("POST",)),
    Line("app_manifest", EVERYONE),
    Line("service_worker", EVERYONE),
    Line("offline", EVERYONE),
    Line("log_undo", AUTHOR, methods=("POST",), args=("interaction",)),
    Line("log_next", CUSTOMER_DATA, methods=("POST",), args=("interaction",)),
    Line("document_new", CUSTOMER_DATA, methods=_FORM, args=("interaction",), changes_only=True),
    Line("document", CUSTOMER_DATA, args=("document",)),
    Line("document_remove", CUSTOMER_DATA, methods=("POST",), args=("document",)),
    Line("document_restore", CUSTOMER_DATA, methods=("POST",), args=("document",)),
    Line("customer_snooze", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("customer_wake", CUSTOMER_DATA, methods=("POST",), args=("customer",)),
    Line("customer_health", CUSTOMER_DATA, args=("customer",)),
    Line("customer_qualities", CUSTOMER_DATA, args=("customer",)),
    Line("judgement_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("judgement_end", CUSTOMER_DATA, methods=("POST",), args=("judgement",)),
    Line("judgement_restore", CUSTOMER_DATA, methods=("POST",), args=("judgement",)),
    Line("complaint_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("complaint_resolve", CUSTOMER_DATA, methods=_FORM, args=("complaint",), changes_only=True),
    Line("wish_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("wish_close", CUSTOMER_DATA, methods=_FORM, args=("wish",), changes_only=True),
    Line("wish_reopen", CUSTOMER_DATA, methods=("POST",), args=("wish",)),
    Line("notices", EVERYONE),
    Line("notice_new", EVERYONE, methods=_FORM),
    Line("notice_find", EVERYONE),
    Line("notice", CUSTOMER_DATA, args=("notice",)),
    Line("notice_withdraw", AUTHOR, methods=_FORM, args=("notice",), changes_only=True),
    Line("notice_told", CUSTOMER_DATA, methods=_FORM, args=("notice_task",), changes_only=True),
    Line("notice_how", CUSTOMER_DATA, methods=_FORM, args=("notice_for",), changes_only=True),
    Line("follow_up_done", CUSTOMER_DATA, methods=("POST",), args=("follow_up",)),
    Line("follow_up_reopen", CUSTOMER_DATA, methods=("POST",), args=("follow_up",)),
    Line("follow_up_release", CUSTOMER_DATA, methods=("POST",), args=("follow_up",)),
    Line("follow_up_move", CUSTOMER_DATA, methods=_FORM, args=("follow_up",), changes_only=True),
    Line("imports", EVERYONE),
    Line("import_new", EVERYONE, methods=_FORM),
    Line("import", IMPORTER, args=("intake",)),
    Line("import_columns", IMPORTER, methods=_FORM, args=("intake",)),
    Line("import_reread", IMPORTER, methods=("POST",), args=("intake",)),
    Line("import_run", IMPORTER, methods=("POST",), args=("intake",)),
    Line("import_undo", IMPORTER, methods=("POST",), args=("intake",)),
    Line("import_discard", IMPORTER, methods=("POST",), args=("intake",)),
    Line("import_refused", IMPORTER, args=("intake",)),
    Line("portfolio", MANAGERS),
    Line("losses", MANAGERS),
    Line("promises", EVERYONE),
    Line("list_quality", MANAGERS),
    Line("portfolio_week", MANAGERS),
    Line("portfolio_people", MANAGERS),
    Line("list_rules", MANAGERS_READ, methods=_FORM),
    Line("retention_figures", MANAGERS),
    Line("retention_export", MANAGERS, fixed=("cohorts",), unknown=(("nothing",),)),
    Line("renewals", MANAGERS),
    Line("renewal_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("renewal", CUSTOMER_DATA, methods=_FORM, args=("renewal",), changes_only=True),
    Line("plans", MANAGERS),
    Line("plan_rules", MANAGERS_READ, methods=_FORM),
    Line("plan_new", CUSTOMER_DATA, methods=_FORM, args=("planless",), changes_only=True),
    Line("plan_from_play", CUSTOMER_DATA, methods=("POST",), args=("planless",)),
    Line("plays", MANAGERS_READ),
    Line("plays_ready", ADMINISTRATORS, methods=("POST",)),
    Line("play_new", ADMINISTRATORS, methods=_FORM),
    Line("play", MANAGERS_READ, methods=_FORM, args=("play",)),
    Line("play_delete", ADMINISTRATORS, methods=("POST",), args=("play",)),
    Line("plan", CUSTOMER_DATA, args=("plan",)),
    Line("plan_edit", CUSTOMER_DATA, methods=_FORM, args=("plan",), changes_only=True),
    Line("plan_submit", CUSTOMER_DATA, methods=("POST",), args=("plan",)),
    Line("plan_approve", MANAGERS_OF_ALL, methods=("POST",), args=("plan",)),
    Line("plan_review", CUSTOMER_DATA, methods=("POST",), args=("plan",)),
    Line("plan_close", CUSTOMER_DATA, methods=_FORM, args=("plan",), changes_only=True),
    Line("plan_reopen", CUSTOMER_DATA, methods=("POST",), args=("plan",)),
    Line("plan_discard", CUSTOMER_DATA, methods=("POST",), args=("plan",)),
    Line("plan_step_new", CUSTOMER_DATA, methods=_FORM, args=("plan",), changes_only=True),
    Line("plan_step_edit", CUSTOMER_DATA, methods=_FORM, args=("plan_step",), changes_only=True),
    Line("plan_step_remove", CUSTOMER_DATA, methods=("POST",), args=("plan_step",)),
    Line("loss_reason", CUSTOMER_DATA, methods=_FORM, args=("loss",), changes_only=True),
    Line("loss_undo", CUSTOMER_DATA, methods=("POST",), args=("loss",)),
    Line("loss_reopen", CUSTOMER_DATA, methods=("POST",), args=("loss",)),
    # accounts
    Line("login", EVERYONE, methods=_FORM, ok=302),
    Line("logout", EVERYONE, methods=("POST",)),
    Line("password_change", EVERYONE, methods=_FORM),
    Line("password_change_done", EVERYONE),
    Line("password_reset", EVERYONE, methods=_FORM),
    Line("password_reset_done", EVERYONE),
    Line("password_reset_confirm", EVERYONE, methods=_FORM, fixed=("MQ", "no-token")),
    Line("password_reset_complete", EVERYONE),
    Line("settings", EVERYONE),
    Line("profile", EVERYONE, methods=_FORM),
    Line("company_settings", ADMINISTRATORS, methods=_FORM),
    Line("people", MANAGERS_READ),
    Line("person_new", ADMINISTRATORS, methods=_FORM),
    Line("person", MANAGERS_READ, methods=_FORM, args=("person",)),
    Line("person_absences", MANAGERS, methods=_FORM, args=("person",)),
    Line("absence_restore", MANAGERS, methods=("POST",), args=("person",)),
    Line("absence_delete", MANAGERS, methods=("POST",), args=("absence",)),
    Line("person_password", ADMINISTRATORS, methods=_FORM, args=("person",)),
    Line("person_hand_over", ADMINISTRATORS, methods=_FORM, args=("person",)),
    Line("person_access", ADMINISTRATORS, methods=_FORM, args=("person",)),
    Line("teams", MANAGERS_READ),
    Line("team_new", ADMINISTRATORS, methods=_FORM),
    Line("team", MANAGERS_READ, methods=_FORM, args=("team",)),
    # customers
    Line("customer_new", EVERYONE, methods=_FORM),
    Line(
        "customer_field",
        CUSTOMER_DATA,
        _FORM,
        args=("customer",),
        fixed=("stage",),
        unknown=(("external_key",), ("own_0",)),
        changes_only=True,
    ),
    Line(
        "contact_field",
        CUSTOMER_DATA,
        _FORM,
        args=("contact",),
        fixed=("phone",),
        unknown=(("allows_greetings",), ("customer",)),
        changes_only=True,
    ),
    Line("customer_edit", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("customer_lost", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("owner_known", CUSTOMER_DATA, methods=("POST",), args=("customer",)),
    Line("contact_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("contact_edit", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("contact_deceased", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("event_new", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("event_edit", CUSTOMER_DATA, methods=_FORM, args=("event",), changes_only=True),
    Line("event_delete", CUSTOMER_DATA, methods=_FORM, args=("event",), changes_only=True),
    Line("detail_new", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("detail_edit", CUSTOMER_DATA, methods=_FORM, args=("detail",), changes_only=True),
    Line("detail_delete", CUSTOMER_DATA, methods=("POST",), args=("detail",)),
    Line("segments", MANAGERS_READ),
    Line("segment_new", ADMINISTRATORS, methods=_FORM),
    Line("segment", MANAGERS_READ, methods=_FORM, args=("segment",)),
    Line("tags", MANAGERS_READ),
    Line("tag", MANAGERS_READ, methods=_FORM, args=("tag",)),
    Line("tag_delete", ADMINISTRATORS, methods=_FORM, args=("tag",)),
    Line("customer_trash", MANAGERS, methods=_FORM, args=("customer",)),
    Line("trash", ADMINISTRATORS),
    Line("trash_restore", MAKER_OR_ADMINISTRATOR, methods=("POST",), args=("trashed",)),
    Line("trash_forget", ADMINISTRATORS, methods=_FORM, args=("trashed",)),
    Line("custom_fields", MANAGERS_READ),
    Line("custom_field_new", ADMINISTRATORS, methods=_FORM),
    Line("custom_field", MANAGERS_READ, methods=_FORM, args=("custom_field",)),
    Line("duplicates", EVERYONE),
    Line("alike_apart", CUSTOMER_DATA, methods=("POST",), args=("alike",)),
    Line("alike_together", CUSTOMER_DATA, methods=("POST",), args=("alike",)),
    Line("customer_alike", EVERYONE, methods=("POST",)),
    Line("bulk_new", EVERYONE, methods=_FORM, ok=302),
    Line("bulk_changes", EVERYONE),
    Line("bulk_change", MAKER_OR_ADMINISTRATOR, args=("bulk_change",)),
    Line("bulk_undo", MAKER_OR_ADMINISTRATOR, methods=("POST",), args=("bulk_change",)),
    Line("first_steps", MANAGERS),
    Line("first_steps_show", MANAGERS, methods=("POST",)),
    Line("sample_load", MANAGERS, methods=("POST",)),
    Line("sample_remove", MANAGERS, methods=_FORM, ok=302),
    Line("saved_view_new", EVERYONE, methods=_FORM),
    Line("saved_view_edit", MAKER, methods=_FORM, args=("saved_view",), changes_only=True),
    Line("saved_view_delete", MAKER, methods=_FORM, args=("saved_view",), changes_only=True),
    # surveys
    Line("survey_answer", EVERYONE, methods=_FORM, args=("survey_token",), data=lambda side: {"score": "9"}),
    Line("surveys", EVERYONE),
    Line("survey", EVERYONE, args=("survey",)),
    Line("survey_new", MANAGERS, methods=_FORM),
    Line("survey_edit", MANAGERS, args=("survey",)),
    Line("survey_results", EVERYONE, args=("survey",)),
    Line("survey_export", EVERYONE, args=("survey",), fixed=("csv",), unknown=(("doc",),)),
    Line("survey_settings", MANAGERS, methods=_FORM, args=("survey",)),
    Line("survey_thanks", MANAGERS, methods=_FORM, args=("survey",)),
    Line("survey_publish", MANAGERS, methods=("POST",), args=("survey",)),
    Line("survey_discard", MANAGERS, methods=("POST",), args=("survey",)),
    Line("survey_preview", MANAGERS, args=("survey",)),
    Line("survey_preview_frame", MANAGERS, args=("survey",)),
    Line("survey_languages", MANAGERS, args=("survey",)),
    Line("survey_language", MANAGERS, methods=_FORM, args=("survey",), fixed=("ar",), unknown=(("en",), ("xx",))),
    Line("question_new", MANAGERS, methods=_FORM, args=("survey",), fixed=("long",), unknown=(("poem",),)),
    Line("question_edit", MANAGERS, methods=_FORM, args=("survey", "question_key")),
    Line("question_move", MANAGERS, methods=("POST",), args=("survey", "question_key")),
    Line("question_remove", MANAGERS, methods=("POST",), args=("survey", "question_key")),
    Line("question_put_back", MANAGERS, methods=("POST",), args=("survey", "question_key")),
    Line("invitation_revoke", CUSTOMER_DATA, methods=("POST",), args=("invitation",)),
    # outreach
    Line("unsubscribe", EVERYONE, methods=_FORM, args=("unsubscribe_token",)),
    Line("provider_event", NOBODY, methods=("POST",), fixed=("postmark",), ok=404),
    Line("preferences", EVERYONE, methods=_FORM, args=("preference_token",)),
    Line("messages", EVERYONE),
    Line("message", CUSTOMER_DATA, args=("message",)),
    Line("message_html", CUSTOMER_DATA, args=("message",)),
    Line("tomorrow", EVERYONE),
    Line("tomorrow_approve", EVERYONE, methods=("POST",)),
    Line("unknown", EVERYONE),
    Line("message_arrived", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_leave", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_unsettle", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_again", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("test_page", NOBODY, methods=_FORM, fixed=("no-such-token-no-such-token",), ok=404),
    Line("message_test", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("letter_new", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("letter_preview", CUSTOMER_DATA, methods=("POST",), args=("customer",)),
    Line("recap_new", CUSTOMER_DATA, methods=_FORM, args=("interaction",), changes_only=True),
    Line("recap_preview", CUSTOMER_DATA, methods=("POST",), args=("interaction",)),
    Line("customer_merge", CUSTOMER_DATA, methods=_FORM, args=("customer",), changes_only=True),
    Line("contact_merge", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("merge_undo", CUSTOMER_DATA, methods=("POST",), args=("merge",)),
    Line("contact_erase", CUSTOMER_DATA, methods=_FORM, args=("contact",), changes_only=True),
    Line("message_edit", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("message_edit_preview", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_approve", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_ask_again", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_hold", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("message_resume", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_propose", CUSTOMER_DATA, methods=("POST",), args=("message",)),
    Line("message_now", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("message_anyway", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("message_cancel", CUSTOMER_DATA, methods=_FORM, args=("message",), changes_only=True),
    Line("approvals", MANAGERS, methods=_FORM),
    Line("sending", MANAGERS_READ),
    Line("sending_stop", ADMINISTRATORS, methods=("POST",)),
    Line("sending_start", ADMINISTRATORS, methods=("POST",)),
    Line("sending_try", MANAGERS, methods=("POST",)),
    Line("suppression", MANAGERS, methods=_FORM),
    Line("wordings", MANAGERS),
    Line("wording", MANAGERS, methods=_FORM, fixed=_WORDING, unknown=_NO_WORDINGS),
    Line("wording_preview", MANAGERS, methods=("POST",), fixed=_WORDING, unknown=_NO_WORDINGS),
    Line("wording_test", MANAGERS, methods=("POST",), fixed=_WORDING, unknown=_NO_WORDINGS),
    Line("wording_reset", MANAGERS, methods=_FORM, fixed=_WORDING, unknown=_NO_WORDINGS),
    Line("mailbox", EVERYONE),
    # A mail that is not there; what is in the mailbox is for everybody who is logged in.
    Line("mail", EVERYONE, fixed=("key",), ok=404),
    Line("mail_html", EVERYONE, fixed=("key",), ok=404),
)
