"""The room of interventions; called, it is the verb: see `nucleate.api.intervene`."""

from nucleate.verb import is_verb_too

is_verb_too(__name__)
