"""Many habits of public code."""
import copy, math
from collections import OrderedDict, namedtuple, defaultdict
from dataclasses import dataclass, field
from enum import Enum
from functools import partial, reduce
from itertools import chain
from typing import List, Optional, Tuple, Union, Callable
import numpy as np
import torch, torch.nn as nn
import torch.nn.functional as F
from torch import Tensor, einsum
from torch.nn import init
from torch.nn.utils import weight_norm, spectral_norm
try:
    from apex.normalization import FusedLayerNorm as LN
    HAS = True
except ImportError:
    LN = nn.LayerNorm
    HAS = False

Stage = namedtuple("Stage", ["depth", "width"])
CFG = {"A": [8, "M", 16, "M"], "B": [8, 8, "M"]}

def conv3x3(i, o, s=1): return nn.Conv2d(i, o, 3, s, 1, bias=False)

def make_layers(cfg, bn=False):
    layers: List[nn.Module] = []
    c = 3
    for v in cfg:
        if v == "M":
            layers += [nn.MaxPool2d(2, 2)]
        else:
            conv = nn.Conv2d(c, v, kernel_size=3, padding=1)
            layers += [conv, nn.BatchNorm2d(v), nn.ReLU(inplace=True)] if bn else [conv, nn.ReLU(True)]
            c = v
    return nn.Sequential(*layers)

class VGG(nn.Module):
    def __init__(self, features, n=10, init_weights=True):
        super(VGG, self).__init__()
        self.features = features
        self.fc = nn.Linear(16, n)
        if init_weights: self._initialize_weights()
    def forward(self, x):
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, (1, 1)).view(x.size(0), -1)
        return self.fc(x)
    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
                m.weight.data.normal_(0, math.sqrt(2. / n))
                if m.bias is not None: m.bias.data.zero_()
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1); nn.init.constant_(m.bias, 0)
            elif isinstance(m, nn.Linear):
                m.weight.data.normal_(0, 0.01)
                m.bias.data.zero_()
def vgg(**kw): return VGG(make_layers(CFG["A"], bn=True), **kw)

class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        pe = pe.unsqueeze(0).transpose(0, 1)
        self.register_buffer('pe', pe)
    def forward(self, x):
        x = x + self.pe[:x.size(0), :]
        return self.dropout(x)

class Chomp1d(nn.Module):
    def __init__(self, s): super().__init__(); self.s = s
    def forward(self, x): return x[:, :, :-self.s].contiguous()

class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, stride, dilation, padding, dropout=0.2):
        super(TemporalBlock, self).__init__()
        self.conv1 = weight_norm(nn.Conv1d(n_inputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation))
        self.chomp1 = Chomp1d(padding); self.relu1 = nn.ReLU(); self.dropout1 = nn.Dropout(dropout)
        self.net = nn.Sequential(self.conv1, self.chomp1, self.relu1, self.dropout1)
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None
        self.relu = nn.ReLU()
        self.init_weights()
    def init_weights(self):
        self.conv1.weight.data.normal_(0, 0.01)
        if self.downsample is not None: self.downsample.weight.data.normal_(0, 0.01)
    def forward(self, x):
        out = self.net(x)
        res = x if self.downsample is None else self.downsample(x)
        return self.relu(out + res)

class TCN(nn.Module):
    def __init__(self, n_in=4, channels=(8, 8, 8), kernel_size=2):
        super().__init__()
        layers = []
        for i in range(len(channels)):
            d = 2 ** i
            in_c = n_in if i == 0 else channels[i-1]
            layers += [TemporalBlock(in_c, channels[i], kernel_size, stride=1, dilation=d, padding=(kernel_size-1) * d)]
        self.network = nn.Sequential(*layers)
    def forward(self, x): return self.network(x)

