"""Files of prompts as people have them: how they are read, and how their labels are spelled."""
