"""Mail servers that are silent, refuse, hang up, or have ten thousand mails to take."""

import time
from collections.abc import Callable
from functools import partial

from faults.sink import DROP
from faults.stage import Result, Stage
from outreach.models import Message, SendingPause, State, Suppression


def trouble(
    stage: Stage, step: str, answers: tuple[str, ...], *, times: int = 30, after: float = 0, unknown: int = 0
) -> Result:
    """So many times each of the answers, then a server that takes everything."""
    stage.greetings(10 * times * len(answers))
    for answer in answers:
        stage.sink.tell(step, answer, times=times, after=after)
    stage.start()
    recovery = stage.wait(stage.settled)
    return stage.finish("", faults=times * len(answers), recovery=recovery, unknown=unknown)


def no_such_user(stage: Stage, *, times: int = 30) -> Result:
    stage.greetings(10 * times)
    stage.sink.tell("RCPT", "550 5.1.1 no such user", times=times)
    stage.start()
    recovery = stage.wait(stage.settled)
    result = stage.finish("", faults=times, recovery=recovery, unknown=0, fine=[State.FAILED])
    suppressed = Suppression.objects.count()
    if (result.states["failed"], suppressed) != (times, times):
        result.complaints.append(f"{result.states['failed']} failed and {suppressed} are suppressed, expected {times}")
    return result


def wrong_credentials(stage: Stage, *, seconds: float = 70.0, click: bool = False) -> Result:
    """The login is refused for a while; sending goes on by itself."""
    stage.greetings(300)
    stage.sink.always("AUTH", "535 5.7.8 wrong password")
    stage.start(EMAIL_URL=stage.sink.url(login=True))
    stage.wait(lambda: SendingPause.objects.filter(ended_at=None).exists())
    time.sleep(seconds)
    waited = Message.objects.filter(state=State.PLANNED).count()
    stage.sink.always("AUTH")
    began = time.monotonic()
    if click:
        SendingPause.objects.filter(ended_at=None).update(try_again_at=SendingPause.objects.get().began_at)
    stage.wait(stage.settled)
    result = stage.finish("", faults=1, recovery=time.monotonic() - began, unknown=0)
    pauses = SendingPause.objects.count()
    if (waited, pauses, result.states["sent"], Suppression.objects.count()) != (300, 1, 300, 0):
        result.complaints.append(f"{waited} waited, {pauses} pauses, {result.states['sent']} sent")
    return result


def many(stage: Stage, *, number: int = 10_000) -> Result:
    stage.greetings(number)
    stage.start()
    recovery = stage.wait(stage.settled)
    return stage.finish("", faults=0, recovery=recovery, unknown=0)


LATER = ("421 4.3.2 going down", "451 4.3.0 later", "452 4.2.2 mailbox full")
CASES: dict[str, Callable[[Stage], Result]] = {
    "smtp silent for 30 s": partial(trouble, step=".", answers=("250 OK",), times=4, after=30, unknown=4),
    "smtp 421, 451, 452, then good": partial(trouble, step=".", answers=LATER),
    "smtp 550 5.1.1": no_such_user,
    "smtp 535 for a minute": wrong_credentials,
    "smtp drops before the dot": partial(trouble, step="content", answers=(DROP,), unknown=30),
    "smtp drops after the dot": partial(trouble, step=".", answers=(DROP,), unknown=30),
    "smtp takes 10,000": many,
}
SHORT: dict[str, Callable[[Stage], Result]] = {
    "smtp drops after the dot": partial(trouble, step=".", answers=(DROP,), times=3, unknown=3),
    "smtp 535, then a click": partial(wrong_credentials, seconds=1, click=True),
}
