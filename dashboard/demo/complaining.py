"""How complaints and questions of the demo went: by when they were to be answered, and when they were."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import connection

from accounts.models import Company
from customers.models import Channel, Customer
from dashboard.demo.people import LOGINS
from interactions.logging import record
from interactions.models import CareRules, CheckInAnswer, CheckInQuestion, Complaint, FaultIn, Interaction, Kind
from retention_crm.lib.working_hours import WorkingHours

# By what the texts of the demo speak of, the first that fits.
_FAULTS = {
    "nobody": FaultIn.SILENCE,
    "invoice": FaultIn.INVOICE,
    "driver": FaultIn.SERVICE,
    "goods": FaultIn.PRODUCT,
    "deliver": FaultIn.DELIVERY,
    "site": FaultIn.DELIVERY,
}
_CHANNELS = (Channel.PHONE, Channel.PHONE, Channel.EMAIL, Channel.EMAIL, Channel.MESSENGER, Channel.IN_PERSON)
_SHARE_ANSWERED_LATE, _SHARE_WITH_COST = 0.2, 0.15
_COLUMNS = ("opened_at", "resolved_at", "severity", "what", "owner__time_zone", "owner__working_days")
_WRITE = """
UPDATE interactions_complaint c
SET answer_by = n.answer_by, resolve_by = n.resolve_by, answered_at = n.answered_at, channel = n.channel,
    fault_in = n.fault_in, cost = n.cost
FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::numeric[]
) AS n(id, answer_by, resolve_by, answered_at, channel, fault_in, cost)
WHERE c.id = n.id
"""


# Of the mails and messages of customers every twelfth asks something, and of the newest every third. The next real
# contact answers them, as when it is logged.
_ASK = """
UPDATE interactions_interaction SET is_owed = true
WHERE kind IN ('email', 'message') AND outcome = 'held'
  AND (id %% 12 = 0 OR (happened_at > %(since)s AND id %% 3 = 0))
"""
_ANSWER = """
UPDATE interactions_interaction asking SET answered_at = (
    SELECT min(i.happened_at) FROM interactions_interaction i
    WHERE i.customer_id = asking.customer_id AND (i.happened_at, i.id) > (asking.happened_at, asking.id)
      AND i.is_touchpoint AND NOT i.is_owed
)
WHERE asking.is_owed
"""


_TICK_OFF = """
UPDATE interactions_interaction asking
SET answered_at = asking.happened_at + (1 + asking.id %% 40) * interval '30 minutes', answered_by_id = customer.owner_id
FROM customers_customer customer
WHERE asking.is_owed AND customer.id = asking.customer_id AND asking.happened_at < %(since)s
  AND (asking.answered_at IS NULL OR asking.answered_at > asking.happened_at + interval '3 days')
"""


_WAITING = {
    21: "Can we move the delivery to the week after? Please tell us until noon.",
    16: "Which of the two offers holds for the branch in the north?",
}


def ask_and_answer(*, until: datetime) -> None:
    """Some of what customers wrote wants an answer; the newest still wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(_ASK, {"since": until - timedelta(days=2)})
        cursor.execute(_ANSWER)
        # Those of long ago were answered by mail that nobody logged.
        cursor.execute(_TICK_OFF, {"since": until - timedelta(days=4)})
    # Whoever looks around first has two who wait.
    theirs = Customer.objects.kept().filter(owner__email=LOGINS[0]).order_by("-pk")
    for customer, (hours, words) in zip(theirs, _WAITING.items(), strict=False):
        asked_at = until - timedelta(hours=hours)
        record(
            Interaction(
                customer=customer,
                author=customer.owner,
                kind=Kind.EMAIL,
                notes=words,
                happened_at=asked_at,
                created_at=asked_at,
                is_owed=True,
            ),
            at=asked_at,
        )


# What is asked in conversations, and what the newest of them brought.
_CHECK_IN = {
    "What would make the work with us easier?": ["One person for all branches", "Invoices that say which site"],
    "What do you plan for the next year?": ["A second warehouse", "Fewer suppliers, and longer contracts"],
}


def ask_in_conversations() -> None:
    """There are questions to ask, and some answers to them."""
    talks = Interaction.objects.filter(is_touchpoint=True, author__email=LOGINS[0]).order_by("-happened_at", "-pk")
    newest = iter(talks[: sum(map(len, _CHECK_IN.values()))])
    for position, (text, answers) in enumerate(_CHECK_IN.items(), start=1):
        question = CheckInQuestion.objects.create(text=text, position=position)
        CheckInAnswer.objects.bulk_create(
            CheckInAnswer(interaction=talk, question=question, text=answer)
            for answer, talk in zip(answers, newest, strict=False)
        )


def deal_with_complaints(seed: int, *, until: datetime) -> None:
    """Gives each complaint its deadlines, most of them an answer in time, and what is put right a fault."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    rules, country = CareRules.current(), Company.current().country
    rows = []
    for pk, opened, resolved, severity, what, zone, days in Complaint.objects.order_by("pk").values_list(
        "pk", *_COLUMNS
    ):
        hours = WorkingHours(rules.works_from, rules.works_until, tuple(days), zone, country)
        to_answer = rules.to_answer(severity)
        took = to_answer * (random.uniform(1, 4) if random.random() < _SHARE_ANSWERED_LATE else random.uniform(0.1, 1))
        answered: datetime | None = hours.after(opened, took)
        if answered and answered > (resolved or until):
            answered = resolved
        fault = next((fault for word, fault in _FAULTS.items() if word in what.lower()), FaultIn.OTHER)
        cost = Decimal(random.randrange(20, 900)) if resolved and random.random() < _SHARE_WITH_COST else None
        rows.append(
            (
                *(pk, hours.after(opened, to_answer), hours.after(opened, rules.to_resolve(severity)), answered),
                *(random.choice(_CHANNELS), fault if resolved else "", cost),
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 7)
