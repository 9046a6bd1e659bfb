"""What people keep of the pages they look at, and the changes they make to many customers at once."""

from dashboard.models.bulk import BulkChange, BulkRow
from dashboard.models.calendar import CalendarFeed
from dashboard.models.views import FirstView, SavedView

__all__ = ["BulkChange", "BulkRow", "CalendarFeed", "FirstView", "SavedView"]
