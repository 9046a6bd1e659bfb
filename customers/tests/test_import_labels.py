"""Tags and the company's own fields in a file: recognised, checked, filled, shown, and taken back."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from customers.importing import values
from customers.importing.records import Refused
from customers.importing.reporting import first_lines
from customers.models import Customer, CustomField, Import, ImportRow, Tag
from customers.tests.importing import check_again, checked, everything, imported, undone, uploaded
from tests import factories

pytestmark = pytest.mark.django_db

Kind = CustomField.Kind


def own(name: str, kind: str = Kind.TEXT, **fields: Any) -> CustomField:
    return CustomField.objects.create(name=name, kind=kind, **fields)


def targets(intake: Import) -> list[str]:
    return [goes["target"] for goes in intake.mapping]


def tags(name: str = "Lindqvist AB") -> list[str]:
    return [tag.name for tag in Customer.objects.get(name=name).tags.all()]


def test_tags_and_own_fields_are_recognised_by_their_names_and_brought(manager: User) -> None:
    machines, renewal = own("Machines", Kind.NUMBER), own("Renewal", Kind.DATE)
    tier, member, notes = (
        own("Tier", Kind.CHOICE, choices=["Gold", "Silver"]),
        own("Member", Kind.YES_NO),
        own("Årets Mål"),
    )

    intake = imported(
        manager,
        "Company;Labels;MACHINES;Renewal;Tier;Member;arets mal\n"
        "Lindqvist AB;Key account, trade fair;1.250,5;01.03.27;gold;ja;Två  skift\n",
    )

    assert targets(intake) == ["company", "tags", *(field.column for field in (machines, renewal, tier, member, notes))]
    assert Customer.objects.get().custom == {
        machines.key: "1250.5",
        renewal.key: "2027-03-01",
        tier.key: "Gold",
        member.key: True,
        notes.key: "Två skift",
    }
    assert tags() == ["Key account", "trade fair"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Key account, trade fair;VIP", ["Key account", "trade fair", "VIP"]),
        (" a ,, ; b\nc ::: d ", ["a", "b", "c", "d"]),
        ('"Fair, autumn"; "He said ""no""",VIP', ["Fair, autumn", 'He said "no"', "VIP"]),
        ('10" pipes, VIP', ['10" pipes', "VIP"]),
        ("a, a,\u0301, ,", ["a"]),
        ('"', ['"']),
    ],
)
def test_several_tags_stand_in_one_cell(cell: str, names: list[str]) -> None:
    assert values.tags(cell) == names
    assert values.tags(values.in_one_cell(names)) == names


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("12", "12"),
        ("-12.50", "-12.5"),
        ("\u22123", "-3"),
        ("0,125", "0.125"),
        ("12,5", "12.5"),
        ("1,250.50", "1250.5"),
        ("1.250,50", "1250.5"),
        ("1.250.000", "1250000"),
        ("1,250,000", "1250000"),
        ("1 250", "1250"),
        ("12\u00a0500,75", "12500.75"),
        ("1’250", "1250"),
        ("1.2500", "1.25"),
        ("1234,567", "1234.567"),
        ("1e-05", "0.00001"),
        ("-0", "0"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: str, stored: str) -> None:
    assert values.own(CustomField(name="Machines", kind=Kind.NUMBER), cell) == stored


@pytest.mark.parametrize("cell", ["1.250", "1,250", "-12,500"])
def test_a_number_that_may_be_a_thousand_times_as_much_is_not_guessed(cell: str) -> None:
    with pytest.raises(Refused, match="can be a thousand or a decimal"):
        values.number(cell, "Machines")
    assert values.number(values.unmistakable("1.234"), "Machines") * 1000 == 1234


def test_a_value_that_does_not_fit_refuses_its_line_with_the_reason(manager: User) -> None:
    own("Machines", Kind.NUMBER)
    own("Renewal", Kind.DATE)
    own("Tier", Kind.CHOICE, choices=["Gold", "Silver"])
    own("Member", Kind.YES_NO)
    own("Plan")
    intake = checked(
        manager,
        "Company,Machines,Renewal,Tier,Member,Plan,Tags\n"
        "A,many,,,,,\n"
        "B,1e300,,,,,\n"
        "C,0.0000001,,,,,\n"
        "D,,31.02.2027,,,,\n"
        "E,,17 May,,,,\n"
        "F,,,Bronze,,,\n"
        "G,,,,perhaps,,\n"
        f"H,,,,,{'x' * 501},\n"
        f"I,,,,,,ok;{'x' * 41}\n"
        f"J,,,,,,{';'.join(map(str, range(51)))}\n"
        "K,3,2027-03-01,silver,no,Ok,ok\n",
    )

    assert intake.counts == {"refused": 10, "create": 1, "customers": 1}
    reasons = list(intake.rows.exclude(reason="").values_list("reason", flat=True))
    expected = [
        "Machines: “many” is no number that is understood",
        "Machines: “1e300” is no number",
        "Machines: “0.0000001” has too many digits.",
        "Renewal: “31.02.2027” is no day that is understood",
        "Renewal: “17 May” has no year.",
        "Tier: “Bronze” can not be chosen. There are: Gold, Silver.",
        "“perhaps” says neither yes nor no.",
        "Plan has 501 characters; there may be 500.",
        "is too long for a tag; it may have 40 characters",
        "There are 51 tags; there may be 50.",
    ]
    for reason, words in zip(reasons, expected, strict=True):
        assert words in reason
    assert not Tag.objects.exists()


