"""Many stored copies -> one occurrence: the mail that was exchanged, the meeting that was on the calendar."""
