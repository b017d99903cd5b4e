"""Finds all calls that a function's code can make: a walk over its source, with the real services, stores and adapters.

The wiring creates every part, so a service's field is the object that it calls. Names are resolved in this order:
arguments of callers, local names, closures, the module. Every branch counts. Values that are only known at run time
(rows, responses, models) are unknown here, and calls on them are not followed.
"""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

import boto3
from botocore.client import BaseClient
from pynamodb.indexes import Index
from pynamodb.models import BatchWrite
from pynamodb.transactions import TransactWrite

from iotcloud.dynamodb import Row, read_together
from iotcloud.wiring import Wiring, wiring
from iotcloud.wiring.part import Part
from tests.aws_rights import action_of

REGION = "eu-west-1"
OURS = ("iotcloud", "api", "functions")
PURE = ("model", "schema", "schemas", "errors")
"""Modules that are not walked (docs/conventions.md, "Folders")."""
MANY = ("batch_write",)
"""Methods of a row class that do not return rows."""
SAME_PARTS = (tuple, list, sorted, reversed, set, frozenset, iter, zip, enumerate)
"""Callables whose result has the parts of their arguments."""
ROW_CALLS = {
    "batch_get": "BatchGetItem",
    "batch_write": "BatchWriteItem",
    "delete": "DeleteItem",
    "get": "GetItem",
    "query": "Query",
    "save": "PutItem",
    "update": "UpdateItem",
}
"""The DynamoDB operations of PynamoDB for a row, an index or, with the names of the parts, in a transaction."""
NAMED_CALLS = ("get_paginator", "generate_presigned_url")
"""Methods of a client that get the operation's name as argument."""

_BINDERS = (
    ast.Assign,
    ast.AnnAssign,
    ast.NamedExpr,
    ast.For,
    ast.comprehension,
    ast.withitem,
    ast.Import,
    ast.ImportFrom,
    ast.arg,
)
Values = list[Any]


class Reached:
    """A function, and the object whose method it is, that can be called."""

    def __init__(self, function: FunctionType, owner: Any, caller: "Reached | None") -> None:
        self.function, self.owner, self.caller = function, owner, caller
        self.given: dict[str, Values] = defaultdict(list)
        """The callers' arguments, by parameter."""
        self.calls: list[Reached] = []
        self.asks: set[str] = set()
        """The calls to AWS that stand in it, as far as they can be read off: actions, with their tables where known."""

    @property
    def name(self) -> str:
        """As `{module}:{qualified name}`, without the package's name."""
        return f"{self.function.__module__.removeprefix('iotcloud.')}:{self.function.__qualname__}"


class Reach:
    """All that can be called from some functions."""

    def __init__(self, wired: Wiring, roots: Iterable[FunctionType]) -> None:
        self.wired = wired
        self.reached: dict[tuple[FunctionType, int], Reached] = {}
        self.made: dict[tuple[int, int], Any] = {}
        """Stand-ins for objects that the code makes, by the place of the call and the object that makes them."""
        self._waiting: dict[int, Reached] = {}
        for root in roots:
            self.add(root, None, None, {})
        while self._waiting:
            _Walk(self, self._waiting.pop(next(iter(self._waiting)))).walk()

    def add(self, function: FunctionType, owner: Any, caller: Reached | None, given: Mapping[str, Values]) -> None:
        """Record a call; a function is walked again if it gets new arguments."""
        key = function, id(owner)
        is_new = key not in self.reached
        one = self.reached.setdefault(key, Reached(function, owner, caller))
        if caller is not None and one not in caller.calls:
            caller.calls.append(one)
        for name, values in given.items():
            more = _others(values, one.given[name])
            one.given[name] += more
            is_new = is_new or bool(more)
        if is_new:
            self._waiting[id(one)] = one

    def set_field(self, owner: Any, name: str, values: Values) -> None:
        """Give a stand-in a field, and walk its methods again."""
        if name not in vars(owner):
            object.__setattr__(owner, name, values[0] if len(values) == 1 else tuple(values))
            self._waiting |= {id(one): one for one in self.reached.values() if one.owner is owner}


