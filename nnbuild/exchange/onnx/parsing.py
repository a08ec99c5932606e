"""From messages to nodes and bodies: attributes as values, each operator with its reader, what is unknown refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.body import Body, NodeStep
from nnbuild.exchange.onnx.dtypes import dtype_name
from nnbuild.exchange.onnx.file import STANDARD, OnnxFile, opsets_of
from nnbuild.exchange.onnx.node import READERS, OnnxNode, Reader, shortest
from nnbuild.exchange.onnx.nodes import load_all
from nnbuild.exchange.onnx.nodes.control import CONTROLS
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.table import BY_OPERATOR
from nnbuild.exchange.onnx.tensors import stored

#: Nodes of a model at most, those of expanded functions and branches included, and how deep they may be nested.
MOST_NODES, DEEPEST = 1 << 20, 64


class Parser:
    """Reads the nodes of one file. Params: file; opsets, versions by domain, a function's own where it is in one."""

    def __init__(
        self, file: OnnxFile, opsets: Mapping[str, int] | None = None, depth: int = 0, given: Any = None,
        count: list[int] | None = None,
    ) -> None:  # fmt: skip
        load_all()
        self.file = file
        self.opsets = file.opsets if opsets is None else opsets
        self.depth = depth
        self.given: Mapping[str, Any] = given or {}  # the attributes of the call of a function, as messages
        self.count = [0] if count is None else count
        if depth > DEEPEST:
            raise SpecError(f"{file.name} is nested more than {DEEPEST} deep")

    def node(self, proto: Any, place: int) -> OnnxNode:
        """The node of a message."""
        self.count[0] += 1
        if self.count[0] > MOST_NODES:
            raise SpecError(f"{self.file.name} has more than {MOST_NODES:,} nodes")
        domain = "" if proto.domain in STANDARD else proto.domain
        if any(attribute.ref_attr_name for attribute in proto.attribute):
            proto = self._with_given(proto)
        node = OnnxNode(proto, {}, self.opsets.get(domain, 0), place)
        node.schema = self._schema(node)
        node.attributes = dict(self._attributes(proto, node))
        return node

    def _schema(self, node: OnnxNode) -> Any:
        """The operator's definition; none of a function of the file."""
        if (node.proto.domain, node.op) in self.file.functions:
            return None
        if node.domain not in self.opsets:
            raise self.refusal(node, f"the file states no version of the operators of {node.domain or 'ai.onnx'!r}")
        defs = package().defs
        try:
            schema = defs.get_schema(node.op, node.version, node.domain)
        except defs.SchemaError:
            known = "" if node.domain == "" else " of that domain"
            raise self.refusal(node, f"version {node.version} has no such operator{known}") from None
        _check_arity(self, node, schema)
        return schema

    def refusal(self, node: OnnxNode, reason: str) -> SpecError:
        """The error for a node that cannot be read."""
        return SpecError(f"{self.file.name}: {node.label} cannot be read: {reason}", hint="nnbuild help onnx")

    def _attributes(self, proto: Any, node: OnnxNode) -> Iterable[tuple[str, Any]]:
        for attribute in proto.attribute:
            name = attribute.name
            if node.schema is not None and name not in node.schema.attributes:
                raise self.refusal(node, f"{node.op} has no attribute {name!r}")
            yield name, self._value(attribute, node, name)

    def _value(self, attribute: Any, node: OnnxNode, name: str) -> Any:
        kinds = package().AttributeProto
        wanted = node.schema.attributes[name].type if node.schema is not None else None
        if wanted is not None and int(wanted.value) != attribute.type:
            raise self.refusal(node, f"its attribute {name!r} is of a wrong type")
        if attribute.type == kinds.TENSOR:
            return stored(attribute.t, self.file.path).read()
        if attribute.type == kinds.GRAPH:
            return self.inside().graph(attribute.g)
        if attribute.type in (kinds.FLOAT, kinds.INT, kinds.STRING, kinds.FLOATS, kinds.INTS, kinds.STRINGS):
            return shortest(package().helper.get_attribute_value(attribute))
        if attribute.type == kinds.TYPE_PROTO:
            return attribute.tp
        raise self.refusal(node, f"its attribute {name!r} is of a kind that is not read")

    def inside(self) -> Parser:
        """The parser of what is nested in here."""
        return Parser(self.file, self.opsets, self.depth + 1, self.given, self.count)

    def graph(self, proto: Any) -> Body:
        """The body of a branch or a loop."""
        constants = {tensor.name: stored(tensor, self.file.path) for tensor in proto.initializer}
        inputs = [value.name for value in proto.input if value.name not in constants]
        return Body(inputs, [value.name for value in proto.output], self.steps(proto.node), constants)

    def function(self, proto: Any, call: OnnxNode) -> Body:
        """The body of a function, for one call of it."""
        given = {attribute.name: attribute for attribute in proto.attribute_proto}
        if call.schema is not None:
            defaults = ((name, stated.default_value) for name, stated in call.schema.attributes.items())
            given |= {name: value for name, value in defaults if value.name}
        given |= {attribute.name: attribute for attribute in call.proto.attribute}
        opsets = {"": package().defs.onnx_opset_version(), **self.opsets, **opsets_of(proto)}
        inner = Parser(self.file, opsets, self.depth + 1, given, self.count)
        return Body(proto.input, proto.output, inner.steps(proto.node), {}, partial=True)

    def _with_given(self, proto: Any) -> Any:
        """The node of a function with the attributes that the call of the function gives."""
        node = type(proto)()
        node.CopyFrom(proto)
        del node.attribute[:]
        for attribute in proto.attribute:
            if not attribute.ref_attr_name:
                node.attribute.append(attribute)
            elif attribute.ref_attr_name in self.given:
                value = node.attribute.add()
                value.CopyFrom(self.given[attribute.ref_attr_name])
                value.name = attribute.name
        return node

    def steps(self, protos: Iterable[Any]) -> list[NodeStep]:
        """The nodes as steps."""
        return [self.step(self.node(proto, place)) for place, proto in enumerate(protos)]

    def step(self, node: OnnxNode) -> NodeStep:
        """The node with what runs it."""
        inner = [value for value in node.attributes.values() if isinstance(value, Body)]
        if node.domain == "" and node.op in CONTROLS:
            return NodeStep(node, CONTROLS[node.op], inner, self.file.name, framed=True)
        return NodeStep(node, self.reader(node), inner, self.file.name, framed=False)

    def reader(self, node: OnnxNode) -> Reader:
        """What computes the node. Raises SpecError for an operator that there is not here."""
        local = self.file.functions.get((node.proto.domain, node.op))
        if local is not None:
            body = self.function(local, node)
            return lambda node, *inputs: tuple(body.run(inputs))
        if node.domain == "":
            row = BY_OPERATOR.get(node.op)
            if row is not None and node.version >= row.since:
                op = getattr(ops, row.op)
                return lambda node, *inputs: op(
                    *inputs, **{argument: node.get(attribute) for attribute, argument in row.options.items()}
                )
            if node.op in READERS:
                return READERS[node.op]
        if node.schema.has_function or node.schema.has_context_dependent_function:
            return self.expanded
        raise self.refusal(node, "it is none of the operators that nnbuild has")

    def expanded(self, node: OnnxNode, *inputs: Any) -> Any:
        """Run the operator as ONNX defines it by simpler ones."""
        from nnbuild.exchange.onnx.expansion import definition

        proto = definition(node, inputs)
        if proto is None:
            raise self.refusal(node, "it is none of the operators that nnbuild has")
        counted = Parser(self.file, self.opsets, self.depth + 1, self.given)
        return tuple(counted.function(proto, node).run(inputs))


def _check_arity(parser: Parser, node: OnnxNode, schema: Any) -> None:
    given, named = len(node.inputs), len(node.outputs)
    if not schema.min_input <= given <= schema.max_input:
        raise parser.refusal(node, f"it wants {_span(schema.min_input, schema.max_input)} inputs and gets {given}")
    if not schema.min_output <= named <= schema.max_output:
        raise parser.refusal(node, f"it gives {_span(schema.min_output, schema.max_output)} outputs, not {named}")
    single = package().defs.OpSchema.FormalParameterOption.Single
    for name, stated in zip(node.inputs, schema.inputs, strict=False):
        if not name and stated.option == single:
            raise parser.refusal(node, f"its input {stated.name} is missing")
    for name, stated in schema.attributes.items():
        if stated.required and not any(attribute.name == name for attribute in node.proto.attribute):
            raise parser.refusal(node, f"its attribute {name!r} is missing")


def _span(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} or more" if most > 1000 else f"{least} to {most}"


def dtype_of(proto: Any) -> str:
    """The dtype of a TypeProto of a tensor."""
    return dtype_name(proto.tensor_type.elem_type)
