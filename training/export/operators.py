"""Which operators a TFLite model uses, and whether an Edge TPU runs them.

The list is that of "TensorFlow models on the Edge TPU", section "Supported operations" (Coral documentation,
coral.ai/docs/edgetpu/models-intro): the Edge TPU takes models quantised to 8 bits in full, and of those the operators
named there. The first operator that is not among them sends the rest of the model to the processor.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from mask_node.vision.card import ModelError

#: TFLite's names of the documented operators. LSTM: unidirectional only.
EDGE_TPU = frozenset({
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "EXPAND_DIMS", "FULLY_CONNECTED",
    "L2_NORMALIZATION", "LOGISTIC", "UNIDIRECTIONAL_SEQUENCE_LSTM", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL",
    "PACK", "PAD", "PRELU", "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN", "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE",
    "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SLICE", "SOFTMAX", "SPACE_TO_DEPTH", "SPLIT", "SQUEEZE",
    "STRIDED_SLICE", "SUB", "SUM", "SQUARED_DIFFERENCE", "TANH", "TRANSPOSE", "TRANSPOSE_CONV",
})  # fmt: skip
#: Eight bits, and the 32 bits of biases, shapes and axes.
_WHOLE = frozenset({"INT8", "UINT8", "INT32"})


@dataclass(frozen=True, slots=True)
class Operator:
    """One kind of operator in a model. trouble: why an Edge TPU does not run it; empty if it does."""

    name: str
    count: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Operators:
    """What a model is made of. inputs: types of its inputs, as TFLite names them."""

    inputs: tuple[str, ...]
    found: list[Operator]

    @property
    def troubles(self) -> list[str]:
        """One sentence for each reason why an Edge TPU would not run the whole model; none if it would."""
        wrong = [
            f"its input is {kind}; an Edge TPU takes uint8 or int8: export int8"
            for kind in self.inputs
            if kind not in ("UINT8", "INT8")
        ]
        return wrong + [f"{part.name} ({part.count}x): {part.trouble}" for part in self.found if part.trouble]


def operators(content: bytes) -> Operators:
    """The operators of a TFLite model, most frequent first. Raises ModelError if it is not one."""
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != b"TFL3":
        raise ModelError("not a TFLite model: the file does not begin like one")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    codes = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    kinds = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    counts: Counter[str] = Counter()
    types: dict[str, set[str]] = {}
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            # Old files keep the code in a field of one byte, new ones in both.
            name = codes[max(code.builtinCode, code.deprecatedBuiltinCode)]
            counts[name] += 1
            tensors = [graph.tensors[i] for i in [*operator.inputs, *operator.outputs] if i >= 0]
            types.setdefault(name, set()).update(kinds[tensor.type] for tensor in tensors)
    inputs = tuple(kinds[model.subgraphs[0].tensors[i].type] for i in model.subgraphs[0].inputs)
    found = [Operator(name, count, _trouble(name, types[name])) for name, count in counts.most_common()]
    return Operators(inputs, found)


def _trouble(name: str, types: set[str]) -> str:
    if name not in EDGE_TPU:
        return "not among the Edge TPU's operators; it and what follows run on the processor"
    wide = sorted(types - _WHOLE)
    return f"works on {', '.join(wide)}; an Edge TPU computes in 8 bits" if wide else ""


def operator_table(title: str, report: Operators) -> Table:
    """The report for people."""
    table = Table(title=f"{title}: input {', '.join(report.inputs)}")
    for heading in ("operator", "times", "Edge TPU"):
        table.add_column(heading, justify="right" if heading == "times" else "left")
    for part in report.found:
        table.add_row(part.name, str(part.count), part.trouble or "yes")
    return table


def read_operators(path: Path) -> Operators:
    """The operators of a file. Raises ModelError if it cannot be read or is no TFLite model."""
    try:
        return operators(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
