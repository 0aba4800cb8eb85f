"""The kernel: what each indicator adds to the sum of all trees, for one row and for many.

Along a path a coalition of indicators makes a leaf worth v · Π (its o, whether the row follows) · Π (the others' z, the
share of rows that went that way). Its Shapley sum is an integral over t from 0 to 1 of Π (z + (o - z) t), a polynomial
of a degree below the D indicators of the path, so Gauss-Legendre's rule with ⌈D/2⌉ nodes gives it exactly (Wettenstein
et al. 2026). At each node of the rule, P is the product from the root down to a split, and G the worth of a split's
rows, summed from the leaves up:

    c = o - z              of the side that is written first; 0 where the row left an earlier split of this indicator
    q = z + c·τ            P_first = P·q, P_other = P - P_first: z and o of the two sides each sum to one
    G = G_other + q·(G_first - G_other)
    φ of the indicator gains c · Σ P·e·(G_first - G_other),  e = τ·(1 - τ)

τ is t, and for an indicator that stood earlier on the path with the share y, t / (y + (1 - y)·t): a change of variable.
Its derivative is e / (t·(1 - t)), and 1 / (t·(1 - t)) lies in the weights that P begins with. So a leaf costs nothing
and nothing is divided.

One row: eight nodes of the rule are the lanes of a vector. Many: eight rows are. A vector is LLVM's own, of a numba
type made here, whose sums may be contracted and reassociated and nothing else. All of it stands in this file, because
numba compiles a function anew only when its own file has changed.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model
from numpy.typing import NDArray

from features.kernel.compilation import compiled

LANES = 8
"""Lanes of a vector, a constant of all that is compiled here and of how `layout` writes."""


BOTH, MIXED, LEAVES, DOWN = 0, 1, 2, 3
"""Of a split: whether splits, a split and a leaf, or leaves are below it; and what is added on the way down."""

_AHEAD = 64
"""Splits for which memory is asked before their turn: a row that comes alone finds none of them in a cache."""

_ZERO = float(np.float32(1e-35))
"""LightGBM takes a number up to this size for 0."""


class TreeLayout(NamedTuple):
    """Trees as the kernel walks them; `layout` writes it.

    Of each tree the splits come first that have another split below them, parents before children, then those with two
    leaves. The first side of a split is that of a split, where one side is a leaf and the other is not.
    """

    inputs: NDArray[np.int32]
    """(inputs, 3): column of the matrix, LightGBM's kind of missing, whether what is missing goes with small values."""
    trees: NDArray[np.int32]
    """(trees, 7): splits with splits below, splits, vectors for the nodes of the rule, those nodes, events, slots, row
    of the rule among taus and weights."""
    splits: NDArray[np.int32]
    """(splits, 8): input, indicator, the split below on either side (as many as there are: a leaf), the earlier split
    of the indicator (as many as there are: none) and 1 for its first side or -1, row of taus, and whether it is turned:
    small values go to the other side."""
    numbers: NDArray[np.float64]
    """(splits, 4): threshold, z, worth of the other leaf, worth of the first leaf less the other's; 0 without one."""
    events: NDArray[np.int32]
    """(events, 5): going down or coming up, and between what; the split; its slot and those of the two sides."""
    taus: NDArray[np.float64]
    slopes: NDArray[np.float64]
    weights: NDArray[np.float64]
    """In rows of LANES: τ, e, and the weights that P begins with."""


_intrinsic: Callable[[Callable[..., Any]], Any] = intrinsic
"""Makes a function that writes LLVM's instructions for a call: given numba's types, it returns those and the writer."""

_IR = ir.VectorType(ir.DoubleType(), LANES)


class _VectorType(types.Type):
    """The type of LANES numbers that one instruction works on."""


class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _IR)  # type: ignore[no-untyped-call]


_VECTOR = _VectorType(name="models.contributions.Vector")
register_model(_VectorType)(_VectorModel)


def _operation(symbol: Any, name: str) -> None:
    """Give vectors an operation, lane by lane."""
    taken = signature(_VECTOR, _VECTOR, _VECTOR)
    infer_global(symbol)(type(f"_{name}", (ConcreteTemplate,), {"cases": [taken]}))

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, name)(*args, flags=("contract", "reassoc"))

    lower_builtin(symbol, _VECTOR, _VECTOR)(emit)


