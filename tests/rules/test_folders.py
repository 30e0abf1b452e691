"""Folder names in eight languages, as servers and programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.texts.folders import ROLES, is_private, role_of

SENT = (
    "Sent",
    "[Gmail]/Sent Mail",
    "INBOX.Sent",
    "Gesendete Elemente",
    "[Gmail]/Gesendet",
    "Éléments envoyés",
    "Messages envoyés",
    "Elementos enviados",
    "Posta inviata",
    "Verzonden items",
    "Itens enviados",
    "Skickade objekt",
    ".Sent",
    "Sent/2020",
    r"\Clint_Dean_Dec2000\Notes Folders\'sent mail",
)
DRAFTS = (
    "Drafts",
    "INBOX/Drafts",
    "Entwürfe",
    "Brouillons",
    "Borradores",
    "Bozze",
    "Concepten",
    "Rascunhos",
    "Utkast",
    "Outbox",
    "Postausgang",
    "Templates",
)
JUNK = (
    "Junk",
    "Junk E-mail",
    "Junk-E-Mail",
    "[Gmail]/Spam",
    "Spamverdacht",
    "Courrier indésirable",
    "Correo no deseado",
    "Posta indesiderata",
    "Ongewenste e-mail",
    "Lixo eletrônico",
    "Skräppost",
)
TRASH = (
    "Trash",
    "Deleted Items",
    "[Gmail]/Bin",
    "Papierkorb",
    "Gelöschte Elemente",
    "Corbeille",
    "Éléments supprimés",
    "Papelera",
    "Elementos eliminados",
    "Cestino",
    "Prullenbak",
    "Verwijderde items",
    "Lixeira",
    "Itens excluídos",
    "Papperskorgen",
    "Borttaget",
    r"\MCUILLA (Non-Privileged)\Cuilla, Martin\Deleted Items",
)
PRIVATE = ("Private", "INBOX.Privat", "Privé", "Privado", "Privato", "Projects/private", "Privat/Familie")
OWN = ("Projects", "Junkers", "Spam Ltd", "Sentinel", "Nordkai/Angebote", "Draftsmen", "Binder", "INBOX/Kunden", "")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (name, role)
        for names, role in ((SENT, "sent"), (DRAFTS, "drafts"), (JUNK, "junk"), (TRASH, "trash"))
        for name in names
    ],
)
def test_a_folder_is_known_by_its_name(name: str, role: str) -> None:
    assert role_of(name) == role


@pytest.mark.parametrize("name", PRIVATE)
def test_private_folders_are_known(name: str) -> None:
    assert is_private(name)
    assert is_private(name, "inbox")


@pytest.mark.parametrize("name", OWN)
def test_folders_of_the_owners_own_making_have_no_role(name: str) -> None:
    assert role_of(name) is None
    assert not is_private(name)


def test_the_inbox_itself_is_known() -> None:
    assert role_of("INBOX") == "inbox"
    assert role_of("Posteingang") == "inbox"
    assert role_of("Postvak IN") == "inbox"


def test_what_the_server_says_wins() -> None:
    assert role_of("Trash", "sent") == "sent"
    assert role_of("Kladder", "drafts") == "drafts"


@given(st.text())
def test_any_name_is_read(name: str) -> None:
    assert role_of(name) in (*ROLES, None)
