"""Check who may read what: modes and groups of the home, of the public folder, and of the file with secrets."""

from orchestration.doctor.access.groups import accounts
from orchestration.doctor.access.modes import environment_file, permissions, public
