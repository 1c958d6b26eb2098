#!/usr/bin/python3
"""Writes forward.json: outputs of PyTorch's nn.LSTM and nn.Linear, in double, on small float weights.

Needs python3-torch:  ./make_forward_golden.py > forward.json
"""
import json

import torch

PITCHES = 12


def example(lstm, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    tensors, below, layers = {}, 3, []
    for layer, hidden in enumerate(lstm):
        shapes = {"weight_ih": (4 * hidden, below), "weight_hh": (4 * hidden, hidden), "bias_ih": (4 * hidden,), "bias_hh": (4 * hidden,)}
        module = torch.nn.LSTM(below, hidden, batch_first=True).double()
        for name, shape in shapes.items():
            value = torch.randn(shape, generator=generator, dtype=torch.float32) * 0.5
            tensors[f"lstm.{name}_l{layer}"] = value
            getattr(module, f"{name}_l0").data = value.double()
        layers.append(module)
        below = hidden
    heads = {}
    for name, size in (("pitch", PITCHES), ("step", 1), ("duration", 1)):
        weight = torch.randn((size, below), generator=generator, dtype=torch.float32) * 0.5
        bias = torch.randn((size,), generator=generator, dtype=torch.float32) * 0.5
        tensors[f"{name}_head.weight"], tensors[f"{name}_head.bias"] = weight, bias
        heads[name] = (weight.double(), bias.double())
    pitch = torch.randint(0, PITCHES, (steps,), generator=generator)
    times = torch.rand((steps, 2), generator=generator, dtype=torch.float32)
    x = torch.cat([pitch.double()[:, None] / PITCHES, times.double()], dim=1)[None]
    for module in layers:
        x, _ = module(x)
    last = x[0, -1]
    out = {name: (weight @ last + bias).tolist() for name, (weight, bias) in heads.items()}
    return {
        "lstm": lstm,
        "pitches": PITCHES,
        "tensors": {name: value.flatten().tolist() for name, value in tensors.items()},
        "notes": [[int(p), float(t[0]), float(t[1])] for p, t in zip(pitch, times)],
        "pitch_logits": out["pitch"],
        "step": out["step"][0],
        "duration": out["duration"][0],
    }


with torch.no_grad():
    print(json.dumps([example([5], 6, 1), example([4, 3], 5, 2), example([3, 4, 2], 3, 3)]))
