"""Files as they should not be: each is read as far as it can be, and says what cannot."""

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from accounts.models import User
from customers.importing import xlsx_files
from customers.importing.csv_files import open_csv
from customers.importing.tables import LONGEST_LINE, Table, UnreadableFile
from customers.importing.xlsx_files import open_xlsx
from customers.models import Contact, ContactDetail, ImportState
from customers.tests.importing import imported, refreshed, uploaded

WORDS = "Name;Ort\nJürgen Groß;Köln – Süd\nÅsa Öberg;Malmö\n"


def read(data: bytes, **reading: Any) -> tuple[Table, list[list[str]], list[tuple[int, str]]]:
    """The table, the cells of its good lines, and number and reason of the others."""
    table = open_csv(io.BytesIO(data), **reading)
    lines = list(table.lines)
    return (
        table,
        [line.cells for line in lines if not line.broken],
        [(line.number, line.broken) for line in lines if line.broken],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_recognised(encoding: str) -> None:
    _table, rows, broken = read(WORDS.encode(encoding))

    assert rows == [["Jürgen Groß", "Köln – Süd"], ["Åsa Öberg", "Malmö"]]
    assert broken == []


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", "Имя;Город\nАнна Иванова;Москва\nБорис Петров;Санкт-Петербург\nМария Смирнова;Новосибирск\n"),
        ("cp932", "名前;都市\n伊藤さくら;東京都港区\n山田太郎;大阪市北区\n鈴木一郎;名古屋市\n"),
    ],
)
def test_other_alphabets_are_recognised(encoding: str, words: str) -> None:
    table, rows, _broken = read(words.encode(encoding))

    assert table.found["encoding"] == encoding
    assert [";".join(row) for row in [table.columns, *rows]] == words.strip().split("\n")


def test_what_is_not_recognised_can_be_said() -> None:
    data = "Imię;Miasto\nŁucja Żak;Łódź\n".encode("cp1250")
    assert read(data, encoding="cp1250")[1] == [["Łucja Żak", "Łódź"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(delimiter: str) -> None:
    text = 'Name;Note;Amount\nAnna;"a, b; c|d";1,5\n'.replace(";", delimiter).replace(f"b{delimiter} c", "b; c")
    table, rows, _broken = read(text.encode() if delimiter != "," else b'Name,Note,Amount\nAnna,"a, b; c|d","1,5"\n')

    assert (table.found["delimiter"], len(table.columns)) == (delimiter, 3)
    assert rows[0][0] == "Anna"


def test_excels_word_for_the_delimiter_is_obeyed() -> None:
    table, rows, _broken = read(b"sep=|\r\nName|Town, or so\r\nAnna|a;b\r\n")

    assert (table.columns, rows) == (["Name", "Town, or so"], [["Anna", "a;b"]])


def test_a_cell_may_have_several_lines_and_an_open_quotation_mark_costs_one_line() -> None:
    data = b'Name,Note\nAnna,"one\ntwo, ""three"""\nBo,"never closed\nCleo,fine\nDan,"x" y\nEva,ok\n'
    _table, rows, broken = read(data)

    assert rows == [["Anna", 'one\ntwo, "three"'], ["Cleo", "fine"], ["Eva", "ok"]]
    assert broken == [
        (4, "A quotation mark is not closed, or text follows it."),
        (6, "A quotation mark is not closed, or text follows it."),
    ]


def test_damage_costs_its_own_line() -> None:
    long = b"x" * (LONGEST_LINE + 50_000)
    lines = [
        b"Name,Town",
        b"An\0na,Rome",
        b"B\xff\xfeo,Paris",
        b"Cleo," + long,
        b"Dan,Oslo,1,2",
        b"Eva",
        b"",
        b"F,\xc3\xa9,,",
    ]
    _table, rows, broken = read(b"\r\n".join(lines))

    assert rows == [["Eva", ""], ["F", "é"]]
    assert [number for number, _reason in broken] == [2, 3, 4, 5]
    reasons = [reason for _number, reason in broken]
    assert ["NUL" in reasons[0], "bytes" in reasons[1], "longer than" in reasons[2], "4 columns" in reasons[3]] == [
        True
    ] * 4


def test_a_cell_of_a_megabyte_is_refused_and_the_next_line_read() -> None:
    _table, rows, broken = read(b'Name,Note\nAnna,"' + b"x" * 1_000_000 + b'"\nBo,fine\n')

    assert (rows, [number for number, _reason in broken]) == ([["Bo", "fine"]], [2])


def test_formulas_are_text_and_the_guard_before_them_is_taken_off() -> None:
    _table, rows, _broken = read(b"Name,Phone\n=HYPERLINK(1),'+46 70 1\n'=1+1,-\n'Oskar,1\n")

    assert rows == [["=HYPERLINK(1)", "+46 70 1"], ["=1+1", "-"], ["'Oskar", "1"]]


def test_a_file_without_names_of_columns_keeps_its_first_line() -> None:
    table, rows, _broken = read(b"Anna Berg,anna@x.example\nBo Ek,bo@x.example\n")

    assert table.columns == ["Column 1", "Column 2"]
    assert len(rows) == 2
    assert table.found["notes"] == ["The first line holds data and no names of columns."]
    assert len(read(b"Anna,Berg\nBo,Ek\n", headless=True)[1]) == 2


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n \r\n", b"\0\0\0"])
def test_nothing_is_said_to_be_nothing(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="empty"):
        read(data)


# Workbooks


def workbook(*rows: list[Any], title: str = "People") -> bytes:
    book = Workbook()
    book.create_sheet("Empty", 0)
    sheet = book.create_sheet(title, 1)
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read_as_its_values() -> None:
    moment = datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 - spreadsheets have no time zones
    data = workbook(
        [None, None],
        ["Name", "Number", "Share", "Day", "Moment", "Time", "Yes", "Formula", None],
        ["Ä_x0041_nna", 701234567.0, 0.5, date(1980, 5, 17), moment, time(9, 30), True, "=1/0"],
        [],
        ["Bo", 1, None, None, None, None, None, "#N/A", "beside"],
        ["Cleo", 1.234, 0.1 + 0.2, None, None, None, False, "#N/A"],
    )
    table = open_xlsx(io.BytesIO(data))
    first, second, third = table.lines

    assert table.columns == ["Name", "Number", "Share", "Day", "Moment", "Time", "Yes", "Formula"]
    assert first.cells[1:] == ["701234567", "0.5", "1980-05-17", "2026-03-01 09:30:00", "09:30:00", "yes", ""]
    assert third.cells == ["Cleo", "1.2340", "0.3", "", "", "", "no", ""]
    assert (first.number, second.number, bool(second.broken)) == (3, 5, True)
    assert table.found["notes"] == ["Only the sheet “People” is read, of 3."]


def test_a_workbook_is_imported(db: None, manager: User) -> None:
    intake = imported(
        manager, workbook(["Name", "Birthday", "Phone"], ["Anna", date(1980, 5, 17), 701234567]), "a.xlsx"
    )

    anna = Contact.objects.get()
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, 1980)
    assert (anna.phone, intake.found["format"]) == ("+46 70 123 45 67", "xlsx")


def bomb(name: str, size: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * size)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "limit"), [("xl/worksheets/sheet1.xml", "MOST_UNPACKED"), ("xl/sharedStrings.xml", "MOST_STRINGS")]
)
def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch, name: str, limit: str) -> None:
    monkeypatch.setattr(xlsx_files, limit, 4_000_000)
    data = bomb(name, 5_000_000)
    assert len(data) < 50_000

    with pytest.raises(UnreadableFile, match="unpacks to more"):
        open_xlsx(io.BytesIO(data))


