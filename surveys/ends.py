"""The usual words at both ends of each scale, in every language customers are written to, for page and mail alike."""

from surveys.models import Kind

type Ends = tuple[str, str]

_NPS, _CSAT, _CES = Kind.NPS.value, Kind.CSAT.value, Kind.CES.value

_ENDS: dict[str, dict[str, Ends]] = {
    "ar": {
        _NPS: ("غير محتمل إطلاقًا", "محتمل جدًا"),
        _CSAT: ("غير راضٍ إطلاقًا", "راضٍ جدًا"),
        _CES: ("صعب جدًا", "سهل جدًا"),
    },
    "de": {
        _NPS: ("sehr unwahrscheinlich", "sehr wahrscheinlich"),
        _CSAT: ("sehr unzufrieden", "sehr zufrieden"),
        _CES: ("sehr schwierig", "sehr einfach"),
    },
    "en": {
        _NPS: ("not at all likely", "extremely likely"),
        _CSAT: ("very dissatisfied", "very satisfied"),
        _CES: ("very difficult", "very easy"),
    },
    "es": {
        _NPS: ("nada probable", "muy probable"),
        _CSAT: ("nada satisfecho", "muy satisfecho"),
        _CES: ("muy difícil", "muy fácil"),
    },
    "fr": {
        _NPS: ("pas du tout probable", "tout à fait probable"),
        _CSAT: ("pas du tout satisfait", "très satisfait"),
        _CES: ("très difficile", "très facile"),
    },
    "ja": {
        _NPS: ("まったく思わない", "とてもそう思う"),
        _CSAT: ("とても不満", "とても満足"),
        _CES: ("とても難しい", "とても簡単"),
    },
    "sv": {
        _NPS: ("inte alls troligt", "mycket troligt"),
        _CSAT: ("mycket missnöjd", "mycket nöjd"),
        _CES: ("mycket svårt", "mycket lätt"),
    },
}


def usual_ends(kind: str, language: str) -> Ends:
    """In that language; in English for one nobody is written to in."""
    return _ENDS.get(language, _ENDS["en"])[kind]
