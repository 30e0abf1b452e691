"""An observation -> its decision: by what channel, by a machine, to many, what for; each with its reasons."""
