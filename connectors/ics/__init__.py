"""Calendars as iCalendar: a file, a folder of them, or the address that one is published at."""