class _Walk:
    """One function, walked once."""

    def __init__(self, reach: Reach, walked: Reached) -> None:
        self._reach = reach
        self._walked = walked
        self._globals = walked.function.__globals__
        self._known: dict[int, Values] | None = None
        """Values by expression, once all names are bound."""
        self._names: dict[str, Values] = {name: list(values) for name, values in walked.given.items()}
        code, cells = walked.function.__code__, walked.function.__closure__ or ()
        for name, cell in zip(code.co_freevars, cells, strict=True):
            self._names.setdefault(name, [cell.cell_contents])
        if walked.owner is not None and code.co_varnames:
            self._names[code.co_varnames[0]] = [walked.owner]

    def walk(self) -> None:
        self._bind_all()
        self._known = {}
        for node in _parts_of(self._walked.function).expressions:
            if isinstance(node, ast.Attribute | ast.Name):
                for value in self._value(node):
                    self._may_call(value, {})
            else:
                for value in self._value(node.func):
                    self._may_call(value, self._arguments(value, node))
            self._note_requests(node)

    def result(self) -> Values:
        """The value of a lambda or a property."""
        self._bind_all()
        return [value for each in _parts_of(self._walked.function).results for value in self._value(each)]

    def _bind_all(self) -> None:
        for _ in range(2):  # a loop may use names that are bound further down
            for node in _parts_of(self._walked.function).binders:
                self._bind(node)

    def _bind(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for target, value in zip(targets, values, strict=True):
                    self._assign(target, self._value(value))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, self._value(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._assign(target, self._value(value))
            case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
                self._assign(target, _parts(self._value(values)))
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._assign(target, self._value(value))
            case ast.Import(names=[ast.alias(name="boto3")]):
                self._names["boto3"] = [boto3]
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] in OURS:
                for name in names:
                    self._names[name.asname or name.name] = [getattr(import_module(module), name.name)]
            case ast.arg(arg=name, annotation=ast.Name(id="TransactWrite")):
                self._names[name] = [TransactWrite]

    def _assign(self, target: ast.expr, values: Values) -> None:
        match target:
            case ast.Name(id=name) if values:
                kept = self._names.get(name, [])
                self._names[name] = kept + _others(values, kept)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._assign(each, values + _parts(values))
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if values and self._walked.owner is not None:
                self._reach.set_field(self._walked.owner, name, values)

    def _value(self, node: ast.expr) -> Values:
        """The possible values of an expression, as far as known without running it."""
        if self._known is None:
            return self._evaluate(node)
        if id(node) not in self._known:
            self._known[id(node)] = self._evaluate(node)
        return self._known[id(node)]

    def _evaluate(self, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self._names.get(name, [self._globals[name]] if name in self._globals else [])
            case ast.Attribute(value=value, attr=name):
                return [found for one in self._value(value) for found in self._member(one, name)]
            case ast.Call(func=ast.Attribute(value=value, attr="get" | "values" | "items")) if containers := [
                one for one in self._value(value) if isinstance(one, Mapping)
            ]:
                return _parts(containers)
            case ast.Call(func=function):
                return [made for one in self._value(function) for made in self._result(one, node)]
            case ast.Subscript(value=value):
                return _parts(self._value(value))
            case ast.IfExp(body=one, orelse=other):
                return self._value(one) + self._value(other)
            case ast.BoolOp(values=several) | ast.Tuple(elts=several) | ast.List(elts=several):
                return [value for each in several for value in self._value(each)]
            case ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self._value(value)
            case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value) | ast.SetComp(elt=value):
                return self._value(value)
            case _:
                return []

    def _member(self, one: Any, name: str) -> Values:
        """An attribute of a value. A property counts as called, and only the wiring's are run."""
        if isinstance(one, ModuleType):
            return [getattr(one, name)] if hasattr(one, name) else []
        if not _is_ours(one if isinstance(one, type) else type(one)):
            return []
        static = inspect.getattr_static(one, name, None)
        if isinstance(static, property | cached_property) and not isinstance(one, type | Wiring | Part):
            function = static.fget if isinstance(static, property) else static.func
            if _is_ours(function):
                self._reach.add(function, one, self._walked, {})
                return _Walk(self._reach, self._reach.reached[function, id(one)]).result()
            return []
        found = getattr(one, name, None)
        return [] if found is None else [found]

    def _result(self, function: Any, call: ast.Call) -> Values:
        """The value of a call. A created object is a stand-in; a row is its class."""
        if function is wiring:
            return [self._reach.wired]
        if _has(SAME_PARTS, function):
            return [value for each in call.args for value in self._value(each)]
        if function is partial:
            return self._value(call.args[0])
        if isinstance(function, FunctionType) and function.__name__ == "<lambda>" and _is_ours(function):
            return _Walk(self._reach, Reached(function, None, self._walked)).result()
        if function is boto3.client and call.args and isinstance(call.args[0], ast.Constant):
            return [_client(call.args[0].value)]
        if isinstance(function, FunctionType | MethodType) and function.__name__ not in MANY:
            result = function.__annotations__.get("return")
            of = getattr(function, "__self__", None)
            return [one for one in (result, of) if isinstance(one, type) and issubclass(one, Row)]
        if isinstance(function, type) and issubclass(function, Row):
            return [function]
        return [self._make(function, call)] if isinstance(function, type) and _is_ours(function) else []

    def _make(self, kind: type, call: ast.Call) -> Any:
        key = id(call), id(self._walked.owner)
        # A destructor would miss the attributes of the constructor.
        is_plain = kind.__new__ is object.__new__ and not hasattr(kind, "__del__")
        made = self._reach.made.setdefault(key, object.__new__(kind) if is_plain else None)
        given = self._arguments(kind, call)
        if is_dataclass(kind):
            for name, values in given.items():
                self._reach.set_field(made, name, values)
        elif made is not None and isinstance(kind.__init__, FunctionType):
            self._reach.add(kind.__init__, made, self._walked, given)
        return made

    def _arguments(self, function: Any, call: ast.Call) -> dict[str, Values]:
        """The arguments, by parameter."""
        passed = [(name, self._value(value)) for name, value in zip(_parameters(function), call.args, strict=False)]
        passed += [(one.arg, self._value(one.value)) for one in call.keywords if one.arg]
        return {name: values for name, values in passed if values}

    def _may_call(self, value: Any, given: Mapping[str, Values]) -> None:
        match value:
            case MethodType() if _is_ours(value.__func__):
                self._reach.add(value.__func__, value.__self__, self._walked, given)
            case FunctionType() if _is_ours(value):
                self._reach.add(value, None, self._walked, given)
            case _ if not isinstance(value, type) and _is_ours(type(value)) and callable(value):
                self._reach.add(type(value).__call__, value, self._walked, given)

    def _note_requests(self, node: ast.AST) -> None:
        """Record the direct AWS calls of a piece of code."""
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=[ast.Constant(value=str(method)), *_]) if (
                name in NAMED_CALLS
            ):
                self._note_client(value, method)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=[row, *_]) if name in ROW_CALLS and _has(
                self._value(value), TransactWrite
            ):
                self._note_tables(ROW_CALLS[name], self._value(row))
            case ast.Call(func=ast.Name() as function, args=[argument, *_]):
                called = self._value(function)
                if _has(called, BatchWrite):
                    self._note_tables("BatchWriteItem", self._value(argument))
                if _has(called, read_together) and isinstance(argument, ast.Dict):
                    self._note_tables("BatchGetItem", [row for key in argument.keys if key for row in self._value(key)])
            case ast.Attribute(value=value, attr=name):
                self._note_client(value, name)
                if name in ROW_CALLS:
                    self._note_tables(ROW_CALLS[name], self._value(value))

    def _note_tables(self, operation: str, rows: Values) -> None:
        for one in rows:
            if isinstance(one, Index):
                self._walked.asks.add(f"dynamodb:{operation} {_table(one._model)}/index/{one.Meta.index_name}")
            elif isinstance(one, type) and issubclass(one, Row) and one is not Row:
                self._walked.asks.add(f"dynamodb:{operation} {_table(one)}")

    def _note_client(self, value: ast.expr, method: str) -> None:
        for one in self._value(value):
            if isinstance(one, BaseClient) and method in one.meta.method_to_api_mapping:
                operation, model = one.meta.method_to_api_mapping[method], one.meta.service_model
                if model.operation_model(operation).auth_type != "none":
                    self._walked.asks.add(action_of(model.service_name, operation))


