"""People who work with the product, their teams, and the company they work for."""

from accounts.models.absence import Absence, AbsenceQuerySet
from accounts.models.company import Anniversaries, Company, LeapDay, Visibility, leaves_most
from accounts.models.person import Role, Team, User, UserManager, UserQuerySet, working_week

__all__ = [
    "Absence",
    "AbsenceQuerySet",
    "Anniversaries",
    "Company",
    "LeapDay",
    "Role",
    "Team",
    "User",
    "UserManager",
    "UserQuerySet",
    "Visibility",
    "leaves_most",
    "working_week",
]
