"""Files of events: read kindly, refused by the line or, if damaged, as a whole."""

import gzip
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from interactions import event_files
from interactions.event_files import Event, EventFile, Refusal, UnreadableFile
from interactions.models import Kind
from tests.factories import TODAY

type Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file of events and gives its path."""

    def to_file(content: str | bytes, name: str = "events.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return to_file


def read(path: Path, latest: date = TODAY) -> tuple[list[Event], list[Refusal]]:
    lines = list(EventFile(path, latest=latest).read())
    return [line for line in lines if isinstance(line, Event)], [line for line in lines if isinstance(line, Refusal)]


def reasons(path: Path) -> dict[int, str]:
    return {refusal.line: refusal.reason for refusal in read(path)[1]}


def test_a_plain_file_is_read(write: Write) -> None:
    events, refused = read(
        write("customer,date,amount,type\nLindqvist AB,2026-03-31,12.50,purchase\nIto,2026-04-01,,call\n")
    )
    assert refused == []
    assert events == [
        Event(2, "Lindqvist AB", date(2026, 3, 31), Kind.PURCHASE, Decimal("12.50")),
        Event(3, "Ito", date(2026, 4, 1), Kind.CALL, None),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_and_line_ends_are_found_out(write: Write, delimiter: str, ending: str) -> None:
    lines = ["customer_id,date,amount", "7,2026-03-31,1.00", "8,2026-03-31,2.00"]
    events, refused = read(write(ending.join(lines).replace(",", delimiter)))
    assert [(event.customer, event.amount) for event in events] == [("7", Decimal(1)), ("8", Decimal(2))]
    assert refused == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_a_mark(write: Write, encoding: str) -> None:
    path = write("customer,date\nKovács Kft,2026-03-31\n伊藤商事,2026-03-31\nهدى,2026-03-31\n", encoding=encoding)
    events, refused = read(path)
    assert [event.customer for event in events] == ["Kovács Kft", "伊藤商事", "هدى"]
    assert refused == []
    assert EventFile(path, latest=TODAY).notes == []


def test_windows_text_is_read_and_said_to_be(write: Write) -> None:
    path = write("customer,date\nBäckström,2026-03-31\nCafé “Ö”,2026-03-31\n", encoding="cp1252")
    events, refused = read(path)
    assert [event.customer for event in events] == ["Bäckström", "Café “Ö”"]
    assert refused == []
    assert "Windows-1252" in EventFile(path, latest=TODAY).notes[0]


def test_a_few_broken_bytes_cost_their_line_and_not_the_encoding(write: Write) -> None:
    content = "customer,date\nBäckström,2026-03-31\nÅsa,2026-03-31\n".encode() + b"Caf\xe9,2026-03-31\n"
    path = write(content)
    assert [event.customer for event in read(path)[0]] == ["Bäckström", "Åsa"]
    assert "bytes" in reasons(path)[4]
    assert read(path)[1][0].text == "Caf\\xe9,2026-03-31"


def test_a_gzipped_file_is_known_by_its_content(write: Write) -> None:
    events, _refused = read(write(gzip.compress(b"customer,date\nIto,2026-03-31\n"), name="events.csv"))
    assert len(events) == 1


def test_without_types_an_amount_means_purchases_and_otherwise_calls(write: Write) -> None:
    assert read(write("customer,date,amount\nIto,2026-03-31,\n"))[0][0].kind == Kind.PURCHASE
    assert read(write("customer,date\nIto,2026-03-31\n"))[0][0].kind == Kind.CALL


def test_columns_that_are_not_known_are_named_and_ignored(write: Write) -> None:
    path = write("Customer,Colour,DATE\nIto,red,2026-03-31\n")
    assert read(path)[0][0].customer == "Ito"
    assert EventFile(path, latest=TODAY).notes == ["Columns that are not used: colour."]


def test_quoted_values_may_contain_the_delimiter(write: Write) -> None:
    events, _refused = read(write('customer,date\n"Ito, Ken ""K""",2026-03-31\n'))
    assert events[0].customer == 'Ito, Ken "K"'


def test_empty_lines_are_no_mistake(write: Write) -> None:
    events, refused = read(write("customer,date\n\nIto,2026-03-31\n\n  \n"))
    assert (len(events), events[0].line, refused) == (1, 3, [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Ito,31.03.2026,1,", "“31.03.2026” is not a date like 2026-03-31."),
        ("Ito,,1,", "“” is not a date like 2026-03-31."),
        ("Ito,2026-02-30,1,", "There is no day 2026-02-30."),
        ("Ito,1899-12-31,1,", "The date 1899-12-31 is not between 1900 and 2026-11-26."),
        ("Ito,2026-11-27,1,", "The date 2026-11-27 is not between 1900 and 2026-11-26."),
        ("Ito,٢٠٢٦-٠٣-٣١,1,", "“٢٠٢٦-٠٣-٣١” is not a date like 2026-03-31."),
        ("Ito,2026-03-31,=1+1,", "“=1+1” looks like a formula, not an amount like 1234.50."),
        ("Ito,2026-03-31,ten,", "“ten” is not an amount like 1234.50."),
        ("Ito,2026-03-31,NaN,", "“NaN” is not an amount like 1234.50."),
        ("Ito,2026-03-31,1e5,", "“1e5” is not an amount like 1234.50."),
        ('Ito,2026-03-31,"1,234",', "“1,234” is not an amount like 1234.50."),
        ("Ito,2026-03-31,1234567890123,", "“1234567890123” is not an amount like 1234.50."),
        ("Ito,2026-03-31,5,call", "A call has no amount; only purchases and gestures do."),
        (
            "Ito,2026-03-31,,fax",
            "“fax” is not a type; use one of call, meeting, visit, email, message, purchase, gesture, referral.",
        ),
        (",2026-03-31,1,", "The customer is missing."),
        ("  ,2026-03-31,1,", "The customer is missing."),
        ("Ito,2026-03-31,1", "The line has 3 columns instead of 4."),
        ("Ito,2026-03-31,1,,", "The line has 5 columns instead of 4."),
        ("I\0to,2026-03-31,1,", "The line has a NUL character in it."),
        ('"Ito,2026-03-31,1,', "A quotation mark is not closed, or text follows it."),
        (f"{'x' * 20_000},2026-03-31,1,", "The line is longer than 10000 characters."),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_rest_is_read(write: Write, line: str, reason: str) -> None:
    path = write(f"customer,date,amount,type\nA,2026-03-30,1,\n{line}\nB,2026-03-31,2,\n")
    assert reasons(path) == {3: reason}
    assert [(event.line, event.customer) for event in read(path)[0]] == [(2, "A"), (4, "B")]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"),
        ("12.5", "12.50"),
        ("12,5", "12.50"),
        ("-3.00", "-3.00"),
        ("+3", "3"),
        ("0.999", "1.00"),
        ("", None),
    ],
)
def test_amounts_with_one_meaning_are_taken(write: Write, text: str, amount: str | None) -> None:
    event = read(write(f"customer;date;amount\nIto;2026-03-31;{text}\n"))[0][0]
    assert event.amount == (None if amount is None else Decimal(amount))


