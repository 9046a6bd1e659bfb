"""When a customer who buys at regular intervals will probably order again."""

from datetime import date, timedelta
from typing import Self

from django.db import models

from customers.models import Customer, CustomerDataQuerySet

# So far ahead an order is shown as expected.
AHEAD = timedelta(days=30)


class ExpectationQuerySet(CustomerDataQuerySet["Expectation"]):
    def ahead(self, on: date) -> Self:
        """Those expected soon, and those that are late, of customers we have."""
        return self.filter(expected_on__lte=on + AHEAD, customer__lost_on=None)


class Expectation(models.Model):
    """The next order of one customer, from the days of the orders before (retention.expecting)."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="expectation")
    orders = models.PositiveIntegerField(help_text="Days with a purchase it is drawn from.")
    usual_days = models.PositiveSmallIntegerField(help_text="Median of the days from one to the next.")
    usual_amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    last_on = models.DateField(help_text="The customer's own day of the last purchase.")
    expected_on = models.DateField()

    objects = ExpectationQuerySet.as_manager()

    class Meta:
        ordering = ["expected_on", "pk"]
        indexes = [models.Index(fields=["expected_on", "customer"], name="expectation_by_day")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.expected_on}"
