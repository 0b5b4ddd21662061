"""The room of many runs; called, it is the verb: see `nucleate.api.sweep`."""

from nucleate.verb import is_verb_too

is_verb_too(__name__)
