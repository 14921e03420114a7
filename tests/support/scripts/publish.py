"""Publish 2021-08 as the command line does."""

import sys

from tests.support.publishing import publish

from bangdan.cli import exit_code_of

sys.exit(exit_code_of(publish))
