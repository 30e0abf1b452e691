"""How a planned fault shows at Google: refusals, expired cursors, pages that come empty or repeat what was given."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.google.discovery import Json, Refused
from tests.fakes.wire import Request

_AGAIN = "again~"
"""Begins the page token that an empty page gives: what it left out comes with the next one."""
_REPEATED = 3  # so many items of the page before

_REFUSALS = {
    Fault.UNAUTHORIZED: (401, "authError", "Invalid Credentials"),
    Fault.FORBIDDEN_RATE: (403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
    Fault.TOO_MANY: (429, "rateLimitExceeded", "Too many concurrent requests for user."),
    Fault.INTERNAL: (500, "backendError", "Backend Error"),
    Fault.UNAVAILABLE: (503, "backendError", "Backend Error"),
}
_PAGED = frozenset({
    "gmail.users.messages.list", "gmail.users.threads.list", "gmail.users.history.list", "calendar.events.list",
    "calendar.calendarList.list",
})  # fmt: skip


WITHOUT_PAGES = (*_REFUSALS, Fault.SLOW, Fault.CUT)
"""What can happen to any request."""


class Trouble:
    """Draws faults from a plan, of those that can happen to a request, and lets them happen."""

    def __init__(self) -> None:
        self._last_page: dict[object, list[Json]] = {}

    def draw(self, plan: FaultPlan, name: str, request: Request, *, in_batch: bool) -> Fault | None:
        """The fault that befalls a call of the method `name`, if any."""
        possible = [fault for fault in WITHOUT_PAGES if not (in_batch and fault is Fault.CUT)]
        if name == "gmail.users.history.list" or (
            name == "calendar.events.list" and (request.one("syncToken") or request.one("pageToken"))
        ):
            possible.append(Fault.GONE)
        if name in _PAGED:
            possible.append(Fault.EMPTY_PAGE)
            if self._last_page.get(_listing(name, request)) and _here(request):
                possible.append(Fault.REPEATED_PAGE)
        return plan.draw(f"{name} {request.path}", possible)

    @staticmethod
    def refuse(fault: Fault | None, name: str) -> None:
        """An error instead of an answer; an expired cursor in the words of the service that is asked."""
        if fault in _REFUSALS:
            raise Refused(*_REFUSALS[fault])
        if fault is Fault.GONE and name.startswith("gmail."):
            raise Refused(404, "notFound", "Requested entity was not found.")
        if fault is Fault.GONE:
            raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")

    def page(self, plan: FaultPlan, fault: Fault | None, name: str, request: Request, answer: Json) -> Json:
        """An empty page that has a next one; a page that repeats items of the page before."""
        items = next((key for key in ("messages", "history", "items", "threads") if key in answer), None)
        if name not in _PAGED or items is None:
            if fault is Fault.EMPTY_PAGE:
                plan.withdraw(fault)
            return answer
        if fault is Fault.EMPTY_PAGE:
            kept = {key: value for key, value in answer.items() if key not in {"nextSyncToken", items}}
            empty: Json = {"items": []} if items == "items" else {}  # Gmail leaves out what is empty
            return {**kept, **empty, "nextPageToken": f"{_AGAIN}{request.one('pageToken') or ''}"}
        listing, given = _listing(name, request), answer[items]
        before = self._last_page.pop(listing, []) if _here(request) else []
        if "nextPageToken" in answer:
            self._last_page[listing] = given[-_REPEATED:]
        return {**answer, items: before + given} if fault is Fault.REPEATED_PAGE else answer


def where_it_was(request: Request) -> Request:
    """The request for a page that came empty before, as it was then."""
    token = request.one("pageToken") or ""
    if not token.startswith(_AGAIN):
        return request
    others = tuple((key, value) for key, value in request.query if key != "pageToken")
    token = _here(request)
    return replace(request, query=(*others, ("pageToken", token)) if token else others)


def _here(request: Request) -> str:
    """The page token, without what stands for "it came empty before"."""
    token = request.one("pageToken") or ""
    while token.startswith(_AGAIN):
        token = token.removeprefix(_AGAIN)
    return token


def _listing(name: str, request: Request) -> tuple[object, ...]:
    """What the pages of one listing have in common."""
    return (name, request.path, frozenset(pair for pair in request.query if pair[0] != "pageToken"))
