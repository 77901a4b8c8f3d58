"""The operators of our networks that ONNX has no single name for, as nodes of the domain ``quietcloud``.

A file carries the meaning of each in standard operators (a model-local function), so every ONNX Runtime can run it; the
Rust core brings kernels that do it in one pass (src/model/operators), several times faster on a CPU. Each class here
is what a network calls while it is traced.
"""

import torch

DOMAIN = "quietcloud"


def _node(graph, name, inputs, width):
    """A node with the output [n,width]; the exporter, who knows the domain's operators by name only, has to be told."""
    return graph.op(f"{DOMAIN}::{name}", *inputs).setType(inputs[0].type().with_sizes([None, width]))


def _width(matrix):
    sizes = matrix.type().sizes()
    return sizes and sizes[1]


class GatherReduce(torch.autograd.Function):
    """b [m,c], neighbors [n,k] int32 -> [n,c]: max over the neighbours on the first half of the channels, mean on the second."""

    @staticmethod
    def forward(ctx, b, neighbors):
        half = b.shape[1] // 2
        around = b[neighbors.long()]
        return torch.cat([around[..., :half].amax(1), around[..., half:].mean(1)], 1)

    @staticmethod
    def symbolic(graph, b, neighbors):
        return _node(graph, "GatherReduce", [b, neighbors], _width(b))


class WindowReduce(torch.autograd.Function):
    """b [m,c], neighbors [n,k] int32, edges [n,k,3], windows [5,c] -> [n,c]: the same of b + t and of b relu(t), with t =
    offset + (x y z) . e + square |e|^2 for an edge e and the rows x y z, square, offset of ``windows``."""

    @staticmethod
    def forward(ctx, b, neighbors, edges, windows):
        half = b.shape[1] // 2
        around = b[neighbors.long()]
        bowl = edges @ windows[:3] + (edges * edges).sum(2, keepdim=True) * windows[3] + windows[4]
        return torch.cat([(around + bowl)[..., :half].amax(1), (around * torch.relu(bowl))[..., half:].mean(1)], 1)

    @staticmethod
    def symbolic(graph, b, neighbors, edges, windows):
        return _node(graph, "WindowReduce", [b, neighbors, edges, windows], _width(windows))


class EdgeReduce(torch.autograd.Function):
    """edges [n,k,3], reach [3,r], share [3,s], bias [s] -> [n,r+s+9]: how far the edges reach along r directions, how much of
    them lies beyond s planes, and their moments: 3 means and the second moments xx yy zz xy yz zx."""

    @staticmethod
    def forward(ctx, edges, reach, share, bias):
        covariance = (edges.transpose(1, 2) @ edges).flatten(1) / edges.shape[1]
        moments = [edges.mean(1), covariance[:, [0, 4, 8, 1, 5, 6]]]
        return torch.cat([(edges @ reach).amax(1), torch.relu(edges @ share + bias).mean(1), *moments], 1)

    @staticmethod
    def symbolic(graph, edges, reach, share, bias):
        return _node(graph, "EdgeReduce", [edges, reach, share, bias], _width(reach) + _width(share) + 9)


class Crowding(torch.autograd.Function):
    """edges [n,k,3], slope [c], peak [c] -> [n,3c]: sums of the edges' directions weighted by relu(peak + slope length)."""

    @staticmethod
    def forward(ctx, edges, slope, peak):
        length = torch.sqrt((edges * edges).sum(2, keepdim=True) + 1e-6)
        weight = torch.relu(length * slope + peak)
        return (weight.transpose(1, 2) @ (edges / length)).flatten(1)

    @staticmethod
    def symbolic(graph, edges, slope, peak):
        return _node(graph, "Crowding", [edges, slope, peak], 3 * slope.type().sizes()[0])


def functions(names):
    """The meaning of the operators ``names`` in standard ones, as onnx FunctionProtos."""
    from onnx import parser

    return [parser.parse_function(BODIES[name]) for name in sorted(names)]


_HEAD = '<opset_import: ["" : 17], domain: "quietcloud">'

BODIES = {
    "GatherReduce": _HEAD + """
        GatherReduce (b, neighbors) => (around) {
            upper, lower = Split <axis = 1> (b)
            upper_around = Gather <axis = 0> (upper, neighbors)
            lower_around = Gather <axis = 0> (lower, neighbors)
            highest = ReduceMax <axes = [1], keepdims = 0> (upper_around)
            mean = ReduceMean <axes = [1], keepdims = 0> (lower_around)
            around = Concat <axis = 1> (highest, mean)
        }""",
    "WindowReduce": _HEAD + """
        WindowReduce (b, neighbors, edges, windows) => (around) {
            sizes = Constant <value_ints = [3, 1, 1]> ()
            slope, bow, offset = Split <axis = 0> (windows, sizes)
            along = MatMul (edges, slope)
            squares = Mul (edges, edges)
            axis = Constant <value_ints = [2]> ()
            square = ReduceSum <keepdims = 1> (squares, axis)
            curved = Mul (square, bow)
            place = Add (along, curved)
            bowl = Add (place, offset)
            there = Gather <axis = 0> (b, neighbors)
            upper, lower = Split <axis = 2> (there)
            upper_bowl, lower_bowl = Split <axis = 2> (bowl)
            raised = Add (upper, upper_bowl)
            weight = Relu (lower_bowl)
            weighted = Mul (lower, weight)
            highest = ReduceMax <axes = [1], keepdims = 0> (raised)
            mean = ReduceMean <axes = [1], keepdims = 0> (weighted)
            around = Concat <axis = 1> (highest, mean)
        }""",
    "EdgeReduce": _HEAD + """
        EdgeReduce (edges, reach, share, bias) => (reduced) {
            along = MatMul (edges, reach)
            extent = ReduceMax <axes = [1], keepdims = 0> (along)
            toward = MatMul (edges, share)
            beyond = Add (toward, bias)
            over = Relu (beyond)
            part = ReduceMean <axes = [1], keepdims = 0> (over)
            mean = ReduceMean <axes = [1], keepdims = 0> (edges)
            first = Constant <value_ints = [0, 1, 2, 0, 1, 2]> ()
            second = Constant <value_ints = [0, 1, 2, 1, 2, 0]> ()
            left = Gather <axis = 2> (edges, first)
            right = Gather <axis = 2> (edges, second)
            products = Mul (left, right)
            moments = ReduceMean <axes = [1], keepdims = 0> (products)
            reduced = Concat <axis = 1> (extent, part, mean, moments)
        }""",
    "Crowding": _HEAD + """
        Crowding (edges, slope, peak) => (crowded) {
            squares = Mul (edges, edges)
            axis = Constant <value_ints = [2]> ()
            square = ReduceSum <keepdims = 1> (squares, axis)
            floor = Constant <value_float = 1e-6> ()
            positive = Add (square, floor)
            length = Sqrt (positive)
            falling = Mul (length, slope)
            signed = Add (falling, peak)
            weight = Relu (signed)
            turned = Transpose <perm = [0, 2, 1]> (weight)
            direction = Div (edges, length)
            sums = MatMul (turned, direction)
            crowded = Flatten <axis = 1> (sums)
        }""",
}
