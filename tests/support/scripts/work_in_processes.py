"""Start two workers that take long; each writes who it is into the folder that is named."""

import sys

from tests.support.workers import sleep

from bangdan.core.processes import each_in_processes

if __name__ == "__main__":
    list(each_in_processes(sleep, [(sys.argv[1], number) for number in range(2)], 2))
