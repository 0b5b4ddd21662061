"""The room of the page; called, it is the verb: see `nucleate.api.report`."""

from nucleate.verb import is_verb_too

is_verb_too(__name__)
