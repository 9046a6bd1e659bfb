"""Finds the texts of the product and keeps the files of translations in step with them: `make messages`."""
