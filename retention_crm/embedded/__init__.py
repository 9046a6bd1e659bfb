"""The servers of the default installation and the one terminal that runs everything.

Nothing in this package imports Django: it runs before settings can be read.
"""
