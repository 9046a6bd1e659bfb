"""Files as other programs write them, with every field used; each column is given beside its value."""

import csv
import io

type Row = dict[str, str]

GOOGLE: Row = {
    "First Name": "Anna",
    "Middle Name": "Maria",
    "Last Name": "Berg",
    "Phonetic First Name": "Ah-na",
    "Phonetic Middle Name": "Ma-ree-ah",
    "Phonetic Last Name": "Bairy",
    "Name Prefix": "Dr.",
    "Name Suffix": "MBA",
    "Nickname": "Annie",
    "File As": "Berg, Anna",
    "Organization Name": "Lindqvist AB",
    "Organization Title": "Head of buying",
    "Organization Department": "Purchasing",
    "Birthday": "1980-05-17",
    "Notes": "Likes tea.\nNever on Mondays.",
    "Photo": "https://photos.example/anna.jpg",
    "Labels": "* myContacts ::: Key accounts",
    "E-mail 1 - Label": "* Work",
    "E-mail 1 - Value": "anna@lindqvist.example",
    "E-mail 2 - Label": "Home",
    "E-mail 2 - Value": "anna@home.example",
    "Phone 1 - Label": "Mobile",
    "Phone 1 - Value": "070-123 45 67",
    "Phone 2 - Label": "Work Fax",
    "Phone 2 - Value": "+46 8 123 45 99",
    "Address 1 - Label": "Work",
    "Address 1 - Formatted": "Storgatan 1\nBox 12\nStockholm, 111 22\nSE",
    "Address 1 - Street": "Storgatan 1",
    "Address 1 - City": "Stockholm",
    "Address 1 - PO Box": "Box 12",
    "Address 1 - Region": "Uppland",
    "Address 1 - Postal Code": "111 22",
    "Address 1 - Country": "SE",
    "Address 1 - Extended Address": "Floor 3",
    "Relation 1 - Label": "Spouse",
    "Relation 1 - Value": "Nils Berg",
    "Website 1 - Label": "Blog",
    "Website 1 - Value": "https://anna.example/blog",
    "Event 1 - Label": "Anniversary",
    "Event 1 - Value": " --06-01",
    "Custom Field 1 - Label": "Shoe size",
    "Custom Field 1 - Value": "39",
}
GOOGLE_OF_OLD: Row = {
    "Name": "Anna Maria Berg",
    "Given Name": "Anna",
    "Additional Name": "Maria",
    "Family Name": "Berg",
    "Yomi Name": "Ah-na Bairy",
    "Name Prefix": "Dr.",
    "Name Suffix": "MBA",
    "Initials": "AB",
    "Nickname": "Annie",
    "Short Name": "Anni",
    "Birthday": "--05-17",
    "Gender": "female",
    "Location": "Stockholm office",
    "Occupation": "Economist",
    "Hobby": "Sailing",
    "Notes": "Likes tea.",
    "Language": "sv",
    "Group Membership": "* myContacts ::: Key accounts",
    "E-mail 1 - Type": "* Work",
    "E-mail 1 - Value": "anna@lindqvist.example ::: a.berg@lindqvist.example",
    "E-mail 2 - Type": "Home",
    "E-mail 2 - Value": "anna@home.example",
    "IM 1 - Type": "Skype name",
    "IM 1 - Service": "Skype",
    "IM 1 - Value": "anna.berg.skype",
    "Phone 1 - Type": "Mobile",
    "Phone 1 - Value": "0701234567 ::: 0709999999",
    "Address 1 - Type": "Home",
    "Address 1 - Formatted": "Lilla gatan 2\nUppsala",
    "Address 1 - Street": "Lilla gatan 2",
    "Address 1 - City": "Uppsala",
    "Address 1 - Country": "Sweden",
    "Organization 1 - Type": "",
    "Organization 1 - Name": "Lindqvist AB",
    "Organization 1 - Title": "Head of buying",
    "Organization 1 - Department": "Purchasing",
    "Website 1 - Type": "Profile",
    "Website 1 - Value": "https://profiles.example/anna",
    "Event 1 - Type": "First order",
    "Event 1 - Value": "2011-06-01",
    "Custom Field 1 - Type": "Shoe size",
    "Custom Field 1 - Value": "39",
}
OUTLOOK: Row = {
    "Title": "Dr.",
    "First Name": "Anna",
    "Middle Name": "Maria",
    "Last Name": "Berg",
    "Suffix": "MBA",
    "Company": "Lindqvist AB",
    "Department": "Purchasing",
    "Job Title": "Head of buying",
    "Business Street": "Storgatan 1",
    "Business Street 2": "Floor 3",
    "Business City": "Stockholm",
    "Business State": "Uppland",
    "Business Postal Code": "111 22",
    "Business Country/Region": "Sweden",
    "Home Street": "Lilla gatan 2",
    "Home City": "Uppsala",
    "Home Postal Code": "753 10",
    "Home Country/Region": "Sweden",
    "Other Street": "Sommarvägen 3",
    "Other City": "Visby",
    "Assistant's Phone": "08-123 45 01",
    "Business Fax": "08-123 45 02",
    "Business Phone": "08-123 45 67",
    "Business Phone 2": "08-123 45 68",
    "Callback": "08-123 45 03",
    "Car Phone": "08-123 45 04",
    "Company Main Phone": "08-123 45 00",
    "Home Fax": "018-12 34 02",
    "Home Phone": "018-12 34 56",
    "Mobile Phone": "070-123 45 67",
    "Pager": "0740-12 34 56",
    "Account": "A-17",
    "Anniversary": "6/13/2010",
    "Assistant's Name": "Eva Ek",
    "Billing Information": "By the month",
    "Birthday": "5/17/1980",
    "Categories": "Key accounts",
    "Children": "Ida, Olle",
    "Directory Server": "",
    "E-mail Address": "anna@lindqvist.example",
    "E-mail Type": "SMTP",
    "E-mail Display Name": "Anna Berg (Lindqvist)",
    "E-mail 2 Address": "anna@home.example",
    "E-mail 2 Type": "SMTP",
    "E-mail 2 Display Name": "Anna at home",
    "Gender": "Unspecified",
    "Government ID Number": "800517-0000",
    "Hobby": "Sailing",
    "Initials": "A.M.B.",
    "Internet Free Busy": "",
    "Keywords": "fair 2019",
    "Language": "Swedish",
    "Location": "Second floor",
    "Manager's Name": "Olof Lindqvist",
    "Mileage": "120 km",
    "Notes": "Likes tea.\nNever on Mondays.",
    "Office Location": "B 214",
    "Organizational ID Number": "4711",
    "PO Box": "Box 12",
    "Priority": "Normal",
    "Private": "False",
    "Profession": "Economist",
    "Referred By": "Bo Ek",
    "Sensitivity": "Normal",
    "Spouse": "Nils Berg",
    "User 1": "first",
    "User 2": "second",
    "Web Page": "https://lindqvist.example",
}
OUTLOOK_GERMAN: Row = {
    "Anrede": "Frau",
    "Vorname": "Änne",
    "Nachname": "Groß",
    "Firma": "Südwind GmbH",
    "Abteilung": "Einkauf",
    "Position": "Leiterin",
    "Straße geschäftlich": "Hauptstraße 1",
    "Ort geschäftlich": "München",
    "Postleitzahl geschäftlich": "80331",
    "Straße privat": "Gasse 2",
    "Ort privat": "Augsburg",
    "Telefon geschäftlich": "089 123456",
    "Mobiltelefon": "0171 1234567",
    "Fax geschäftlich": "089 123457",
    "E-Mail-Adresse": "aenne@suedwind.example",
    "E-Mail-Typ": "SMTP",
    "Geburtstag": "17.5.1980",
    "Jahrestag": "0.0.00",
    "Notizen": "Mag Tee",
    "Sprache": "Deutsch",
}

