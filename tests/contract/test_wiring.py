"""Each store that the wiring makes has all tables bound that its code uses."""

import inspect
import re
from importlib import import_module

from iotcloud.wiring.stores import Stores

PROPERTY = re.compile(r"from (iotcloud\.[\w.]+) import ([\w, ]+)\n")
MADE = re.compile(r"return (\w+)\(")
BOUND = re.compile(r"self\._bind\(([\w, ]+)\)")
ROW = re.compile(r"\b([A-Z]\w*Row)\b")


def test_a_store_has_each_table_bound_that_it_uses() -> None:
    seen = 0
    for name, made in vars(Stores).items():
        source = inspect.getsource(made.func) if hasattr(made, "func") else ""
        if not (bound := BOUND.search(source)):
            continue
        seen += 1
        modules = {one.strip(): module for module, names in PROPERTY.findall(source) for one in names.split(",")}
        store = MADE.search(source)
        assert store is not None, name
        code = inspect.getsource(getattr(import_module(modules[store[1]]), store[1]))
        used = set(ROW.findall(code)) - {"Row"}
        assert used <= set(re.split(r",\s*", bound[1])), f"{name} does not bind {used}"
    assert seen > 20
