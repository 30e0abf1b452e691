"""What the name of a mail folder means: sent, drafts, junk, trash, archive, private.

Servers that name a folder's role themselves (RFC 6154, Gmail's labels, Graph's well-known names) are believed. Where
only a name stands, as in a Maildir, an mbox or an old server, these words decide: the names that common mail programs
give their own folders in English, German, French, Spanish, Italian, Dutch, Portuguese and Swedish. A part of the path
has to match as a whole: "Junk" is junk, "Junkers project" is a project.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ROLES = ("inbox", "sent", "drafts", "junk", "trash", "archive", "all", "chats", "private")

# Accents, case and punctuation are folded away before comparing, so each name stands here once, in its plainest form.
# What waits to be sent (an outbox, a template) was not sent: it reads as a draft.
_NAMES = {
    "inbox": (
        "inbox | notes inbox | eingang | posteingang | boite de reception | courrier entrant | bandeja de entrada"
        " | posta in arrivo | in arrivo | postvak in | caixa de entrada | inkorg | inkorgen"
    ),
    "sent": (
        "sent | sent mail | sent items | sent messages | sent email | sent emails | sentmail | sentbox"
        " | gesendet | gesendete | gesendete elemente | gesendete objekte | gesendete nachrichten | gesendete mails"
        " | envoye | envoyes | elements envoyes | messages envoyes | courrier envoye | objets envoyes"
        " | enviado | enviados | elementos enviados | correo enviado | mensajes enviados"
        " | inviata | inviati | posta inviata | messaggi inviati | elementi inviati"
        " | verzonden | verzonden items | verzonden berichten | verzonden mail | verstuurd"
        " | itens enviados | mensagens enviadas | enviadas | e mails enviados | email enviado"
        " | skickat | skickade | skickade objekt | skickade meddelanden | skickad e post"
    ),
    "drafts": (
        "draft | drafts | unsent messages | outbox | templates | scheduled"
        " | entwurf | entwurfe | entwuerfe | vorlagen | postausgang"
        " | brouillon | brouillons | modeles | boite d envoi"
        " | borrador | borradores | plantillas | bandeja de salida"
        " | bozza | bozze | modelli | posta in uscita"
        " | concept | concepten | sjablonen | postvak uit"
        " | rascunho | rascunhos | modelos | caixa de saida"
        " | utkast | mallar | utkorg | utkorgen"
    ),
    "junk": (
        "junk | junk e mail | junk email | junk mail | junkmail | spam | bulk mail | bulkmail | probably spam"
        " | spamverdacht | spam verdacht | unerwunscht | unerwuenscht | unerwunschte werbung | werbung"
        " | courrier indesirable | indesirables | pourriel | pourriels"
        " | correo no deseado | no deseado | correo basura"
        " | posta indesiderata | indesiderata"
        " | ongewenste e mail | ongewenste mail | ongewenst"
        " | lixo eletronico | lixo electronico | correio eletronico de lixo | correio electronico de lixo"
        " | skrappost | skrap"
    ),
    "trash": (
        "trash | deleted | deleted items | deleted messages | bin | wastebasket | recoverable items"
        " | papierkorb | geloscht | geloschte elemente | geloschte objekte | geloescht | geloeschte elemente"
        " | corbeille | elements supprimes | messages supprimes | poubelle"
        " | papelera | elementos eliminados | eliminados"
        " | cestino | posta eliminata | elementi eliminati"
        " | prullenbak | prullenmand | verwijderde items | verwijderd | verwijderde berichten"
        " | lixo | lixeira | itens excluidos | itens eliminados | excluidos"
        " | papperskorg | papperskorgen | borttaget | borttagna objekt"
    ),
    "archive": (
        "archive | archives | archived | archiv | archiviert | archivo | archivado | archivio | archiviati"
        " | archief | gearchiveerd | arquivo | arquivados | arquivo morto | arkiv | arkiverat"
    ),
    "all": (
        "all mail | all documents | discussion threads | alle nachrichten | tous les messages | todos"
        " | tutti i messaggi | alle e mail | alle berichten | todos os e mails | alla mail | all e post"
    ),
    "chats": (
        "chat | chats | conversation history | unterhaltungsverlauf | historique des conversations"
        " | historial de conversaciones | cronologia conversazioni | gespreksgeschiedenis"
        " | historico de conversas | konversationshistorik"
    ),
    "private": (
        "private | privat | privates | privatmail | prive | privee | privado | privada | privato | privata"
        " | prive mail | particulier | strictly private | strictement prive | strikt prive"
    ),
}
_ROLE = {name.strip(): role for role, names in _NAMES.items() for name in names.split("|")}
_SEPARATORS = re.compile(r"[/\\|]|(?<=\w)\.(?=\w)")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=65536)
def role_of(name: str, role: str | None = None) -> str | None:
    r"""What a folder is for: one of `ROLES`, or None for a folder of the owner's own making.

    Args:
        name: the folder's path as its source writes it: "INBOX.Sent", "[Gmail]/Gesendet", "Notes Folders\Sent".
        role: what the source itself says; it wins over the name.
    """
    if role:
        return "archive" if role == "archives" else role
    parts = [_plain(part) for part in _SEPARATORS.split(name)]
    own = [_ROLE[part] for part in parts if part in _ROLE]
    if "private" in own:  # whatever lies under a private folder is private
        return "private"
    # The innermost name decides ("INBOX/Sent"), and what lies under a known folder shares its fate ("Sent/2020").
    narrowed = [found for found in own if found != "inbox"]
    if narrowed:
        return narrowed[-1]
    return "inbox" if own and parts[-1] in _ROLE else None


def is_private(name: str, role: str | None = None) -> bool:
    """Whether a folder's name keeps syncd out: skipped unless the account says `include_private`."""
    return role_of(name, role) == "private" or role_of(name) == "private"


def _plain(part: str) -> str:
    bare = unicodedata.normalize("NFKD", part.casefold())
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return _NOT_A_LETTER.sub(" ", bare).strip()
