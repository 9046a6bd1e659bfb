"""What people keep of the pages they look at, and the changes they make to many customers at once."""

from dashboard.models.beginning import Beginning
from dashboard.models.bulk import BulkChange, BulkRow
from dashboard.models.calendar import CalendarFeed
from dashboard.models.views import FirstView, SavedView

__all__ = ["Beginning", "BulkChange", "BulkRow", "CalendarFeed", "FirstView", "SavedView"]
