"""What happens to the ledger when things die: real processes, real servers, and a mail server that remembers."""
