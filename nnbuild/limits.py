"""Every limit on what a file may ask for: far above what a network needs, far below what hurts a machine."""

from __future__ import annotations

# What is read
MAX_BYTES = 10_000_000  # of one spec file
MAX_NODES = 100_000  # YAML nodes of one file, aliases counted as the copies that they are
MAX_NESTING = 100  # YAML collections inside each other
MAX_FILES = 100  # files brought in by `use`
MAX_USED_BYTES = 20_000_000  # of these files together
MAX_FILE_DEPTH = 20  # files that use each other in a row
MAX_EXPRESSION = 20_000  # characters of one expression
MAX_PROGRAM = 200_000  # characters of one forward
MAX_SOURCE_BYTES = 1_000_000  # of one file of Python
MAX_SOURCE_WORDS = 100_000  # words and signs of it
MAX_SYNTAX_DEPTH = 60  # brackets, operators, statements inside each other

# What is evaluated
SECONDS = 5.0  # of building, tracing, planning and reporting one network, unless --max-seconds says otherwise
STEPS_A_SECOND = 300_000  # allowed for each of these seconds
STEPS_A_YAML_NODE = 5
STEPS_A_WORD = 2  # of Python, parsed
STEPS_A_COPY = 5  # of a value inside what is copied whole
STEPS_A_CLASS = 100  # that a program defines
MAX_LINEAGE = 100  # classes that a class is made of
MAX_FIELDS = 1_000  # of a named tuple
STEPS_A_MODULE = 50
STEPS_A_PARAMETER = 5
STEPS_A_MEMBER = 15  # a layer in another, be it the same one again
STEPS_A_CALL = 20  # of a layer in a trace
STEPS_A_NODE = 30  # of a graph
STEPS_A_SIGHT = 30  # of an axis of the input, by an op's output
STEPS_A_PLANNED_OP = 100
MAX_BITS = 256  # of a computed integer
MAX_KEY_BITS = 60  # of a whole number that is the key of a dict
MAX_ITEMS = 100_000  # of a computed list or range
MAX_TEXT = 10_000  # characters of a computed text
MAX_VALUE_DEPTH = 100  # lists, tuples and dicts inside each other
MAX_WORK_BYTES = 200_000_000  # of the tensors that are computed while a network is built
ELEMENTS_A_STEP = 100  # of these tensors, read or written
MACS_A_STEP = 10_000
MAX_POWER_ITERATIONS = 1_000  # of a spectral norm at each use

# What is built and traced
MAX_MODULES = 20_000  # layers of one network
MAX_LAYERS = 1_000  # num_layers of a recurrent layer or a Transformer
MAX_RANK = 64  # axes of a tensor, NumPy's own limit
MAX_ELEMENTS = 2**63 - 1  # of a tensor
MAX_GRAPH_NODES = 200_000  # ops of one trace
MAX_OUTPUTS = 10_000  # tensors that one op gives
MAX_FOLLOWED = 2**18  # indices of an axis that are looked at one by one
MAX_VARIANTS = 100  # of one file that `check` builds
MAX_BLOCK_DEPTH = 24  # blocks and containers inside each other

# What is shown
MAX_PROBLEMS = 20  # reported at once
MAX_SHOWN = 300  # characters of a line that an error shows
