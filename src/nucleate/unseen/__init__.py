"""The room of unseen instances; called, it is the verb: see `nucleate.api.unseen`."""

from nucleate.verb import is_verb_too

is_verb_too(__name__)
