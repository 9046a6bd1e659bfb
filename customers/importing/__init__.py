"""Bringing customers and contacts from other systems: read, name the columns, check, write, and take back."""