def test_a_sheet_that_lies_about_its_size_costs_nothing() -> None:
    data = workbook(["Name"], ["Anna"])
    lying = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(lying, "w") as after:
        for entry in before.infolist():
            content = before.read(entry).replace(b'<dimension ref="A1:A2"', b'<dimension ref="A1:XFD1048576"')
            after.writestr(entry, content)

    assert [line.cells for line in open_xlsx(io.BytesIO(lying.getvalue())).lines] == [["Anna"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 and then nothing", "no workbook"),
        (bomb("other.xml", 1_000_000), "no workbook"),
        (workbook(), "empty"),
        (workbook(["Name"], ["Anna"])[:-300], "no workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel"),
        (b"%PDF-1.7", "no CSV"),
        (b"BEGIN:VCARD\n", "nothing after it|damaged"),
        (b"Name,Email\n", "nothing after it"),
    ],
    ids=["cut", "another archive", "empty", "cut off", "xls", "pdf", "cut card", "header only"],
)
@pytest.mark.django_db
def test_what_can_not_be_read_says_why(manager: User, data: bytes, words: str) -> None:
    intake = uploaded(manager, data)
    reason = intake.problem or " ".join(intake.rows.values_list("reason", flat=True))

    assert any(word in reason for word in words.split("|"))


@pytest.mark.django_db
def test_damage_within_a_workbook_ends_it_with_a_word(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(["Name"], *[[f"Person {number}"] for number in range(3)])
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(broken, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            is_sheet = entry.filename == "xl/worksheets/sheet2.xml"
            after.writestr(entry, content.replace(b'<row r="4"', b'<row r="4" <') if is_sheet else content)
    intake = uploaded(manager, broken.getvalue(), "broken.xlsx")

    assert intake.state == ImportState.MAPPING
    assert (
        intake.rows.filter(is_broken=True).get().reason == "From here on the workbook is damaged and can not be read."
    )
    assert refreshed(intake).rows.filter(is_broken=False).count() == 2


@pytest.mark.django_db
def test_text_is_kept_as_it_is_and_run_by_nothing(manager: User) -> None:
    words = '{{ 7|add:7 }} {% load x %} <script>alert(1)</script> %s {name} \\\\N \\"quoted\\" {a,b}'
    imported(
        manager, f'Name,Notes\n"{words.replace(chr(34), chr(34) * 2)}",{words.replace(",", ";").replace(chr(34), "")}\n'
    )

    assert Contact.objects.get().name == words
    assert ContactDetail.objects.get().value == words.replace(",", ";").replace('"', "")
