"""Compiled arithmetic of the small networks: mini-batch products, a step of Adam, and masked windows, in float32.

A mini-batch of 10 patterns is too small for a BLAS library, whose start of each product costs as much as the product.
Here everything of a training step happens inside one compiled function, and the weights never leave the core's cache.

The network is a chain of nodes (input, hidden layers, code, hidden layers, output) joined by links, each a matrix of
weights; the residual recipe adds a link from input to code and one from code to output. All arrays are flat:

- `parameters`: the weights of each link, row by row, and the biases of each node, at the places that `links`, shape
  (n_links, 3) of source, target and place, and `nodes`, shape (n_nodes, 3) of width, place of biases and kind, name;
- `values` and `slopes`: what each node gives and the derivative of the loss by it, node after node, `n_rows` rows each.

Widths are multiples of LANES and numbers of rows multiples of ROWS; what is added is zero and stays zero.
"""

import numpy as np

from peakscape.maps.autoencoder.tiles import COLUMN_ROWS, LANES, N_VECTORS, compiled, make_tile

ROWS, STEP_ROWS = 5, 8
"""Rows of a tile of a product, whose sums just fit into the registers, and of a gradient before weights are stepped."""
TILE = N_VECTORS * LANES

RELU, TANH, LINEAR = 0, 1, 2
"""Kinds of nodes."""

BETA_1, BETA_2, EPSILON = np.float32(0.9), np.float32(0.999), np.float32(1e-8)
"""Adam's constants (Kingma and Ba 2015, arXiv:1412.6980), which are also PyTorch's defaults."""

ONE, ZERO = np.float32(1.0), np.float32(0.0)


_add_tile, _add_narrow_tile = make_tile(ROWS, N_VECTORS), make_tile(ROWS, 1)
_add_columns, _add_narrow_columns = make_tile(COLUMN_ROWS, N_VECTORS), make_tile(COLUMN_ROWS, 1)


@compiled()
def add_product(out, out_place, left, left_place, right, right_place, shape):  # type: ignore[no-untyped-def]
    """Add left (n_rows, n_terms) @ right (n_terms, n_columns) to out (n_rows, n_columns); `shape` names the three.

    Not embedded in its callers, which makes training an eighth slower: its tiles leave the compiler no choice of bits.
    """
    n_rows, n_terms, n_columns = shape
    whole = n_columns - n_columns % TILE
    for column in range(0, whole, TILE):
        for row in range(0, n_rows, ROWS):
            _add_tile(
                out, out_place + row * n_columns + column, n_columns, left, left_place + row * n_terms, n_terms, 1,
                right, right_place + column, n_columns, n_terms,
            )  # fmt: skip
    if whole < n_columns:
        for row in range(0, n_rows, ROWS):
            _add_narrow_tile(
                out, out_place + row * n_columns + whole, n_columns, left, left_place + row * n_terms, n_terms, 1,
                right, right_place + whole, n_columns, n_terms,
            )  # fmt: skip


@compiled(embedded=True)
def _add_gradient_rows(out, left, left_place, n_in, right, right_place, n_columns, n_rows):  # type: ignore[no-untyped-def]
    """Add STEP_ROWS rows of left.T @ right, left (n_rows, n_in) and right (n_rows, n_columns), to `out`."""
    whole = n_columns - n_columns % TILE
    for row in range(0, STEP_ROWS, COLUMN_ROWS):
        here, place = row * n_columns, left_place + row
        for column in range(0, whole, TILE):
            _add_columns(
                out, here + column, n_columns, left, place, 1, n_in, right, right_place + column, n_columns, n_rows
            )
        if whole < n_columns:
            _add_narrow_columns(
                out, here + whole, n_columns, left, place, 1, n_in, right, right_place + whole, n_columns, n_rows
            )


