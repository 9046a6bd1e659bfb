"""A share that is known between two bounds, in per cent."""


class Bounded:
    """For what has a `share`, and the `lowest` and `highest` it may be, each from 0 to 1."""

    share: float
    lowest: float
    highest: float

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    @property
    def lowest_percent(self) -> int:
        return round(100 * self.lowest)

    @property
    def highest_percent(self) -> int:
        return round(100 * self.highest)