_PHOTO = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsL"
IOS = f"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 19.1//EN
N:Berg;Anna;Maria;Dr.;MBA
FN:Dr. Anna Maria Berg MBA
NICKNAME:Annie
ORG:Lindqvist AB;Purchasing
TITLE:Head of buying
item1.EMAIL;type=INTERNET;type=HOME:anna@home.example
EMAIL;type=INTERNET;type=WORK;type=pref:anna@lindqvist.example
item2.EMAIL;type=INTERNET:anna@boat.example
item2.X-ABLabel:Sailing club
TEL;type=CELL;type=VOICE;type=pref:+46 70 123 45 67
TEL;type=WORK;type=FAX:08-123 45 02
item3.ADR;type=WORK;type=pref:;;Storgatan 1\\nFloor 3;Stockholm;;111 22;Sweden
item3.X-ABADR:se
item4.URL;type=pref:https://lindqvist.example
item4.X-ABLabel:_$!<HomePage>!$_
BDAY;value=date;X-APPLE-OMIT-YEAR=1604:1604-05-17
item5.X-ABDATE;type=pref:2010-06-01
item5.X-ABLabel:_$!<Anniversary>!$_
item6.X-ABRELATEDNAMES;type=pref:Nils Berg
item6.X-ABLabel:_$!<Spouse>!$_
NOTE:Likes tea\\, strong.\\nNever on Mondays.
X-SOCIALPROFILE;type=linkedin:https://profiles.example/anna
PHOTO;ENCODING=b;TYPE=JPEG:{_PHOTO}
 {_PHOTO}
