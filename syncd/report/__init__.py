"""The weekly report: one model, four forms.

report = build(week, people, interactions, coverage, journal, config, as_of)
written(report, "html")      # or "text", "json", "eml"
"""

from __future__ import annotations

from syncd.report.model import AssessedWeek, Report, build

__all__ = ["FORMS", "AssessedWeek", "Report", "build", "written"]

FORMS = ("html", "text", "json", "eml")


def written(report: Report, form: str) -> str:
    """The report in one of `FORMS`. The mail comes as text too: it is ASCII with the line ends of SMTP."""
    from syncd.report import render
    from syncd.report.text import text

    match form:
        case "html":
            return render.html(report)
        case "text":
            return text(report)
        case "json":
            return render.json_text(report)
        case "eml":
            return render.eml(report).decode("ascii")
    raise ValueError(f"there is no form {form!r}; there are {', '.join(FORMS)}")
