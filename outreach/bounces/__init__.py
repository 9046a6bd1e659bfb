"""What happened to a mail after it was handed over: told by a provider, or by a mail that came back."""