def _table(row: Any) -> str:
    return str(getattr(row.Meta, "base_table_name", row.Meta.table_name))


def _is_ours(value: Any) -> bool:
    levels = str(getattr(value, "__module__", "")).split(".")
    return levels[0] in OURS and levels[-1] not in PURE


def _parameters(function: Any) -> tuple[str, ...]:
    if is_dataclass(function):
        return tuple(field.name for field in fields(function) if field.init)
    if isinstance(function, MethodType):
        return _parameters(function.__func__)[1:]
    if isinstance(function, FunctionType):
        return function.__code__.co_varnames[: function.__code__.co_argcount]
    return _parameters(function.__init__)[1:] if isinstance(getattr(function, "__init__", None), FunctionType) else ()


def _has(values: Iterable[Any], wanted: Any) -> bool:
    """Return whether a value is among others; attributes of rows make conditions of a comparison."""
    return any(value is wanted for value in values)


def _others(values: Values, kept: Values) -> Values:
    """Those that are not kept yet; a bound method is another object each time."""
    known = {_identity(one) for one in kept}
    return [value for value in values if _identity(value) not in known]


def _identity(value: Any) -> tuple[int, int]:
    return (id(value.__func__), id(value.__self__)) if isinstance(value, MethodType) else (id(value), 0)


