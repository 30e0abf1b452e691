"""Gmail and Google Calendar: metadata through the smallest scopes that work."""