_operation(operator.add, "fadd")
_operation(operator.sub, "fsub")
_operation(operator.mul, "fmul")


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _IR.as_pointer())


@_intrinsic
def _load(typing: Any, array: Any, at: Any) -> Any:
    """Return the LANES numbers from one place of an array on; nothing checks that they lie within it."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, sig.args[0], *args), align=8)

    return _VECTOR(array, types.intp), emit


@_intrinsic
def _one(typing: Any, array: Any, at: Any) -> Any:
    """Return one number of an array, likewise."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, types.intp), emit


@_intrinsic
def _fetch(typing: Any, array: Any, at: Any) -> Any:
    """Ask for the line of the processor's cache in which a number will be read; it need not be there."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        asked = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        reading, near, numbers = number(0), number(3), number(1)
        builder.call(asked, [builder.bitcast(builder.gep(data, [args[1]]), byte), reading, near, numbers])
        return context.get_dummy_value()

    return types.void(array, types.intp), emit


@_intrinsic
def _store(typing: Any, array: Any, at: Any, vector: Any) -> Any:
    """Write LANES numbers there, likewise."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, sig.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, _VECTOR), emit


@_intrinsic
def _all(typing: Any, number: Any) -> Any:
    """Return one number in all lanes."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        lane, nothing = ir.IntType(32), ir.Constant(_IR, ir.Undefined)
        one = builder.insert_element(nothing, args[0], lane(0))
        return builder.shuffle_vector(one, nothing, ir.VectorType(lane, LANES)([0] * LANES))

    return _VECTOR(types.float64), emit


@_intrinsic
def _where(typing: Any, left: Any, right: Any, then: Any, other: Any) -> Any:
    """Return in each lane `then` where left <= right, else `other`."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        mask = builder.fcmp_ordered("<=", args[0], args[1])
        return builder.select(mask, args[2], args[3])

    return _VECTOR(_VECTOR, _VECTOR, _VECTOR, _VECTOR), emit


