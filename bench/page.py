"""The tables of docs/performance.md that bench/run makes. Each stands between two lines of its own,

    <!-- bench/run: NAME -->
    <!-- bench/run: end -->

and what stands outside of them is written by hand and stays as it is, octet for octet."""
import os
import re

MARKER = re.compile(r"<!-- bench/run: ([\w-]+) -->")
END = "end"


class PageError(Exception):
    pass


def places(lines):
    """Where each table goes: {name: (first line, line after the last)}, without the markers."""
    found, open_name, first = {}, None, 0
    for number, line in enumerate(lines):
        marker = MARKER.fullmatch(line.strip())
        if not marker:
            continue
        name = marker.group(1)
        if (name == END) != (open_name is not None):
            raise PageError(f"line {number + 1}: '{name}' " + ("ends nothing" if name == END else f"begins within '{open_name}'"))
        if name == END:
            found[open_name], open_name = (first, number), None
        elif name in found:
            raise PageError(f"line {number + 1}: '{name}' is there twice")
        else:
            open_name, first = name, number + 1
    if open_name is not None:
        raise PageError(f"'{open_name}' has no end")
    return found


def is_table(lines):
    return len(lines) >= 2 and lines[0].startswith("|") and lines[1].startswith("|---")


def first_cell(row):
    return row.split("|")[1].strip()


def merged(old, new):
    """A table's rows that were not measured this time stay: taken one at a time, they are a whole table in the end."""
    if not (is_table(old) and is_table(new) and old[0] == new[0]):
        return new
    fresh = {first_cell(row): row for row in new[2:]}
    kept = [fresh.pop(first_cell(row), row) for row in old[2:]]
    return [*new[:2], *kept, *(row for row in new[2:] if first_cell(row) in fresh)]


def with_tables(text, tables):
    """The page with `tables`, {name: lines}, in their places. One without rows changes nothing."""
    lines = text.split("\n")
    found = places(lines)
    if unplaced := sorted(set(tables) - set(found)):
        raise PageError(f"no place for {', '.join(unplaced)}")
    for name, (first, after) in sorted(found.items(), key=lambda each: -each[1][0]):
        new = tables.get(name, [])
        if new and not (is_table(new) and len(new) == 2):
            lines[first:after] = merged(lines[first:after], new)
    return "\n".join(lines)


def write(path, tables):
    """All or nothing: whoever reads the page meanwhile sees the old one whole."""
    text = with_tables(path.read_text(), tables)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    os.replace(beside, path)