def test_a_line_is_shown_with_them_in_words_before_it_is_written(manager: User) -> None:
    own("Machines", Kind.NUMBER)
    own("Renewal", Kind.DATE)
    own("Member", Kind.YES_NO)

    intake = checked(manager, "Company,Tags,Machines,Renewal,Member\nX,VIP;fair,1250.5,2027-03-01,no\n")

    (line,) = first_lines(intake)
    assert line.values == [
        ("Tags", "VIP, fair"),
        ("Machines", "1,250.5"),
        ("Renewal", "1 March 2027"),
        ("Member", "No"),
    ]


@pytest.mark.parametrize(("mode", "plan", "member"), [("fill", "old", False), ("overwrite", "new", True)])
def test_who_is_there_is_filled_up_or_overwritten_and_keeps_their_tags(
    manager: User, mode: str, plan: str, member: bool
) -> None:
    fields = own("Plan"), own("Member", Kind.YES_NO), own("Empty"), own("Other")
    plan_field, member_field, empty, other = fields
    kept = {plan_field.key: "old", member_field.key: False, other.key: "stays"}
    customer = factories.customer(manager, name="Lindqvist AB", custom=kept)
    customer.tags.set(Tag.objects.named(["Key account", "old friend"]))

    intake = imported(
        manager,
        "Company,Name,Plan,Member,Empty,Other,Tags\nLindqvist AB,Anna,new,yes,filled,,KEY ACCOUNT;fair\n",
        mode=mode,
    )

    customer.refresh_from_db()
    assert customer.custom == {
        plan_field.key: plan, member_field.key: member, empty.key: "filled", other.key: "stays"
    }  # fmt: skip
    assert tags() == ["fair", "Key account", "old friend"]
    assert intake.counts["created"] == 1


@pytest.mark.parametrize("mode", ["fill", "overwrite"])
def test_brought_twice_they_change_nothing(manager: User, mode: str) -> None:
    own("Machines", Kind.NUMBER)
    file = "Company,Name,Machines,Tags\nX,Anna,3,VIP\nX,Bo,3,VIP;fair\n"
    imported(manager, file)
    before = everything()

    again = imported(manager, file, mode=mode)

    assert again.counts == {"unchanged": 2, "customers": 0, "contacts": 0}
    assert everything() == before