def test_a_time_after_the_day_is_passed_over(write: Write) -> None:
    events, _refused = read(write("customer,date\nIto,2026-03-31T10:15:00+02:00\nIto,2026-03-31 10:15\n"))
    assert {event.day for event in events} == {date(2026, 3, 31)}


def test_a_zero_beside_a_call_is_no_amount(write: Write) -> None:
    assert read(write("customer,date,amount,type\nIto,2026-03-31,0,call\n"))[0][0].amount is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"customer,date\n", "no events after it"),
        (b"name,when\nIto,2026-03-31\n", "The first line must name the columns"),
        (b"Ito,2026-03-31\nIto,2026-04-01\n", "The first line must name the columns"),
        (b"customer,date,date\nIto,2026-03-31,2026-03-31\n", "names a column twice"),
        (b"\0\0\0\0\n\0\0\n", "The first line must name the columns"),
        (b"\x1f\x8b\x08garbage", "damaged or cut off"),
        (gzip.compress(b"customer,date\n" + b"Ito,2026-03-31\n" * 50_000)[:-12], "damaged or cut off"),
    ],
)
def test_an_unusable_file_is_refused_as_a_whole(write: Write, content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        EventFile(write(content), latest=TODAY)


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UnreadableFile, match="cannot be read"):
            EventFile(path, latest=TODAY)


def in_blocks(path: Path) -> tuple[list[Event | Refusal], int]:
    """What the lines of all blocks are, and how many blocks were plain."""
    file = EventFile(path, latest=TODAY)
    blocks = list(file.blocks())
    return [line for block in blocks for line in file.lines_of(block)], sum(block.is_plain for block in blocks)


PLAIN = "".join(f"{number % 7},2026-03-{number % 28 + 1:02},{number}.50\n" for number in range(40))


@pytest.mark.parametrize(
    ("lines", "plain"),
    [
        (PLAIN, True),
        (PLAIN.replace(".50", ""), True),
        (PLAIN.replace("\n", "\r\n"), True),
        (PLAIN.replace("3,", '"3",'), False),
        (PLAIN.replace("3,", "Bäck,"), False),
        (PLAIN + "\n\n" + PLAIN, False),
        (PLAIN + "7,2026-03-01\n" + PLAIN, False),
        (PLAIN + "7,yesterday,\n" + "x" * 10_100 + "\n" + PLAIN, False),
        (PLAIN + "7,2026-03-01,1,5\n" + PLAIN[:-1], False),
    ],
)
@pytest.mark.parametrize("size", [1, 64, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_file_in_blocks_has_the_lines_it_has_one_by_one(
    write: Write, monkeypatch: pytest.MonkeyPatch, lines: str, plain: bool, size: int, encoding: str
) -> None:
    monkeypatch.setattr(event_files, "_BLOCK", size)
    monkeypatch.setattr(event_files, "_LINES_AT_ONCE", size)
    path = write("customer,date,amount\n" + lines, encoding=encoding)
    found, plain_blocks = in_blocks(path)
    assert found == list(EventFile(path, latest=TODAY).read())
    assert EventFile(path, latest=TODAY).lines == 1 + lines.count("\n") + (not lines.endswith("\n"))
    if plain:
        # The first line, and nothing else, is none.
        assert plain_blocks == len(list(EventFile(path, latest=TODAY).blocks())) - 1
    elif size == 1 << 20:
        assert plain_blocks == 0


@pytest.mark.parametrize("header", ["customer,date,type", "customer,customer_id,date", "customer,date,remark"])
def test_only_a_customer_a_date_and_an_amount_are_plain(write: Write, header: str) -> None:
    assert in_blocks(write(f"{header}\n7,2026-03-01,call\n"))[1] == 0


def test_a_plain_line_stands_in_any_order_of_columns(write: Write) -> None:
    path = write("amount;date;customer_id\n1.50;2026-03-01;7\n;2026-03-02;7\n")
    assert in_blocks(path)[1] == 1
    file = EventFile(path, latest=TODAY)
    assert (file.plain_columns(), file.delimiter) == ("amount, date, customer", ";")