class DenseLayer(nn.Sequential):
    def __init__(self, i, g):
        super().__init__()
        self.add_module('norm', nn.BatchNorm2d(i)); self.add_module('relu', nn.ReLU(True)); self.add_module('conv', conv3x3(i, g))
        self.drop = 0.0
    def forward(self, x):
        new = super().forward(x)
        if self.drop > 0: new = F.dropout(new, p=self.drop, training=self.training)
        return torch.cat([x, new], 1)
class DenseBlock(nn.Sequential):
    def __init__(self, n, i, g):
        super().__init__()
        for k in range(n): self.add_module('denselayer%d' % (k + 1), DenseLayer(i + k * g, g))
class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(OrderedDict([('conv0', nn.Conv2d(3, 8, 3, padding=1)), ('norm0', nn.BatchNorm2d(8))]))
        nf = 8
        for i, n in enumerate((2, 3)):
            self.features.add_module(f'denseblock{i+1}', DenseBlock(n, nf, 4)); nf += n * 4
        self.classifier = nn.Linear(nf, 5)
        for name, p in self.named_parameters():
            if 'norm' in name and 'weight' in name: p.data.fill_(1)
            elif 'classifier' in name and 'bias' in name: p.data.fill_(0)
    def forward(self, x):
        f = self.features(x)
        out = F.relu(f, inplace=True)
        return self.classifier(F.adaptive_avg_pool2d(out, 1).view(f.size(0), -1))

class Act(Enum):
    RELU = "relu"; GELU = "gelu"
ACTS = {Act.RELU: nn.ReLU, Act.GELU: partial(nn.GELU, approximate="tanh")}

@dataclass
class Config:
    dim: int = 8
    heads: int = 2
    depths: List[int] = field(default_factory=lambda: [1, 2])
    act: Act = Act.GELU
    drop: float = 0.1
    @property
    def head_dim(self): return self.dim // self.heads