def test_what_several_lines_say_of_a_customer_comes_together(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.importing.running._ROWS_AT_ONCE", 2)
    one, two = own("One"), own("Two")

    intake = imported(
        manager,
        "Company,Name,One,Two,Tags\nX,Anna,a,,VIP\nX,Bo,b,c,fair\nX,Cleo,,d,vip;new\nOther,Dan,,,\n",
    )

    customer = Customer.objects.get(name="X")
    assert customer.custom == {one.key: "a", two.key: "c"}
    assert tags("X") == ["fair", "new", "VIP"]
    assert undone(intake).counts["kept"] == 0
    assert not Customer.objects.exists()
    assert not Tag.objects.exists()


def test_a_colleagues_line_says_nothing_of_a_customer_that_is_another(manager: User) -> None:
    field = own("Plan")
    anna = factories.contact(factories.customer(manager, name="Lindqvist AB"), name="Anna", email="a@x.example")

    imported(manager, "Company,Name,Email,Plan,Tags\nHaddad,Anna,a@x.example,theirs,theirs\n", mode="overwrite")

    anna.customer.refresh_from_db()
    assert field.key not in anna.customer.custom
    assert tags() == []


def test_undo_takes_them_back_and_tags_nobody_has(manager: User) -> None:
    own("Plan")
    gone, changed = own("Gone"), own("Changed")
    customer = factories.customer(manager, name="Lindqvist AB", custom={changed.key: "before"})
    customer.tags.set(Tag.objects.named(["Key account"]))
    before = everything()
    intake = imported(
        manager,
        "Company,Name,Plan,Gone,Changed,Care note,Tags\n"
        "Lindqvist AB,Anna,a,b,c,Slowly,key account;fair\nNew AB,Bo,a,,,,fair;VIP\n",
        mode="overwrite",
    )
    assert Customer.objects.get(name="Lindqvist AB").custom[gone.key] == "b"

    assert undone(intake).counts["kept"] == 0

    assert everything() == before


def test_undo_leaves_what_was_changed_or_used_since(manager: User) -> None:
    plan = own("Plan")
    factories.customer(manager, name="Lindqvist AB")
    other = factories.customer(manager, name="Other AB")
    intake = imported(
        manager,
        "Company,Plan,Tags\nLindqvist AB,brought,fair\nNew AB,brought,VIP\nTagged AB,,VIP\nKept AB,,kept;VIP\n",
    )
    other.tags.set(Tag.objects.named(["fair"]))
    Customer.objects.filter(name__in=["Lindqvist AB", "New AB"]).set_custom({plan.key: "mine"})
    Customer.objects.get(name="Tagged AB").tags.add(*Tag.objects.named(["by hand"]))
    factories.interaction(Customer.objects.get(name="Kept AB"))

    assert undone(intake).counts["kept"] == 4

    kept = dict(intake.rows.values_list("line", "kept_because"))
    assert kept[2] == "“Plan” was changed since."
    assert kept[3] == "The customer was changed since."
    assert kept[4] == "The customer is in use: tags."
    assert tags() == []
    assert tags("Kept AB") == ["kept", "VIP"]
    assert set(Tag.objects.values_list("name", flat=True)) == {"fair", "by hand", "kept", "VIP"}


def test_imports_from_before_there_were_labels_can_be_undone(manager: User) -> None:
    """Their lines know nothing of tags, and the marks of their customers nothing of own fields."""
    intake = imported(manager, "Company,Name\nX,Anna\n")
    row = intake.rows.get()
    assert row.record is not None
    del row.record["tags"], row.record["custom"]
    ImportRow.objects.filter(pk=row.pk).update(record=row.record)

    assert undone(intake).counts["kept"] == 0
    assert not Customer.objects.exists()


def test_names_of_ours_go_where_they_always_went_and_an_own_field_of_that_name_is_the_second(manager: User) -> None:
    country, city, tag = own("Country"), own("City"), own("Tags")

    alone = uploaded(manager, "Company,Country,City,Tags\nX,Sweden,Malmö,VIP\n")
    both = uploaded(manager, "Company,Country,Tags,Country,Tags\nX,SE,VIP,North,x\n")

    assert targets(alone) == ["company", "country", city.column, "tags"]
    assert targets(both) == ["company", "country", "tags", country.column, tag.column]


def test_a_field_that_is_not_in_use_any_more_is_not_filled(manager: User) -> None:
    field = own("Plan")
    imported(manager, "Company,Plan\nX,a\n")
    CustomField.objects.update(is_used=False)

    again = uploaded(manager, "Company,Plan\nY,b\n")

    assert targets(again) == ["company", ""]
    check_again(again, mapping={"Plan": field.column})
    assert again.rows.get().record["custom"] == {}  # type: ignore[index]


def test_a_field_made_for_a_file_is_recognised_though_the_column_was_left_out_before(manager: User) -> None:
    imported(manager, "Company,Plan,Since\nX,a,2020-01-01\n", mapping={"Since": ""})
    field = own("Plan")

    assert targets(uploaded(manager, "Company,Plan,Since\nX,a,2020-01-01\n")) == ["company", field.column, ""]


def test_a_card_has_its_categories_as_tags(manager: User) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nFN:Anna Berg\nN:Berg;Anna\nORG:Lindqvist AB\nCATEGORIES:VIP,Trade fair\nEND:VCARD\n"
    )

    imported(manager, card, "anna.vcf")

    assert tags() == ["Trade fair", "VIP"]


def test_days_far_ahead_may_have_two_digits(manager: User) -> None:
    field = own("Renewal", Kind.DATE)
    year = manager.today().year
    ahead = manager.today() + timedelta(days=365 * 20)

    imported(manager, f"Company,Renewal\nA,{ahead:%d.%m.%y}\nB,01.01.{(year - 20) % 100:02}\n")

    assert Customer.objects.get(name="A").custom[field.key] == ahead.isoformat()
    assert Customer.objects.get(name="B").custom[field.key] == f"{year - 20}-01-01"


def test_the_order_of_days_is_asked_for_own_fields_too(manager: User) -> None:
    field = own("Renewal", Kind.DATE)

    imported(manager, "Company,Renewal\nX,03/04/2027\n", order="month")

    assert Customer.objects.get().custom == {field.key: "2027-03-04"}