def _parts(values: Values) -> Values:
    """The items of containers, and other values."""
    found: Values = []
    for one in values:
        if isinstance(one, Mapping):
            found += one.values()
        elif isinstance(one, tuple | list | set | frozenset):
            found += one
        elif not isinstance(one, str):
            found.append(one)
    return found


class _Parts:
    """The relevant parts of a function's code; two lambdas of one line count as equal."""

    def __init__(self, bodies: Iterable[ast.FunctionDef | ast.Lambda]) -> None:
        nodes = [node for body in bodies for node in ast.walk(body)]
        self.binders = [node for node in nodes if isinstance(node, _BINDERS)]
        self.expressions = [node for node in nodes if isinstance(node, ast.Attribute | ast.Name | ast.Call)]
        self.results = [body.body for body in bodies if isinstance(body, ast.Lambda)]
        self.results += [node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None]


@cache
def _parts_of(function: FunctionType) -> _Parts:
    code = function.__code__
    is_generated = code.co_filename.startswith("<")
    return _Parts([] if is_generated else _bodies(code.co_filename)[code.co_firstlineno, function.__name__])


@cache
def _bodies(file: str) -> dict[tuple[int, str], list[ast.FunctionDef | ast.Lambda]]:
    """The functions of a file by first line and name."""
    found: dict[tuple[int, str], list[ast.FunctionDef | ast.Lambda]] = defaultdict(list)
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            found[min([node.lineno, *(one.lineno for one in node.decorator_list)]), node.name].append(node)
        elif isinstance(node, ast.Lambda):
            found[node.lineno, "<lambda>"].append(node)
    return found


@cache
def _client(service: str) -> BaseClient:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload, no-any-return]


def functions_of(module: ModuleType) -> list[FunctionType]:
    """The functions and methods that a module defines."""
    ours = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    members = [one for value in ours for one in (vars(value).values() if isinstance(value, type) else [value])]
    return [one for one in members if isinstance(one, FunctionType)]
