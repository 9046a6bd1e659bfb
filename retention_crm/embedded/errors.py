class EmbeddedError(Exception):
    """Something a person has to mend; its text is the sentence that says what and how."""
