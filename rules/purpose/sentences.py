"""Sentences for what speaks for a purpose: the plain words behind a clue's short name."""

from __future__ import annotations

from functools import lru_cache

_WHOLE = {
    "way:in": "it came in",
    "way:out": "the owner wrote it",
    "to group": "it went to a group address",
    "some private": "somebody on it uses a private mail provider",
    "names the reader": "the subject names a recipient",
    "names the writer": "the subject names the sender",
    "the owner's own name": "the other address bears the owner's own name",
    "same family name": "both bear the same family name",
    "weekend": "it is on a weekend",
    "evening": "it is in the evening",
    "many hours": "it lasts all day",
    "venue": "the place is one to eat, drink or play at",
    "two people": "two people meet",
    "many people": "many people come",
    "recurring": "it comes again and again",
    "one to one": "the title says that two people talk",
    "only names": "two people meet, and the title says nothing but who",
    "meal for a task": "the meal is there for a task",
    "bang": "the subject has an exclamation mark",
    "question": "the subject asks a question",
    "dots": "the subject trails off in dots",
    "document": "the subject names a document file",
    "picture": "the subject names a picture or film",
    "code": "the subject holds a reference code",
    "form:empty": "the subject is empty",
    "form:words": "the subject has words",
    "case:lower": "the subject is all in small letters",
    "case:upper": "the subject is in capitals",
    "case:title": "the subject is written like a headline",
    "case:sentence": "the subject is written like a sentence",
    "folder:own": "it lies in a folder of the owner's making",
    "folder:personal": "it lies in a folder with a personal name",
    "folder:business": "it lies in a folder with a business name",
    "kind:new": "it opens a conversation",
    "kind:answer": "it is an answer",
    "kind:forward": "it is forwarded",
    "circle:mixed": "colleagues and outsiders are on it together",
    "circle:colleagues": "only colleagues are on it",
    "circle:outside": "only outsiders are on it",
    "owner:alone": "the owner is its only recipient",
    "owner:named": "the owner is one of several recipients",
    "owner:copied": "the owner is copied in",
    "owner:unnamed": "the owner is not named on it",
    "partner": "several people or machines of this firm write: it is a business partner",
    "trade": "this topic is what the owner deals in",
    "history:person": "what mail with this person was for so far",
    "history:firm": "what mail with this organisation was for so far",
    "history:firms": "what the owner's mail with other firms was for so far",
    "history:thread": "what this thread was about so far",
    "history:owner": "what the owner's mail was for so far",
}
_WHO = {
    "colleague": "a colleague",
    "private": "somebody at a private mail provider",
    "school": "somebody at a university or school",
    "association": "somebody at an association",
    "authority": "somebody at an authority",
    "firm": "somebody at another firm",
    "unknown": "an unknown address",
}
_MANY = {"0": "no", "1": "some", "2": "several"}
_VALUED = {
    "who": "it is with {}",
    "topic": "it speaks of {}",
    "people": "it has {} recipients",
    "marks": "it wears {} marks of answers and forwards",
    "domains": "{} organisations are on it",
    "cc": "{} people are copied in",
    "length": "its subject has {} words",
    "acronyms": "its subject has {} acronyms",
    "numbers": "its subject has {} numbers",
}
_WORDS = {"word": "the word “{}” stands in the subject", "title": "the word “{}” stands in the title"}


def because(name: str) -> str:
    """The sentence for one word or clue, or for several clues joined by a blank: "who:firm kind:answer"."""
    kind, _, rest = name.partition(" ")
    return _WORDS[kind].format(rest) if kind in _WORDS else _of_clues(name)


@lru_cache(maxsize=4096)
def _of_clues(name: str) -> str:
    if name in _WHOLE:
        return _WHOLE[name]
    kind, _, rest = name.partition(" ")
    if rest:
        return " and ".join(_of_clues(part) for part in name.split(" "))
    kind, _, value = name.partition(":")
    if kind == "topics":
        return f"the subject has {_MANY[value[0]]} personal and {_MANY[value[1]]} business topics"
    if kind == "who":
        value = _WHO.get(value, value)
    elif value[:1].isdigit():
        value = f"more than {value[:-1]}" if value.endswith("+") else f"at most {value}"
    return _VALUED.get(kind, "{}").format(value)