class Attention(nn.Module):
    scale: float
    def __init__(self, cfg: Config):
        super().__init__()
        self.h, self.d = cfg.heads, cfg.head_dim
        self.scale = self.d ** -0.5
        self.to_qkv = nn.Linear(cfg.dim, cfg.dim * 3, bias=False)
        self.proj = nn.Linear(cfg.dim, cfg.dim)
        self.register_buffer("mask", torch.tril(torch.ones(16, 16)).view(1, 1, 16, 16), persistent=False)
        self.temp = nn.Parameter(torch.ones(self.h, 1, 1))
        self.table = nn.Parameter(torch.zeros(3, self.h)); nn.init.trunc_normal_(self.table, std=.02)
    def forward(self, x, mask: Optional[Tensor] = None):
        B, N, C = x.shape
        q, k, v = self.to_qkv(x).reshape(B, N, 3, self.h, C // self.h).permute(2, 0, 3, 1, 4).unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale * self.temp
        attn = attn.masked_fill(self.mask[:, :, :N, :N] == 0, float("-inf"))
        self.attn = attn.softmax(dim=-1)
        x = einsum('b h i j, b h j d -> b h i d', self.attn, v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)

class Block(nn.Module):
    def __init__(self, cfg, drop_path=0.):
        super().__init__()
        self.attn = Attention(cfg)
        self.norms = nn.ModuleList([LN(cfg.dim) for _ in range(2)])
        self.mlp = nn.Sequential(nn.Linear(cfg.dim, 4 * cfg.dim), ACTS[cfg.act](), nn.Dropout(drop_path), nn.Linear(4 * cfg.dim, cfg.dim))
        self.gamma = nn.Parameter(1e-2 * torch.ones(cfg.dim), requires_grad=True)
        self.rate = drop_path
    def forward(self, x):
        for f, n in zip((self.attn, self.mlp), self.norms): x = x + self.gamma * f(n(x))
        return x

class ViT(nn.Module):
    def __init__(self, img=16, patch=4, cfg=None, **kwargs):
        super().__init__()
        cfg = cfg or Config(**kwargs)
        self.cfg = cfg
        num = (img // patch) ** 2
        self.patch = nn.Conv2d(3, cfg.dim, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, cfg.dim) * 0.02)
        self.pos = nn.Parameter(torch.zeros(1, num, cfg.dim))
        dpr = [x.item() for x in torch.linspace(0, cfg.drop, sum(cfg.depths))]
        dpr2 = np.linspace(0, cfg.drop, sum(cfg.depths))
        cur = 0
        self.stages = nn.ModuleList()
        for d in cfg.depths:
            self.stages.append(nn.Sequential(*[Block(cfg, drop_path=dpr[cur + i] if i % 2 else dpr2[cur + i]) for i in range(d)]))
            cur += d
        self.head = nn.Linear(cfg.dim, 4) if True else nn.Identity()
        self.apply(self._init)
        setattr(self, "norm_%d" % 1, LN(cfg.dim, eps=1e-6))
        nn.init.normal_(self.pos, std=0.02)
        with torch.no_grad():
            self.head.weight.mul_(0.5).add_(0.1)
            self.head.bias[1:3].fill_(0.7)
    @staticmethod
    def _init(m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)
            if m.bias is not None: nn.init.constant_(m.bias, 0)
    @torch.jit.ignore
    def no_weight_decay(self): return {'pos', 'cls'}
    @property
    def depth(self): return len(self.stages)
    def forward_features(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2) + self.pos
        for i, s in enumerate(self.stages):
            x = s(x) if i < self.depth else x
        return getattr(self, f"norm_{1}")(x)
    def forward(self, x, *args, **kw):
        x = self.forward_features(x)
        return {"logits": self.head(x.mean(1)), "features": x}

class Inferred(nn.Module):
    def __init__(self, shape=(3, 16, 16)):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(shape[0], 4, 3), nn.ReLU(), nn.MaxPool2d(2))
        n = self._get(shape)
        self.fc = nn.Linear(n, 3)
        self.layers = dict(a=self.conv, b=self.fc)
        self._modules["extra"] = nn.Linear(3, 3)
        self.copies = nn.ModuleList([copy.deepcopy(self.fc) for _ in range(2)])
        self.tied = nn.Linear(3, 3); self.tied.weight = self.extra.weight
        self.forward = self.run
    def _get(self, shape):
        with torch.no_grad():
            o = self.conv(torch.zeros(1, *shape))
        return int(np.prod(o.size()[1:]))
    def run(self, x):
        y = self.layers["a"](x)
        y = y.view(-1, int(np.prod(y.shape[1:])))
        z = sum(c(y) for c in self.copies)
        return self.tied(self.extra(self.fc(y))) + z

class SE(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.avg = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(nn.Linear(c, c // r), nn.ReLU(), nn.Linear(c // r, c), nn.Sigmoid())
    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.fc(self.avg(x).view(b, c)).view(b, c, 1, 1)
        return x * y.expand_as(x)
class Bottleneck(nn.Module):
    expansion = 2
    def __init__(self, i, p, stride=1, downsample=None, norm_layer: Callable[..., nn.Module] = None):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        self.conv1, self.bn1 = conv3x3(i, p, stride), norm_layer(p)
        self.conv2, self.bn2 = conv3x3(p, p * self.expansion), norm_layer(p * self.expansion)
        self.se = SE(p * self.expansion); self.downsample = downsample
        self.act = lambda t: F.relu(t)
    def forward(self, x):
        identity = x
        out = self.act(self.bn1(self.conv1(x)))
        out = self.se(self.bn2(self.conv2(out)))
        if self.downsample is not None: identity = self.downsample(x)
        out += identity
        return self.act(out)
class ResNet(nn.Module):
    def __init__(self, block=Bottleneck, layers=(1, 2), zero_init_residual=True):
        super().__init__()
        self.inplanes = 8
        self._norm = partial(nn.BatchNorm2d, eps=1e-3)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3), self._norm(8), nn.ReLU())
        for i, n in enumerate(layers):
            setattr(self, f"layer{i+1}", self._make_layer(block, 8 * 2 ** i, n, stride=1 if i == 0 else 2))
        self.fc = nn.Linear(self.inplanes, 3)
        for m in self.modules():
            if isinstance(m, nn.Conv2d): nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d): nn.init.constant_(m.weight, 1); nn.init.constant_(m.bias, 0)
        if zero_init_residual:
            for m in self.modules():
                if isinstance(m, Bottleneck): nn.init.constant_(m.bn2.weight, 0)
    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride, bias=False), self._norm(planes * block.expansion))
        layers = [block(self.inplanes, planes, stride, downsample, self._norm)]
        self.inplanes = planes * block.expansion
        for _ in range(1, blocks): layers.append(block(self.inplanes, planes, norm_layer=self._norm))
        return nn.Sequential(*layers)
    def forward(self, x):
        x = self.stem(x)
        for name, m in self.named_children():
            if name.startswith("layer"): x = m(x)
        return self.fc(torch.flatten(x.mean((-2, -1)), 1))
    @classmethod
    def small(cls, **kw):
        return cls(layers=[1], **kw)

