"""What a line of the access matrix (tests/access.py) is made of: what each role gets, and whose rows are asked for."""

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
    HandOver,
    Import,
    Merge,
    Perk,
    Segment,
    Tag,
    Trashed,
)
from dashboard.models import BulkChange, SavedView
from interactions.models import (
    CheckInQuestion,
    Complaint,
    Document,
    FollowUp,
    Interaction,
    Meeting,
    Notice,
    NoticeFor,
    Wish,
    WishTopic,
)
from outreach.models import Correction, Message, Notification
from retention.models import Judgement, Loss, PlanStep, Play, Renewal, RetentionPlan
from surveys.models import Invitation, Occasion, PublicLink, Response, Survey, Theme

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
    missed: Interaction
    meeting: Meeting
    follow_up: FollowUp
    complaint: Complaint
    wish: Wish
    wish_topic: WishTopic
    loss: Loss
    plan: RetentionPlan
    play: Play
    plan_step: PlanStep
    planless: Customer
    judgement: Judgement
    renewal: Renewal
    perk: Perk
    brought: Customer
    notice: Notice
    notice_for: NoticeFor
    notice_task: FollowUp
    invitation: Invitation
    response: Response
    message: Message
    notification: Notification
    survey: Survey
    question_key: str
    occasion: Occasion
    public_link: PublicLink
    public_token: str
    theme: Theme
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
    hand_over: HandOver
    check_in: CheckInQuestion
    correction: Correction
    survey_token: str
    recap_token: str
    promise_token: str
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
