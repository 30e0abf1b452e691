"""The iCalendar format: text cut into groups, what may be expanded, and the Events that come of it."""