@_intrinsic
def _skipped(typing: Any, array: Any) -> Any:
    """Return how many numbers of an array come before the next line of the processor's cache."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        at = builder.ptrtoint(data, ir.IntType(64))
        return builder.lshr(builder.and_(builder.neg(at), ir.Constant(at.type, 63)), ir.Constant(at.type, 3))

    return types.intp(array), emit


@compiled()
def _infinite(row: NDArray[np.float64]) -> bool:
    found = False
    for at in range(len(row)):
        found |= bool(np.isinf(row[at]))
    return found


@compiled()
def _read(
    inputs: NDArray[np.int32], row: NDArray[np.float64], room: NDArray[np.float64], start: int, step: int
) -> None:
    """Write each input as splits compare it: what is missing is below every threshold, or no number: below none."""
    for at in range(len(inputs)):
        value = row[inputs[at, 0]]
        kind = inputs[at, 1]
        if abs(value) <= _ZERO or (kind != 2 and np.isnan(value)):
            value = 0.0
        if np.isnan(value) or (kind == 1 and value == 0.0):
            value = -np.inf if inputs[at, 2] else np.nan
        room[start + at * step] = value


@compiled()
def few_rows(
    inputs: NDArray[np.int32],
    trees: NDArray[np.int32],
    splits: NDArray[np.int32],
    numbers: NDArray[np.float64],
    taus: NDArray[np.float64],
    weights: NDArray[np.float64],
    base: float,
    places: NDArray[np.int64],
    room: NDArray[np.float64],
    rows: NDArray[np.float64],
    out: NDArray[np.float64],
) -> bool:
    """Fill `out` row by row; the lanes are nodes of the rule. Return whether an indicator is infinite.

    The parts of a layout come one by one: numba takes a tuple apart in Python, which costs as much as a small model.

    Args:
        inputs: as the next five, a part of a `Layout`.
        trees: likewise.
        splits: likewise.
        numbers: likewise.
        taus: likewise.
        weights: likewise.
        base: the base value.
        places: where in `room` inputs, c, P, G and φ begin.
        room: to work in.
        rows: float64, (rows, indicators).
        out: float64, (rows, indicators + 1).
    """
    indicators = out.shape[1] - 1
    x, c, p, g, phi = places[0], places[1], places[2], places[3], places[4]
    skipped = _skipped(room)
    x, c, p, g, phi = x + skipped, c + skipped, p + skipped, g + skipped, phi + skipped
    none, infinite = _all(0.0), False
    for row in range(len(rows)):
        infinite |= _infinite(rows[row])
        _read(inputs, rows[row], room, x, 1)
        for which in range(indicators):
            _store(room, phi + which * LANES, none)
        start = 0
        for tree in range(len(trees)):
            inner, count, rule = trees[tree, 0], trees[tree, 1], trees[tree, 6]
            room[c + count] = 1.0
            for i in range(count):
                n = start + i
                _fetch(splits, (n + _AHEAD) * 8)
                _fetch(numbers, (n + _AHEAD) * 4)
                first = (_one(room, x + splits[n, 0]) <= numbers[n, 0]) != splits[n, 7]
                followed = _one(room, c + splits[n, 4]) * splits[n, 5] > 0.0
                room[c + i] = (first - numbers[n, 1]) if followed else 0.0
            _store(room, g + count * LANES, none)
            for vector in range(trees[tree, 2]):
                _store(room, p, _load(weights, (rule + vector) * LANES))
                for i in range(inner):
                    n = start + i
                    q = _all(numbers[n, 1]) + _all(_one(room, c + i)) * _load(taus, (splits[n, 6] + vector) * LANES)
                    above = _load(room, p + i * LANES)
                    below = above * q
                    _store(room, p + splits[n, 2] * LANES, below)
                    _store(room, p + splits[n, 3] * LANES, above - below)
                for i in range(inner, count):
                    n = start + i
                    tau = _load(taus, (splits[n, 6] + vector) * LANES)
                    q = _all(numbers[n, 1]) + _all(_one(room, c + i)) * tau
                    _store(room, g + i * LANES, _all(numbers[n, 2]) + q * _all(numbers[n, 3]))
                    gain = _load(room, p + i * LANES) * (tau - tau * tau)
                    where = phi + splits[n, 1] * LANES
                    _store(room, where, _load(room, where) + gain * _all(room[c + i] * numbers[n, 3]))
                for i in range(inner - 1, -1, -1):
                    n = start + i
                    tau = _load(taus, (splits[n, 6] + vector) * LANES)
                    q = _all(numbers[n, 1]) + _all(_one(room, c + i)) * tau
                    other = _load(room, g + splits[n, 3] * LANES) + _all(numbers[n, 2])
                    more = _load(room, g + splits[n, 2] * LANES) - other
                    _store(room, g + i * LANES, other + q * more)
                    gain = _load(room, p + i * LANES) * (tau - tau * tau) * more
                    where = phi + splits[n, 1] * LANES
                    _store(room, where, _load(room, where) + gain * _all(_one(room, c + i)))
            start += count
        for which in range(indicators):
            total = 0.0
            for lane in range(LANES):
                total += room[phi + which * LANES + lane]
            out[row, which] = total
        out[row, indicators] = base
    return infinite


@compiled()
def _walk(
    layout: TreeLayout, tree: int, start: int, event: int, room: NDArray[np.float64], x: int, c: int, p: int, phi: int
) -> None:
    """Take one block of rows down and up one tree, depth first."""
    splits, numbers, taus, slopes = layout.splits, layout.numbers, layout.taus, layout.slopes
    count, nodes, rule = layout.trees[tree, 1], layout.trees[tree, 3], layout.trees[tree, 6] * LANES
    none = _all(0.0)
    for k in range(nodes):
        _store(room, p + k * LANES, _all(layout.weights[rule + k]))
    for at in range(event, event + layout.trees[tree, 4]):
        kind, n = layout.events[at, 0], layout.events[at, 1]
        mine, one, two = layout.events[at, 2], layout.events[at, 3], layout.events[at, 4]
        mine, one, two = p + mine * nodes * LANES, p + one * nodes * LANES, p + two * nodes * LANES
        mine_c, tau = c + (n - start) * LANES, splits[n, 6] * LANES
        z, other, more = _all(numbers[n, 1]), _all(numbers[n, 2]), _all(numbers[n, 3])
        if kind >= LEAVES:
            small = numbers[n, 1] - (0.0 if splits[n, 7] else 1.0)
            large = numbers[n, 1] - (1.0 if splits[n, 7] else 0.0)
            follows = _where(_load(room, x + splits[n, 0] * LANES), _all(numbers[n, 0]), _all(-small), _all(-large))
            if splits[n, 4] != count:
                left = _load(room, c + splits[n, 4] * LANES) * _all(-1.0 * splits[n, 5])
                follows = _where(none, left, none, follows)
            _store(room, mine_c, follows)
        else:
            follows = _load(room, mine_c)
        gain = none
        if kind == DOWN + BOTH:
            for k in range(0, nodes * LANES, LANES):
                above = _load(room, mine + k)
                below = above * (z + follows * _all(taus[tau + k // LANES]))
                _store(room, one + k, below)
                _store(room, two + k, above - below)
        elif kind == DOWN + MIXED:
            for k in range(0, nodes * LANES, LANES):
                _store(room, one + k, _load(room, mine + k) * (z + follows * _all(taus[tau + k // LANES])))
        elif kind == LEAVES:
            for k in range(0, nodes * LANES, LANES):
                gain = gain + _load(room, mine + k) * _all(slopes[tau + k // LANES])
                _store(room, mine + k, other + (z + follows * _all(taus[tau + k // LANES])) * more)
            gain = gain * more
        else:
            for k in range(0, nodes * LANES, LANES):
                if kind == BOTH:
                    other = _load(room, two + k)
                more = _load(room, one + k) - other
                gain = gain + _load(room, mine + k) * _all(slopes[tau + k // LANES]) * more
                _store(room, mine + k, other + (z + follows * _all(taus[tau + k // LANES])) * more)
        if kind < DOWN:
            where = phi + splits[n, 1] * LANES
            _store(room, where, _load(room, where) + gain * follows)


@compiled()
def many_rows(
    layout: TreeLayout,
    base: float,
    places: NDArray[np.int64],
    room: NDArray[np.float64],
    rows: NDArray[np.float64],
    out: NDArray[np.float64],
) -> bool:
    """Fill `out`; the lanes are rows. Return whether an indicator is infinite.

    All rows of a part go through a tree before the next tree comes.

    Args:
        layout: the trees.
        base: the base value.
        places: where in `room` inputs, c, P (and G in its place) and φ begin, and the rows of a part.
        room: to work in.
        rows: float64, (rows, indicators).
        out: float64, (rows, indicators + 1).
    """
    inputs, indicators, part = len(layout.inputs), out.shape[1] - 1, places[4]
    skipped = _skipped(room)
    x, c, p, phi = places[0] + skipped, places[1] + skipped, places[2] + skipped, places[3] + skipped
    infinite = False
    for begin in range(0, len(rows), part):
        end = min(begin + part, len(rows))
        blocks = (end - begin + LANES - 1) // LANES
        for row in range(begin, begin + blocks * LANES):
            block, lane = (row - begin) // LANES, (row - begin) % LANES
            _read(layout.inputs, rows[min(row, end - 1)], room, x + block * inputs * LANES + lane, LANES)
        for at in range(blocks * indicators):
            _store(room, phi + at * LANES, _all(0.0))
        start, event = 0, 0
        for tree in range(len(layout.trees)):
            for block in range(blocks):
                _walk(
                    layout,
                    tree,
                    start,
                    event,
                    room,
                    x + block * inputs * LANES,
                    c,
                    p,
                    phi + block * indicators * LANES,
                )
            start += layout.trees[tree, 1]
            event += layout.trees[tree, 4]
        for row in range(begin, end):
            block, lane = (row - begin) // LANES, (row - begin) % LANES
            infinite |= _infinite(rows[row])
            for which in range(indicators):
                out[row, which] = room[phi + (block * indicators + which) * LANES + lane]
            out[row, indicators] = base
    return infinite
