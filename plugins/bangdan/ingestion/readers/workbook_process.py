"""The program that reads a workbook in a process of its own: `python -m` this module FILE SECONDS BYTES CELLS PARENT FORMULAS.

A workbook can make its reader abort, loop or fill the memory. So the reader has limits of its own, and when it ends,
only its file is refused. Before the rows of a sheet an object names it: `{"sheet": name, "is_hidden": bool}`; each row is
printed as a JSON array; the last line is an object: `{"rows": n}`, or `{"error": name, "detail": text}`.
"""

from __future__ import annotations

import json
import resource
import signal
import sys

import python_calamine

from bangdan.core.processes import die_with_parent

WAIT_FACTOR = 20  # of the CPU seconds that a reader may take: how long it may take on a busy machine


class TooManyCells(Exception):
    """The sheets of a workbook have more cells together than are read of one file."""


def main(file: str, seconds: int, memory_bytes: int, max_cells: int, parent: int, has_open_formulas: int) -> None:
    """Print the sheets of a workbook, `max_cells` together at most. The process ends by a signal where it passes a limit
    of time or memory. With `has_open_formulas`, a formula that was never calculated is read as its text.
    """
    die_with_parent(parent)
    signal.alarm(seconds * WAIT_FACTOR)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows = cell_count = 0
    try:
        if has_open_formulas:
            from bangdan.ingestion.readers import open_formulas

            workbook = python_calamine.CalamineWorkbook.from_filelike(open_formulas.with_texts(file))
        else:
            workbook = python_calamine.CalamineWorkbook.from_path(file)
        for sheet in workbook.sheets_metadata:
            if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            is_hidden = sheet.visible != python_calamine.SheetVisibleEnum.Visible
            print(json.dumps({"sheet": sheet.name, "is_hidden": is_hidden}, ensure_ascii=False))
            for cells in workbook.get_sheet_by_name(sheet.name).iter_rows():
                cell_count += len(cells)
                if cell_count > max_cells:
                    raise TooManyCells(f"more than {max_cells:,} cells in its sheets together")
                print(json.dumps(cells, ensure_ascii=False, default=str))
                rows += 1
    except BaseException as error:  # a panic of the reader is no Exception
        print(json.dumps({"error": type(error).__name__, "detail": str(error)[:200]}))
    else:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:7]))
