"""How the arithmetic of the small networks is compiled: for loops by numba, and products by tiles of registers."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from peakscape.machine_code import compile_loops

LANES = 16
"""Float32 numbers in a vector of AVX-512; other processors take several of theirs for one of these."""
N_VECTORS, COLUMN_ROWS = (2, 8) if binding.get_host_cpu_features().get("avx512f") else (1, 4)
"""Vectors across a tile, and rows of a tile of a gradient: as many sums as fit into the registers of this processor
(32 of AVX-512, 16 of half the width with AVX2). The order of the terms, and so every bit, is the same with both."""


def compiled(*, reorder: bool = False, embedded: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator as `compile_loops`.

    A product and a sum may become one instruction; `reorder` lets sums be taken in vectors. No flag lets the compiler
    assume that values are finite.
    """
    flags = ("contract", "reassoc", "nsz") if reorder else ("contract",)
    return partial(compile_loops, flags=flags, embedded=embedded)


VECTOR = ir.VectorType(ir.FloatType(), LANES)


def _at(builder: Any, place: Any, *steps: tuple[Any, Any]) -> Any:
    """Return a place in an array so many steps of a size further on."""
    for step, count in steps:
        times = ir.Constant(place.type, count) if isinstance(count, int) else count
        place = builder.add(place, builder.mul(step, times))
    return place


def _vector(builder: Any, array: Any, place: Any) -> Any:
    """Return a pointer to LANES numbers of an array."""
    return builder.bitcast(builder.gep(array, [place]), VECTOR.as_pointer())


def _spread(builder: Any, array: Any, place: Any) -> Any:
    """Return a vector whose numbers are all the one at a place of an array."""
    empty, zero = ir.Constant(VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    number = builder.insert_element(empty, builder.load(builder.gep(array, [place])), zero)
    return builder.shuffle_vector(number, empty, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def make_tile(n_rows: int, n_vectors: int) -> Any:
    """Make a function that adds a product of matrices to a tile of `n_rows` by `n_vectors * LANES` numbers.

    The sums stay in registers over all terms, which a loop written in Python does not bring about. Element (r, t) of
    the left matrix is ``left[left_place + r * left_row + t * left_step]``, row t of the right one begins at
    ``right[right_place + t * right_step]`` and row r of the tile at ``out[out_place + r * out_step]``.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def add_tile(
        context: Any, out: Any, out_place: Any, out_step: Any, left: Any, left_place: Any, left_row: Any,
        left_step: Any, right: Any, right_place: Any, right_step: Any, n_terms: Any,
    ) -> Any:  # fmt: skip
        n = types.intp

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            out, left, right = (
                context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 3, 7)
            )
            _, out_place, out_step, _, left_place, left_row, left_step, _, right_place, right_step, n_terms = args
            one = ir.Constant(out_place.type, 1)
            vectors = range(n_vectors)
            places, sums = {}, {}
            for cell in product(range(n_rows), vectors):
                place = _at(builder, out_place, (out_step, cell[0]), (one, cell[1] * LANES))
                places[cell] = _vector(builder, out, place)
                sums[cell] = cgutils.alloca_once_value(builder, builder.load(places[cell], align=4))
            with cgutils.for_range(builder, n_terms) as loop:
                row = _at(builder, right_place, (right_step, loop.index))
                rights = [_vector(builder, right, _at(builder, row, (one, v * LANES))) for v in vectors]
                rights = [builder.load(pointer, align=4) for pointer in rights]
                for r in range(n_rows):
                    number = _spread(builder, left, _at(builder, left_place, (left_row, r), (left_step, loop.index)))
                    for v in vectors:  # `contract`: one instruction for product and sum
                        term = builder.fmul(number, rights[v], flags=("contract",))
                        builder.store(builder.fadd(builder.load(sums[r, v]), term, flags=("contract",)), sums[r, v])
            for cell, place in places.items():
                builder.store(builder.load(sums[cell]), place, align=4)
            return context.get_dummy_value()

        return types.void(out, n, n, left, n, n, n, right, n, n, n), generate

    return add_tile
