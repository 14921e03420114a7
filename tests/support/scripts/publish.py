"""Publish 2021-08 as the command line does, optionally with an address space of so many megabytes."""

import resource
import sys

if len(sys.argv) > 1:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) * 1024**2,) * 2)

from tests.support.publishing import publish

from bangdan.cli import exit_code_of

sys.exit(exit_code_of(publish))