@compiled(reorder=True, embedded=True)
def _add_back(out, out_place, slopes, place, weights, weights_place, shape):  # type: ignore[no-untyped-def]
    """Add slopes (n_rows, n_columns) @ weights.T to out (n_rows, n_in), weights (n_in, n_columns)."""
    n_rows, n_in, n = shape
    for row in range(0, n_rows, ROWS):
        start = place + row * n
        d0, d1, d2 = slopes[start : start + n], slopes[start + n : start + 2 * n], slopes[start + 2 * n : start + 3 * n]
        d3, d4 = slopes[start + 3 * n : start + 4 * n], slopes[start + 4 * n : start + 5 * n]
        for k in range(0, n_in, 2):
            w = weights[weights_place + k * n : weights_place + (k + 1) * n]
            u = weights[weights_place + (k + 1) * n : weights_place + (k + 2) * n]
            a0 = a1 = a2 = a3 = a4 = b0 = b1 = b2 = b3 = b4 = ZERO
            for j in range(n):  # ten sums side by side: each number read serves two or five of them
                a0 += d0[j] * w[j]
                a1 += d1[j] * w[j]
                a2 += d2[j] * w[j]
                a3 += d3[j] * w[j]
                a4 += d4[j] * w[j]
                b0 += d0[j] * u[j]
                b1 += d1[j] * u[j]
                b2 += d2[j] * u[j]
                b3 += d3[j] * u[j]
                b4 += d4[j] * u[j]
            for r, a, b in ((0, a0, b0), (1, a1, b1), (2, a2, b2), (3, a3, b3), (4, a4, b4)):
                out[out_place + (row + r) * n_in + k] += a
                out[out_place + (row + r) * n_in + k + 1] += b


@compiled(embedded=True)
def _step(parameters, means, squares, gradient, rates):  # type: ignore[no-untyped-def]
    """Take one step of Adam; `rates` are the step with the first bias correction, the second's factor and the decay."""
    step, factor, decay = rates
    for i in range(parameters.size):
        slope = gradient[i] + decay * parameters[i]
        mean = BETA_1 * means[i] + (ONE - BETA_1) * slope
        square = BETA_2 * squares[i] + (ONE - BETA_2) * slope * slope
        means[i], squares[i] = mean, square
        parameters[i] -= step * mean / (np.sqrt(square) * factor + EPSILON)


@compiled(embedded=True)
def _bend(values, kind, width):  # type: ignore[no-untyped-def]
    """Apply a node's function in place."""
    if kind == RELU:
        for i in range(values.size):
            values[i] = values[i] if values[i] > ZERO else ZERO
    elif kind == TANH:
        for first in range(0, values.size, width):
            for i in range(first, first + 2):  # the code has two numbers; the others are zero
                values[i] = np.tanh(values[i])


@compiled(embedded=True)
def _bend_back(slopes, values, kind):  # type: ignore[no-untyped-def]
    """Multiply slopes by the derivative of a node's function, in place."""
    if kind == RELU:
        for i in range(slopes.size):
            slopes[i] = slopes[i] if values[i] > ZERO else ZERO
    elif kind == TANH:
        for i in range(slopes.size):
            slopes[i] *= ONE - values[i] * values[i]


@compiled(reorder=True, embedded=True)
def _start_back(slopes, values, goal, factor):  # type: ignore[no-untyped-def]
    """Set the slopes of one row of the output; return its squared error."""
    total = ZERO
    for i in range(goal.size):
        error = values[i] - goal[i]
        slopes[i] = factor * error
        total += error * error
    return total


@compiled(embedded=True)
def forward(parameters, links, nodes, starts, values, n_rows):  # type: ignore[no-untyped-def]
    """Compute the values of all nodes after the first, which holds the input; node k begins at `starts[k]`."""
    for node in range(1, len(nodes)):
        width, biases, kind = nodes[node, 0], nodes[node, 1], nodes[node, 2]
        first = starts[node]
        here, bias = (
            values[first : first + n_rows * width].reshape((n_rows, width)),
            parameters[biases : biases + width],
        )
        for row in range(n_rows):
            for i in range(width):
                here[row, i] = bias[i]
        for link in range(len(links)):
            source, target, place = links[link, 0], links[link, 1], links[link, 2]
            if target == node:
                shape = (n_rows, nodes[source, 0], width)
                add_product(values, first, values, starts[source], parameters, place, shape)
        _bend(values[first : first + n_rows * width], kind, width)


