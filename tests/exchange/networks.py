"""Small specs with the constructs of the language, for what is written as PyTorch source."""

from __future__ import annotations

from pathlib import Path

from tests.exchange.programs import PROGRAMS

#: Text of the spec by its name. A first line `# file: NAME` begins another file beside it.
NETWORKS = {
    "long_forms": """
        name: Long
        input: [N, 3, 8, 8]
        params: {width: 4, mode: 'same'}
        layers:
          conv: {Conv2d: {in_channels: 3, out_channels: width, kernel_size: 3, padding: same}}
          more: {Conv2d: [width, 2 * width, 3]}
          drop: {Dropout: 0.5}
          norm: {GroupNorm: [2, 2 * width]}
          pad: {ZeroPad2d: [[1, 1, 0, 0]]}
          last: {nn.Conv2d: {in_channels: 2 * width, out_channels: 1, kernel_size: [1, 1], padding: mode}}
        forward: last(pad(norm(drop(more(conv(x))))))
    """,
    "without_a_name": """
        input: [N, 4]
        layers:
          - Linear(4, 4)
          - ReLU
          - fc: Linear(4, 2)
    """,
    "numbered_in_a_loop": """
        name: Row
        params: {depth: 3, last: true}
        input: [N, 4]
        layers:
          - for i in range(depth):
            - Linear(4, 4)
            - Tanh() if i % 2 else None
          - "*[Linear(4, 4) for i in range(2)]"
          - Dropout(0.1) if last else None
    """,
    "named_in_a_loop": """
        name: Named
        params: {depth: 3, last: false}
        input: [N, 4]
        layers:
          for i in range(depth):
            let: {width: 4 + i}
            fc{i}-a: Linear(4, width)
            fc{i}-b: Linear(width, 4)
            act{i}: Tanh() if i % 2 else None
          if last:
            out: Linear(4, 2)
    """,
    "names_that_shadow": """
        name: Shadow
        params: {width: 4, depth: 2, widths: [4, 6, 5]}
        input: [N, width]
        let:
          width_of(i): widths[i]
          total: sum(widths) + depth
        blocks:
          Part(inputs, outputs):
            let: {width: 2 * inputs, factor: total / 10}
            layers:
              a: Linear(inputs, width)
              b: Linear(width, outputs)
            forward: b(a(x)) * factor
        layers:
          body:
            Sequential:
              - for i, width in enumerate(widths):
                - for depth in range(1, 3):
                  - Part(width_of(i), width_of(i) if depth == 1 else width_of((i + 1) % 3))
          head: Linear(width, depth)
        forward: head(body(x))
    """,
    "block_as_a_value": """
        name: Values
        params: {block: Wide, act: ReLU, scale: 3}
        input: [N, 4]
        blocks:
          Wide(width, act=Sigmoid):
            layers: {fc: "Linear(width, scale * width)", act: act, out: "Linear(scale * width, width)"}
          Narrow(width, act=None):
            layers:
              - Linear(width, width // 2)
              - act
              - Linear(width // 2, width)
          Twice(kind, width):
            layers: {first: kind(width), second: "kind(width, act=act)"}
        layers:
          a: block(4)
          b: Twice(block, 4)
          c: Twice(Narrow, 4)
          d: {Narrow: {width: 4, act: GELU}}
    """,
    "functions_of_tensors": """
        name: Functions
        params: {size: 2}
        input: [N, 4, 4]
        let:
          softplus(x, beta=1.0): log(1 + exp(beta * x)) / beta
          largest(x): max(x, 1)
          clipped(v): max(1, min(v, 3))
          cut(x): x.unflatten(1, (-1, size))
        layers: {fc: "Linear(4, 2 * clipped(7))"}
        forward: |
          values, _ = largest(fc(x).abs())
          total = sum([values, softplus(values), sqrt(values)])
          parts = cut(x).flatten(1).sum(1, keepdim=True)
          return total + clipped(size) * parts + math.sqrt(4)
    """,
    "own_tensors": """
        name: Own
        params: {length: 3, width: 4, learnt: true}
        input: [N, length, width]
        parameters:
          token: zeros(1, 1, width)
          position: normal_(empty(1, length, width), std=0.02)
          scale: "full((width,), 2)"
          shift: rand(width) if learnt else None
          fixed: Parameter(ones(1), requires_grad=False)
        buffers:
          steps: arange(length).view(1, -1, 1) / length
          table: |
            if not learnt:
              return None
            rows = arange(length)          # numbers of the rows
            return (rows[:, None] - rows).abs().float().sum(1).view(1, -1, 1)
          mask: {value: "ones(length, 1)", persistent: false}
        layers: {fc: "Linear(width, width)"}
        forward: |
          y = fc(x + position * scale + token) + steps + mask + fixed
          return y if shift is None else y + shift + table
    """,
    "shared": """
        name: Translator
        inputs: {tokens: {shape: [N, 7], dtype: int64}}
        blocks:
          Encoder(table):
            layers: {table: table, fc: "Linear(8, 8)"}
            forward: fc(table(x))
          Decoder(table):
            layers: {emb: table}
            forward: x @ emb.weight.T
        let:
          table: Embedding(20, 8)
        layers:
          encoder: Encoder(table)
          decoder: Decoder(table)
          again: Encoder(encoder.table)
        forward: decoder(again(tokens) + encoder(tokens))
    """,
    "tied": """
        name: Tied
        inputs: {tokens: {shape: [N, 7], dtype: int64}}
        layers:
          body:
            Sequential:
              - Embedding(20, 8)
              - Linear(8, 8)
          head: Linear(8, 20, bias=False)
        forward: head(body(tokens))
        tie: {head.weight: body.0.weight}
        init:
          Embedding.weight: normal_(std=0.02)
          body.1: {weight: "uniform_(-1 / math.sqrt(in_features), 1 / math.sqrt(in_features))", bias: zeros_}
        freeze: ["body.1.*", Embedding.weight]
    """,
    "initialised": """
        name: Initialised
        input: [N, 3, 8, 8]
        params: {std: 0.5}
        layers:
          conv: Conv2d(3, 4, 3, bias=False)
          norm: BatchNorm2d(4)
          conv2: Conv2d(4, 4, 3)
          flat: Flatten
          fc: Linear(64, 2)
        init:
          Conv2d: {weight: 'normal_(std=std / kernel_size[0])', bias: zeros_}
          "*.bias": constant_(0.1)
          BatchNorm2d.weight: uniform_
          "conv?.weight": xavier_normal_(gain=2)
          fc.weight: "normal_(0, 1 / sqrt(in_features))"
          norm.bias: ones_ if std > 1 else None
          conv2.bias: None
        freeze: ["n*", conv.weight]
    """,
    "normed_weights": """
        name: Normed
        input: [N, 1, 100]
        layers:
          - weight_norm(Conv1d(1, 8, 3))
          - ReLU
          - spectral_norm(Conv1d(8, 8, 3), n_power_iterations=2)
          - Linear(96, 4).requires_grad_(False)
    """,
    "chosen": """
        name: Chosen
        input: [N, 4]
        choose: {kind: fc, times: 2, twice: true, nothing: null}
        layers:
          kinds: ModuleDict([['fc', Linear(4, 4)], ['id', Identity()]])
          acts: {ModuleDict: {relu: ReLU, tanh: Tanh}}
        forward: |
          for _ in range(times):
            x = kinds[kind](x)
          for name, act in acts.items():
            if name == 'tanh' and nothing is None:
              x = act(x)
          return x + x if twice else x
    """,
    "statements": """
        name: Statements
        inputs: {x: [N, 4, 6], mask: {shape: [N, 4], dtype: bool}}
        params: {parts: 2, float: 3}
        layers:
          norm: LayerNorm(6)
          fc: Linear(6, 6)
          fcs: ModuleList([Linear(6, 6) for i in range(parts)])
        forward: |
          def forward(self, x, mask=None, extra: float = 2.0):
            # what comes before

            y: Tensor = x
            y += 1  # a new tensor
            outs, count = [], 0
            for i, fc in enumerate(self.fcs):   # every one of them
              count += 1
              if i == 5:
                continue
              elif i > 7:
                break
              outs += [fc(y)]
              outs.append(F.relu(self.fc(y)))
            first, *rest = outs
            partial = first + sum(rest) * (count if count > 1 else 0) + x
            assert partial.ndim == 3, f'{partial.ndim} axes'
            if partial.shape[1] != 4:
              raise ValueError(f'not {float}')
            z = torch.zeros(partial.shape[0], 6, dtype='float32')
            z[:, 1:] = partial[:, 0, :-1]
            z[:, 0] += float
            with torch.no_grad():
              grid, _ = meshgrid(arange(2), arange(3))
            pairs = zip(partial.unbind(1), reversed(list(range(4))))
            F = torch.stack([a * b for a, b in pairs], 1) + pairs[0][1]
            if mask is not None:
              partial = partial.masked_fill(~mask[..., None], 0.0)
            del first
            return norm(partial) + z[:, None] * extra + grid.sum(), {'mean': partial.mean()}['mean'], view(partial, -1)
    """,
    "odd_names": """
        name: odd-names
        input: [N, 4]
        params: {lambda_: 2, half: 0.5, add_module: 1.5}
        layers:
          if: Linear(4, 4)
          1st: Linear(4, 4)
          ok: {Sequential: {a-b: "Linear(4, 4)", 'c d': ReLU}}
          rows: {ModuleDict: {x-1: "Linear(4, 4)"}}
        forward: ok(rows['x-1'](x)) * half * add_module * lambda_
    """,
    "used_files": """
        name: Using
        use: [other.yaml]
        input: [N, 4]
        params: {width: 4}
        layers:
          a: Part(width, 8)
          b: Other(width=8)
          c: Part(4, doubled(2))
          d: {Sequential: ['Part(4, 4)', ReLU]}
        forward: d(c(b(a(x)))) * offset(1)
        # file: other.yaml
        name: Other
        params: {width: 3, slope: 0.3, act: LeakyReLU}
        let:
          extra: width + 1
          doubled(v): 2 * v
          offset(v): v + extra
        blocks:
          Part(inputs, outputs):
            layers:
              fc: Linear(inputs, outputs + extra - extra)
              act: act(slope)
        layers:
          part: Part(width, 4)
        choose: {scale: 2}
        forward: part(x) * scale
    """,
    "transformer": """
        name: Seq
        inputs: {src: [N, 5, 8], tgt: [N, 3, 8]}
        layers:
          net:
            Transformer: {d_model: 8, nhead: 2, num_encoder_layers: 1, num_decoder_layers: 1, dim_feedforward: 16,
                          batch_first: true, activation: gelu}
          enc:
            TransformerEncoder:
              encoder_layer: TransformerEncoderLayer(8, 2, 16, batch_first=True)
              num_layers: 2
          attn: MultiheadAttention(8, 2, batch_first=True)
        forward: |
          y = net(src, tgt)
          z, _ = attn(y, enc(src), src, need_weights=False)
          return z
        init:
          Linear.weight: normal_(std=0.02)
    """,
    "recursive": """
        name: Recursive
        params: {depth: 3, width: 4}
        input: [N, width]
        let:
          size(i): width if i == 0 else size(i - 1) + 1
        blocks:
          Level(n):
            layers:
              down: Linear(size(n), size(n + 1))
              inner: Level(n + 1) if n < depth else None
              up: Linear(size(n + 1), size(n))
            forward: |
              y = down(x)
              return x + up(y if inner is None else inner(y))
        layers: {level: Level(0)}
    """,
    "conditions": """
        name: Conditions
        params: {kind: 'a', norm: BatchNorm1d, act: None}
        input: [N, 4]
        layers:
          if kind == 'a':
            first: Linear(4, 4)
            second: ReLU
          if kind != 'a':
            third: Linear(4, 4)
          norm: partial(norm, eps=0.01)(4) if norm else Identity()
          act: ReLU if kind == 'b' else GELU
          pick: ReLU6() if kind == 'b' else (Tanh() if kind == 'a' else None)
          list: {ModuleList: ['Linear(4, 4)', ReLU]}
        forward: |
          x = second(first(x)) if first is not None else third(x)
          for layer in list:
            x = layer(x)
          return pick(act(norm(x)))
    """,
    "einops_and_sequences": """
        name: Patterns
        input: [N, 3, 8, 8]
        layers:
          rows: Rearrange('n c h w -> n (c h w)')
          means: Reduce('n c h w -> n c', 'mean')
          fc: Linear(192, 4)
        forward: |
          y = rearrange(x, 'n c h w -> n c (h w)', h=8)
          z = einops.reduce(x, 'n c h w -> n c', 'max') + means(x)
          z = repeat(z, 'n c -> n (k c)', k=2) + repeat(z, 1, 2)
          padded = nn.utils.rnn.pad_sequence([y[0], y[0, :2]], batch_first=True)
          return fc(rows(x)) + z.sum() + y.mean() + padded.sum() + torch.linalg.norm(z)
    """,
    "defaults_further_down": """
        name: Defaults
        description: >
          A net with a "quoted" description,
          on two "lines"
        params: {first: Second, text: "it's", pairs: [[Second, 1], [Third, 2]], table: {a: 1, b-c: [2, 3]}}
        input: [N, 4]
        blocks:
          Outer(kind=Third, size=4):
            let:
              doubled(v, by=2): by * v + offset
              offset: size // 4
            layers: {inner: kind(size), fc: "Linear(size, doubled(size) - offset)", back: "Linear(2 * size, size)"}
            forward: back(fc(inner(x))) * doubled(offset)
          Second(size):
            layers: {fc: "Linear(size, size)"}
            forward: fc(x)
          Third(size):
            layers: {fc: "Linear(size, size, bias=False)"}
            forward: fc(x) + len(text)
        layers:
          outer: Outer
          again: Outer(first)
          others: ModuleList([kind(4) for kind, count in pairs for _ in range(count) if count > 0])
          row: {Sequential: {one: "Linear(4, table['a'] + 3)", two: ReLU}}
        forward: |
          for other in others:
            x = other(x)
          return row(outer(again(x)))
    """,
    "containers": """
        name: Containers
        params: {depth: 2, acts: [relu, tanh], kinds: {relu: ReLU, tanh: Tanh}}
        input: [N, 4]
        parameters:
          scales: ParameterList([ones(4), full((4,), 0.5)])
          shifts: "ParameterDict({'a': zeros(4), 'b': rand(4)})"
        layers:
          dict:
            ModuleDict:
              for i in range(depth):
                fc{i}: Linear(4, 4)
                if i > 0:
                  more{i}: {Sequential: {a: "Linear(4, 4)", b: Tanh}}
          list:
            ModuleList:
              - for i in range(depth):
                - Sequential:
                    - for _ in range(i + 1): Linear(4, 4)
                    - Tanh
          by_name: "ModuleDict({name: kinds[name]() for name in kinds})"
          nested:
            Sequential:
              - Sequential: [ReLU, 'Linear(4, 4)']
              - Sequential: [Linear(4, 4) for i in range(depth)]
          mixed:
            Sequential:
              - Linear(4, 4)
              - named: Linear(4, 4)
              - Named: Linear(4, 4)
              - for i in range(depth): Linear(4, 4)
          whole: {Sequential: "*[Linear(4, 4) for i in range(2)]"}
        forward: |
          for name in dict:
            x = dict[name](x)
          for (name, layer), part in zip(by_name.items(), self.list):
            x = layer(part(x))
          x = whole(nested(mixed(x) * scales[0] + shifts['b'])) * scales[1]
          return x if 'fc0' in dict else None
    """,
    "functions_and_numbers": """
        name: Numbers
        params: {sizes: [4, 6], ratio: 0.5, eps: 1e-5, big: 1e20}
        input: [N, 4]
        let:
          total: sum(sizes) + max(sizes) - min(sizes) + len(sizes)
          steps: accumulate(sizes)
          pairs: zip(sizes, reversed(sizes))
          last: reversed(sizes)[0] + pairs[0][1]
          rate(i, n=4): ratio * i / (n - 1) if n > 1 else -(2 ** -i) ** 2
          rates: [rate(i) for i in range(len(sizes))]
          names: list(f'{i:02d}-{size}' for i, size in enumerate(sizes))
          ok: not (ratio > 1 and eps < 1 or big is None) and names[0] == '00-4'
          half: int(ratio * 8) if 0 < ratio <= 1 else None
        layers:
          fc: Linear(sizes[0], half)
          fc2: Linear(half, steps[-1] - 6)
          drop: Dropout(rates[1])
          norm: LayerNorm(4, eps=eps)
          extra: Linear(4, last - 4) if ok else None
        forward: |
          x = norm(fc2(fc(x))) * -total ** -1
          x = x + (1 if ok and total >= 3 else 0) - x.shape[-1] // 2 % 3
          return extra(x)[:, ::2] @ x.new_ones(4, 4) * (x.shape[0] if x.ndim == 2 else 1) + x[..., -1:]
    """,
    **PROGRAMS,
}


def write(name: str, folder: Path) -> Path:
    """The spec and the files beside it."""
    from textwrap import dedent

    first, *others = dedent(NETWORKS[name]).strip().split("# file: ")
    (folder / f"{name}.yaml").write_text(first)
    for other in others:
        file, _, text = other.partition("\n")
        (folder / file).write_text(text)
    return folder / f"{name}.yaml"