UID:5C1D7A1E-0000-4000-8000-00000000A11A
REV:2026-03-01T10:00:00Z
END:VCARD
"""
ANDROID = f"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gro=C3=9F;=C3=84nne;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84nne Gro=C3=9F
TEL;CELL;PREF:0171 1234567
TEL;WORK:089123456
TEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,B=C3=BCro):089 99
EMAIL;WORK:aenne@suedwind.example
EMAIL;HOME:aenne@privat.example
ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Gasse 2;M=C3=BCnchen;;80331;D=
eutschland
ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:S=C3=BCdwind GmbH
TITLE:Leiterin
URL:https://suedwind.example
BDAY:1980-05-17
NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Mag Tee=0D=0A=
Nie montags
PHOTO;ENCODING=BASE64;JPEG:{_PHOTO}
 {_PHOTO}

END:VCARD
BEGIN:VCARD
VERSION:2.1
N:;Bo;;;
FN:Bo
TEL;CELL:0709876543
BDAY:--0229
END:VCARD
"""
OUTLOOK_CARD = """BEGIN:VCARD
VERSION:2.1
N;LANGUAGE=de;CHARSET=Windows-1252:Groß;Änne;;Frau
FN;CHARSET=Windows-1252:Frau Änne Groß
ORG;CHARSET=Windows-1252:Südwind GmbH;Einkauf
TITLE:Leiterin
TEL;WORK;VOICE:089 123456
TEL;CELL;VOICE:0171 1234567
ADR;WORK;PREF;CHARSET=Windows-1252:;B 214;Hauptstraße 1;München;;80331;Deutschland
LABEL;WORK;PREF;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:Hauptstra=DFe 1=0D=0A=
80331 M=FCnchen
X-MS-OL-DEFAULT-POSTAL-ADDRESS:2
BDAY:19800517
X-MS-ANNIVERSARY:20100601
EMAIL;PREF;INTERNET:aenne@suedwind.example
REV:20260301T100000Z
END:VCARD
"""
THUNDERBIRD = """BEGIN:VCARD
VERSION:4.0
N:Berg;Anna;;;
FN:Anna Berg
NICKNAME:Annie
ORG:Lindqvist AB;Purchasing
TITLE:Head of buying
ROLE:Buyer
EMAIL;PREF=1;TYPE=work:anna@lindqvist.example
EMAIL;TYPE=home:anna@home.example
TEL;TYPE=cell;VALUE=URI:tel:+46701234567
TEL;TYPE="voice,home":tel:+46-18-123456
ADR;TYPE=home:;;Lilla gatan 2;Uppsala;;753 10;Sweden
URL;TYPE=work;VALUE=URL:https://lindqvist.example
IMPP:xmpp:anna@chat.example
BDAY;VALUE=DATE:--0517
ANNIVERSARY;VALUE=DATE:20100601
TZ;VALUE=TEXT:Europe/Stockholm
LANG:sv
NOTE:Likes tea
X-CUSTOM1:first field
UID:a3f5c2d0-1111-4222-8333-444455556666
END:VCARD
"""


def as_csv(row: Row, delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([list(row), list(row.values())])
    return text.getvalue()