PRIMITIVES = ['none', 'skip', 'sep3', 'max']
OPS = {
  'none': lambda C, s, affine: Zero(s),
  'skip': lambda C, s, affine: nn.Identity() if s == 1 else FR(C, C, affine),
  'sep3': lambda C, s, affine: Sep(C, C, 3, s, 1, affine=affine),
  'max': lambda C, s, affine: nn.MaxPool2d(3, stride=s, padding=1),
}
class Zero(nn.Module):
    def __init__(self, s): super(Zero, self).__init__(); self.s = s
    def forward(self, x):
        if self.s == 1: return x.mul(0.)
        return x[:, :, ::self.s, ::self.s].mul(0.)
class FR(nn.Module):
    def __init__(self, i, o, affine=True):
        super().__init__()
        assert o % 2 == 0
        self.relu = nn.ReLU(inplace=False)
        self.c1 = nn.Conv2d(i, o // 2, 1, stride=2, bias=False); self.c2 = nn.Conv2d(i, o // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(o, affine=affine)
    def forward(self, x):
        x = self.relu(x)
        return self.bn(torch.cat([self.c1(x), self.c2(x[:, :, 1:, 1:])], dim=1))
class Sep(nn.Module):
    def __init__(self, i, o, k, s, p, affine=True):
        super().__init__()
        self.op = nn.Sequential(nn.ReLU(inplace=False), nn.Conv2d(i, i, k, stride=s, padding=p, groups=i, bias=False), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o, affine=affine))
    def forward(self, x): return self.op(x)
Genotype = namedtuple('Genotype', 'normal normal_concat')
DARTS = Genotype(normal=[('sep3', 0), ('skip', 1), ('max', 0), ('sep3', 2)], normal_concat=[2, 3])
class Cell(nn.Module):
    def __init__(self, genotype, C, reduction):
        super().__init__()
        op_names, indices = zip(*genotype.normal)
        self._steps = len(op_names) // 2
        self._concat = genotype.normal_concat
        self.multiplier = len(self._concat)
        self._ops = nn.ModuleList()
        for name, index in zip(op_names, indices):
            stride = 2 if reduction and index < 2 else 1
            op = OPS[name](C, stride, True)
            self._ops += [op]
        self._indices = indices
    def forward(self, s0, s1, drop_prob=0.):
        states = [s0, s1]
        for i in range(self._steps):
            h1 = states[self._indices[2*i]]; h2 = states[self._indices[2*i+1]]
            op1 = self._ops[2*i]; op2 = self._ops[2*i+1]
            h1 = op1(h1); h2 = op2(h2)
            if self.training and drop_prob > 0.:
                if not isinstance(op1, nn.Identity): h1 = h1 * 2
            states += [h1 + h2]
        return torch.cat([states[i] for i in self._concat], dim=1)
