"""Satisfaction surveys: what is asked, who was asked, what they answered."""

from surveys.models.invitation import TOKEN_PURPOSE, Begun, Invitation, InvitationQuerySet, new_nonce
from surveys.models.occasion import MOST_DAYS, MOST_MONTHS, Occasion, Queued
from surveys.models.question import (
    CHOICES,
    SCALES,
    TEXTS,
    Kind,
    Question,
    QuestionQuerySet,
    Sign,
    new_key,
)
from surveys.models.response import (
    DETRACTOR_MAX,
    EDIT_WINDOW,
    EXCERPT_LENGTH,
    NPS_TOP,
    OPINION_SCORES,
    PASSIVE_MAX,
    Answer,
    AnswerQuerySet,
    Opinion,
    Response,
    ResponseQuerySet,
    opinion_of,
)
from surveys.models.survey import Survey, SurveyQuerySet, Version
from surveys.models.theme import Theme, ThemeChoice
from surveys.models.unnamed import PUBLIC_PURPOSE, PublicLink, Unnamed, UnnamedAnswer, UnnamedQuerySet

__all__ = [
    "CHOICES",
    "DETRACTOR_MAX",
    "EDIT_WINDOW",
    "EXCERPT_LENGTH",
    "MOST_DAYS",
    "MOST_MONTHS",
    "NPS_TOP",
    "OPINION_SCORES",
    "PASSIVE_MAX",
    "PUBLIC_PURPOSE",
    "SCALES",
    "TEXTS",
    "TOKEN_PURPOSE",
    "Answer",
    "AnswerQuerySet",
    "Begun",
    "Invitation",
    "InvitationQuerySet",
    "Kind",
    "Occasion",
    "Opinion",
    "PublicLink",
    "Question",
    "QuestionQuerySet",
    "Queued",
    "Response",
    "ResponseQuerySet",
    "Sign",
    "Survey",
    "SurveyQuerySet",
    "Theme",
    "ThemeChoice",
    "Unnamed",
    "UnnamedAnswer",
    "UnnamedQuerySet",
    "Version",
    "new_key",
    "new_nonce",
    "opinion_of",
]
