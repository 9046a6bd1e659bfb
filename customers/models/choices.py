"""What can be chosen for customers and contacts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    ACQUAINTANCE = "acquaintance", _("Acquaintance")
    FRIEND = "friend", _("Friend")
    DATING = "dating", _("Dating")
    ENGAGED = "engaged", _("Engaged")
    MARRIED = "married", _("Married")


class CountsAsContact(models.TextChoices):
    """What ends the silence of customers."""

    BOTH = "both", _("Conversations and purchases")
    TOUCHPOINTS = "touchpoints", _("Conversations only")
    PURCHASES = "purchases", _("Purchases only")


class Language(models.TextChoices):
    """Languages customers are written to; a text that is missing in one falls back to English."""

    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")
    FRENCH = "fr", _("French")
    SPANISH = "es", _("Spanish")
    SWEDISH = "sv", _("Swedish")
    ARABIC = "ar", _("Arabic")
    JAPANESE = "ja", _("Japanese")


class Tone(models.TextChoices):
    FORMAL = "formal", _("Formal")
    FRIENDLY = "friendly", _("Friendly")


class Channel(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    MESSENGER = "messenger", _("Messenger")
    IN_PERSON = "in_person", _("In person")


class CallEvery(models.TextChoices):
    """How often a contact wants to be called, in days; empty leaves it to us."""

    AS_YOU_THINK = "", _("As we think")
    MONTH = "30", _("Every month")
    QUARTER = "91", _("Every three months")
    HALF_YEAR = "182", _("Every six months")
    YEAR = "365", _("Once a year")


class ConsentKind(models.TextChoices):
    GREETINGS = "greetings", _("Greetings")
    THANKS = "thanks", _("Thank-you notes")
    SURVEYS = "surveys", _("Surveys")
