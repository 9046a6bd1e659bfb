"""Measures speed on a large company and compares it with bare Django, bare SQL and bare smtplib: `make bench`."""