@compiled(embedded=True)
def _backward(parameters, means, squares, links, nodes, starts, values, slopes, gradient, rates, n_rows):  # type: ignore[no-untyped-def]
    """Pass the slopes of the last node back, and step the parameters of each node as soon as its slopes are known."""
    for node in range(len(nodes) - 1, 0, -1):
        width, biases, kind = nodes[node, 0], nodes[node, 1], nodes[node, 2]
        first = starts[node]
        last = first + n_rows * width
        _bend_back(slopes[first:last], values[first:last], kind)
        for link in range(len(links)):
            source, target, place = links[link, 0], links[link, 1], links[link, 2]
            if target != node:
                continue
            n_in = nodes[source, 0]
            if source > 0:
                _add_back(slopes, starts[source], slopes, first, parameters, place, (n_rows, n_in, width))
            size = STEP_ROWS * width
            for k in range(0, n_in, STEP_ROWS):
                for i in range(size):
                    gradient[i] = ZERO
                _add_gradient_rows(gradient, values, starts[source] + k, n_in, slopes, first, width, n_rows)
                low, high = place + k * width, place + k * width + size
                _step(parameters[low:high], means[low:high], squares[low:high], gradient[:size], rates)
        rows = slopes[first:last].reshape((n_rows, width))
        for i in range(width):
            gradient[i] = ZERO
        for row in range(n_rows):
            for i in range(width):
                gradient[i] += rows[row, i]
        low, high = biases, biases + width
        _step(parameters[low:high], means[low:high], squares[low:high], gradient[:width], rates)


@compiled()
def descend(parameters, means, squares, links, nodes, tables, orders, rates, count, numbers):  # type: ignore[no-untyped-def]
    """Train for some epochs in place; return the loss of each, shape (n_epochs,).

    `tables` are what the encoder sees and the decoder shall give, (n_rows, width) each; `orders` (n_epochs,
    n_samples) the rows of an epoch in their order; `rates` (n_epochs,) the steps; `count` the steps taken before;
    `numbers` the batch size, the points of a pattern and the decay.
    """
    seen, wanted = tables
    batch_size, n_points, decay = numbers
    n_samples, width = orders.shape[1], seen.shape[1]
    most_rows = -(-min(batch_size, n_samples) // ROWS) * ROWS
    starts = np.zeros(len(nodes) + 1, np.int64)
    widest = 0
    for node in range(len(nodes)):
        widest = max(widest, nodes[node, 0])
        starts[node + 1] = starts[node] + most_rows * nodes[node, 0]
    values, slopes = np.zeros(starts[-1], np.float32), np.zeros(starts[-1], np.float32)
    gradient = np.zeros(STEP_ROWS * widest, np.float32)
    given = values[: most_rows * width].reshape((most_rows, width))
    losses, output = np.zeros(len(orders)), starts[len(nodes) - 1]
    for epoch in range(len(orders)):
        for first in range(0, n_samples, batch_size):
            here = min(batch_size, n_samples - first)
            n_rows = -(-here // ROWS) * ROWS
            for row in range(here):
                sample = orders[epoch, first + row]
                for i in range(width):
                    given[row, i] = seen[sample, i]
            for row in range(here, n_rows):
                for i in range(width):
                    given[row, i] = ZERO
            forward(parameters, links, nodes, starts, values, n_rows)
            for i in range(slopes.size):
                slopes[i] = ZERO
            factor, total = np.float32(2.0 / (n_points * here)), 0.0
            for row in range(here):
                place = output + row * width
                there = slice(place, place + width)
                total += _start_back(slopes[there], values[there], wanted[orders[epoch, first + row]], factor)
            losses[epoch] += total / (n_points * n_samples)
            count += 1
            step = np.float32(rates[epoch] / (1.0 - 0.9**count))
            stepping = (step, np.float32(1.0 / np.sqrt(1.0 - 0.999**count)), decay)
            _backward(parameters, means, squares, links, nodes, starts, values, slopes, gradient, stepping, n_rows)
    return losses
