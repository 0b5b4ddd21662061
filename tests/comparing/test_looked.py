"""Which step is asked for. States and models of runs are in tests of api/runs.py, of arrays in those of arrays/."""

from types import SimpleNamespace

import pytest

from nucleate.comparing.looked import Looked
from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder


def test_the_last_step_is_looked_at_where_none_is_asked_for(tmp_path):
    looked = Looked(RunFolder(tmp_path), None, None, SimpleNamespace(steps=[0, 4, 9]))
    assert looked.steps(None) == [9]
    assert looked.steps([0, 9]) == [0, 9]
    with pytest.raises(RunFolderError, match="no checkpoint of step 5"):
        looked.steps([0, 5])
