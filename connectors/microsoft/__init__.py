"""Outlook mail and calendars through Microsoft Graph, by the permissions that show no text."""
