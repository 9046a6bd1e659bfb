"""Brings the files of all languages up to date and says what is missing."""

import sys

from translating.catalogs import as_mo, as_po, languages, missing, po_file, up_to_date


def main() -> int:
    """The exit status: 0 if nothing is missing."""
    gaps = 0
    for language in languages():
        catalog = up_to_date(language)
        po_file(language).write_bytes(as_po(catalog))
        po_file(language).with_suffix(".mo").write_bytes(as_mo(catalog))
        not_said = missing(catalog)
        gaps += len(not_said)
        print(f"{language}: {len(catalog)} texts, {len(not_said)} not translated")
        for text in not_said:
            print(f"  {text!r}")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