class Mixed(nn.Module):
    def __init__(self, C):
        super().__init__()
        self._ops = nn.ModuleList()
        for primitive in PRIMITIVES:
            op = OPS[primitive](C, 1, False)
            if 'max' in primitive: op = nn.Sequential(op, nn.BatchNorm2d(C, affine=False))
            self._ops.append(op)
        self.alphas = nn.Parameter(1e-3 * torch.randn(len(PRIMITIVES)))
    def forward(self, x):
        return sum(w * op(x) for w, op in zip(F.softmax(self.alphas, dim=-1), self._ops))
class Search(nn.Module):
    def __init__(self, C=8, genotype="DARTS"):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, C, 3, padding=1), nn.BatchNorm2d(C))
        self.cell = Cell(globals()[genotype], C, False)
        self.mixed = Mixed(2 * C)
        self.criterion = nn.CrossEntropyLoss() if hasattr(nn, "Nope") else None
    def forward(self, x):
        s0 = s1 = self.stem(x)
        return self.mixed(self.cell(s0, s1))

class RNNs(nn.Module):
    def __init__(self, vocab=20, d=8, hidden=6, bidirectional=True):
        super().__init__()
        self.emb = nn.Embedding(vocab, d, padding_idx=0)
        self.rnn = nn.LSTM(d, hidden, num_layers=2, batch_first=True, bidirectional=bidirectional)
        self.out = nn.Linear(hidden * (2 if bidirectional else 1), vocab)
        self.init_weights()
    def init_weights(self):
        initrange = 0.1
        self.emb.weight.data.uniform_(-initrange, initrange)
        for names in self.rnn._all_weights if hasattr(self.rnn, "_all_weights") else []:
            pass
        for name, p in self.rnn.named_parameters():
            if 'bias' in name:
                n = p.size(0)
                p.data[n // 4:n // 2].fill_(1.0)
            elif "weight_hh" in name: nn.init.orthogonal_(p)
    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return (weight.new_zeros(4, bsz, 6), weight.new_zeros(4, bsz, 6))
    def forward(self, x):
        h = self.init_hidden(x.size(0))
        y, (hn, cn) = self.rnn(self.emb(x), h)
        return self.out(y[:, -1]), hn

class DoubleConv(nn.Module):
    """(conv => BN => ReLU) * 2"""
    def __init__(self, i, o, mid=None):
        super().__init__()
        if not mid: mid = o
        self.double_conv = nn.Sequential(nn.Conv2d(i, mid, 3, padding=1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(inplace=True), nn.Conv2d(mid, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))
    def forward(self, x): return self.double_conv(x)
class Up(nn.Module):
    def __init__(self, i, o, bilinear=True):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True); self.conv = DoubleConv(i, o, i // 2)
        else:
            self.up = nn.ConvTranspose2d(i, i // 2, kernel_size=2, stride=2); self.conv = DoubleConv(i, o)
    def forward(self, x1, x2):
        x1 = self.up(x1)
        dy = x2.size()[2] - x1.size()[2]; dx = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.conv(torch.cat([x2, x1], dim=1))
class UNet(nn.Module):
    def __init__(self, n_channels=3, n_classes=2, bilinear=True):
        super().__init__()
        self.n_channels = n_channels
        self.inc = DoubleConv(n_channels, 8)
        factor = 2 if bilinear else 1
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(8, 16 // factor))
        self.up1 = Up(16, 8, bilinear)
        self.outc = nn.Conv2d(8, n_classes, kernel_size=1)
        self.aux = spectral_norm(nn.Conv2d(8, 2, 1))
    def use_checkpointing(self):
        self.inc = torch.utils.checkpoint(self.inc)
    def forward(self, x):
        x1 = self.inc(x); x2 = self.down1(x1)
        return self.outc(self.up1(x2, x1)), self.aux(x1)
if __name__ == "__main__":
    print(open("/etc/passwd").read())
