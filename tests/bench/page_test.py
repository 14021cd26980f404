"""bench/run writes its tables into docs/performance.md and touches nothing else there."""
import importlib.util
import pathlib
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
sys.dont_write_bytecode = True

import page  # noqa: E402


def bench_run():
    loader = SourceFileLoader("bench_run", str(ROOT / "bench/run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(module)
    return module


def table(*rows):
    return ["| load | ratio |", "|---|---|", *(f"| {what} | {ratio} |" for what, ratio in rows)]


def text_with(*between, name="load"):
    return "\n".join(["# Written by hand", "", f"<!-- bench/run: {name} -->", *between, "<!-- bench/run: end -->", "", "More of it. "])


class Page(unittest.TestCase):
    def test_a_table_takes_its_place_and_every_other_octet_stays(self):
        before = text_with(*table(("a", 1))) + "\n\n| load | ratio |\n|---|---|\n| a | by hand |\n\ttail without an end of line"
        after = page.with_tables(before, {"load": table(("a", 2))})
        self.assertEqual(after, before.replace("| a | 1 |", "| a | 2 |"))

    def test_an_empty_place_is_filled(self):
        self.assertEqual(page.with_tables(text_with(), {"load": table(("a", 1))}), text_with(*table(("a", 1))))

    def test_rows_that_were_not_measured_stay_where_they_are(self):
        after = page.with_tables(text_with(*table(("a", 1), ("b", 1), ("c", 1))), {"load": table(("b", 2), ("d", 2))})
        self.assertEqual(after, text_with(*table(("a", 1), ("b", 2), ("c", 1), ("d", 2))))

    def test_a_table_with_other_columns_takes_the_old_ones_place(self):
        new = ["| load | floor | ratio |", "|---|---|---|", "| b | 1 | 2 |"]
        self.assertEqual(page.with_tables(text_with(*table(("a", 1))), {"load": new}), text_with(*new))

    def test_a_table_without_rows_changes_nothing(self):
        before = text_with(*table(("a", 1)))
        for empty in (table(), [], None):
            self.assertEqual(page.with_tables(before, {"load": empty} if empty is not None else {}), before)

    def test_twice_is_as_once(self):
        once = page.with_tables(text_with(), {"load": table(("a", 1), ("b", 2))})
        self.assertEqual(page.with_tables(once, {"load": table(("a", 1), ("b", 2))}), once)

    def test_several_tables_do_not_disturb_one_another(self):
        before = text_with("old", name="first") + "\n" + text_with("old", "and longer", name="second")
        after = page.with_tables(before, {"first": table(("a", 1), ("b", 1)), "second": ["one line"]})
        self.assertEqual(after, text_with(*table(("a", 1), ("b", 1)), name="first") + "\n" + text_with("one line", name="second"))

    def test_a_page_whose_markers_are_wrong_is_left_alone(self):
        begin, end = "<!-- bench/run: load -->", "<!-- bench/run: end -->"
        wrong = ("no markers", f"{begin}\nno end", f"{end}", f"{begin}\n{begin}\n{end}", f"{begin}\n{end}\n{begin}\n{end}", f"{begin}\n{end}\n{end}")
        for text in wrong:
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "page.md"
                path.write_text(text)
                with self.assertRaises(page.PageError):
                    page.write(path, {"load": table(("a", 1))})
                self.assertEqual(path.read_text(), text)
                self.assertEqual([each.name for each in pathlib.Path(folder).iterdir()], ["page.md"])

    def test_the_page_has_a_place_for_every_table_and_its_rows_are_those_that_are_measured(self):
        run = bench_run()
        text = run.PAGE.read_text()
        made = run.tables({})
        self.assertEqual(set(page.places(text.split("\n"))), set(made))
        lines = text.split("\n")
        first, after = page.places(lines)["load"]
        measured = {row.what for row in run.ROWS.values() if row.judge in ("ratio", "codec")}
        self.assertEqual({page.first_cell(row) for row in lines[first + 2:after]}, measured)
        for name in ("load", "other", "delay", "growth"):
            first, _ = page.places(lines)[name]
            self.assertEqual(lines[first], made[name][0], name)


if __name__ == "__main__":
    unittest.main()
