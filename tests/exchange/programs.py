"""Small specs whose programs are PyTorch's as they stand: functions, methods, closures, `try`, what a call keeps."""

from __future__ import annotations

#: Text of the spec by its name.
PROGRAMS = {
    "functions_of_the_file": """
        name: Net
        params: {grow: 2, gamma: 0.5}
        input: [N, 4]
        functions: |
          def scaled(x, by=2):
              '''x times by.'''
              def twice(y):
                  # a comment
                  y += gamma
                  return abs(y) * by
              return max(twice(x), 1)[0]
          def widths(n, *more, start=4):
              found = []
              while len(found) < n:
                  found.append(start * grow ** len(found))
              else:
                  found += list(more)
              return found
          def recursive(n):
              return 1 if n == 0 else n * recursive(n - 1)
        let:
          total(n): |
            count = 0
            for width in widths(n, 1, start=4):
                count += width
            return count
          wide: total(2) + recursive(2)
          shifted(x, by=1): |
            if by > 2:
              return x
            x += by
            return sqrt(x.abs())
        layers:
          fc: Linear(4, wide, bias=False)
          more: ModuleList([Linear(wide, wide) for w in widths(2)])
        forward: |
          x = fc(x)
          for layer in more:
            x = x + layer(x)
          return scaled(shifted(x), by=3).sum() + scaled(x)
    """,
    "functions_by_name": """
        name: ByName
        params: {slope: 0.25}
        input: [N, 4]
        functions:
          halve(v): v // 2
          leak(x, by=slope): |
            y = x * by
            return torch.where(x > 0, x, y)
          widths(n): |
            def widths(n):
                sizes = {4 + i % 2 for i in range(n)}
                return sorted(sizes)
        layers:
          a: Linear(4, widths(3)[1])
          b: Linear(5, halve(9))
        forward: leak(b(leak(a(x))), 0.125)
    """,
    "methods": """
        name: Methods
        params: {dim: 4}
        input: [N, dim]
        blocks:
          Attention(dim, eps=1):
            let: {scale: dim ** -0.5}
            functions:
              shifted(x, by=1): |
                return sqrt(abs(x) + by * scale)
            layers: {fc: {Linear: [dim, dim]}, extra: None}
            methods:
              _norm(x, *, eps=1): |
                x += eps
                return max(x, 1, keepdim=True)[0] + shifted(x)
              width: |
                @property
                def width(self):
                    return self.fc.out_features
              encode: |
                def encode(self, x, *more, **options):
                    self.seen = self.fc(self._norm(x, **options))
                    for other in more:
                        self.seen = self.seen + other
                    return self.seen
              last: abs(self.seen)
            forward: |
              def forward(self, *args, **kwargs):
                  x, *rest = args
                  y = self.encode(x, *rest, eps=eps)
                  assert self.seen is y and self.width == 4
                  if self.extra is not None:
                      y = self.extra(y)
                  self.count = 1
                  self.count += 1
                  return self.fc.forward(y) * self.scale + self.last() * self.count + width
        layers:
          - Attention(dim)
          - LayerNorm(dim)
          - Attention(dim, eps=2)
    """,
    "closures": """
        name: Closures
        input: [N, 4]
        params: {k: 3}
        layers:
          fc: Linear(4, 4)
          acts: "ModuleList([f() for f in [lambda i=i: ReLU() if i else Tanh() for i in range(2)]])"
        forward: |
          f = lambda y, *more, s=1, **kw: abs(y) * later + sum(more) + s + len(kw)
          later = 2
          total = 0
          def add(n):
              nonlocal total
              total = total + n
              return total
          add(3)
          for act in acts:
            x = act(x)
          else:
            x = x * 2
          parts = list(map(lambda t: max(t, 1)[0], [x, x + 1]))
          signs = [g(2) for g in [lambda v, i=i: v + i for i in range(3)]]
          kept = list(filter(None, [0, 1, k]))
          y = f(fc(x), 1, 2, s=k, a=0) + total + sum(signs) + sum(kept)
          last = sorted([3, 1, 2], key=lambda v: -v)[0] + max([1, -5], key=abs)
          return y + parts[0][:, None] * parts[1].mean() + last + next(iter([4, 5])) + next((i for i in range(3)), 7)
    """,
    "flow": """
        name: Flow
        input: [N, 4]
        layers: {a: Identity, fc: "Linear(4, 4)"}
        forward: |
          i = 0
          while i < 3:
            i += 1
            x = x + 1
          else:
            x = x * 2
          try:
            y = {'a': 1}['b']
          except (KeyError, ValueError) as error:
            y = 2
          else:
            y = 3
          finally:
            x = x * y
          sizes = {1, 2} | {n % 3 for n in range(4)}
          if all((last := n) > 0 for n in [1, 3, 5]):
            x = x + last + len(sizes)
          with torch.autocast('cpu', enabled=False), torch.no_grad():
            z = x[:, np.newaxis]
          torch._assert(x.dim() == 2, 'two')
          items = [1, 2, 3]
          del items[0]
          items[0:1] = [5, 6]
          name = '{}_{:d}'.format('a', 2) + '%s%02d' % ('x', 3) + f'{str(i)!r}-{i:02d}'
          q = nn.functional.relu(torch.autograd.Variable(x)).to(x.device)
          width = getattr(fc, 'out_features') if hasattr(fc, 'out_features') and callable(fc) else 0
          return nn.Softmax(dim=1)(fc(q)) + z[:, 0] * sum(items) + len(name) + width
    """,
    "tables": """
        name: Tables
        params: {length: 6, width: 4}
        input: [N, length, width]
        buffers:
          pe: |
            pe = torch.zeros(length, width)
            position = torch.arange(length).unsqueeze(1).float()
            div = torch.exp(torch.arange(0, width, 2).float() * (-math.log(10000.0) / width))
            pe[:, 0::2] = torch.sin(position * div)
            pe[:, 1::2] = torch.cos(position * div)
            pe[0] += 1
            return pe.unsqueeze(0)
        layers: {fc: "Linear(width, width)"}
        forward: fc(x + pe)
    """,
    "free_axes": """
        name: Free
        inputs:
          x: [N, T=20, 4]
          gain: [N, T]
        layers: {rnn: "GRU(4, 3, batch_first=True)", fc: "Linear(3, 5)"}
        forward: |
          y, _ = rnn(x)
          return fc(y) * gain[:, :, None] / x.shape[1]
    """,
}
