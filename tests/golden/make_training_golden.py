#!/usr/bin/env python3
"""Writes training.json: PyTorch's view of a small network's outputs, losses, gradients and Adam steps, in float64.

    python3 tests/golden/make_training_golden.py > tests/golden/training.json

Needs PyTorch (made with 1.13). Weights and notes come from a fixed integer sequence, not from a random generator.
"""
import json
import sys

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
PITCHES, HIDDEN, LAYERS, STEPS, BATCH = 6, 5, 2, 4, 3
WEIGHTS = {"pitch": 0.3, "step": 1.0, "duration": 0.7}
RATE, CLIP, DECAY, UPDATES = 0.01, 0.5, 0.001, 3


def sequence(count, seed):
    """Numbers in [-1, 1) from x -> 75 x + 74 mod 65537, exact in float32."""
    x, out = seed, []
    for _ in range(count):
        x = (75 * x + 74) % 65537
        out.append((x % 2048) / 1024.0 - 1.0)
    return torch.tensor(out)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, HIDDEN, LAYERS)
        self.pitch_head = nn.Linear(HIDDEN, PITCHES)
        self.step_head = nn.Linear(HIDDEN, 1)
        self.duration_head = nn.Linear(HIDDEN, 1)
        for i, (_, p) in enumerate(sorted(self.named_parameters())):
            p.data = 0.5 * sequence(p.numel(), 100 + i).reshape(p.shape)

    def forward(self, x):
        h, _ = self.lstm(x)
        return {"pitch": self.pitch_head(h), "step": self.step_head(h), "duration": self.duration_head(h)}


def losses(outputs, targets, mask):
    count = mask.sum()
    cross = nn.functional.cross_entropy(outputs["pitch"].permute(0, 2, 1), targets["pitch"], reduction="none")
    result = {"pitch": (cross * mask).sum() / count}
    for name in ("step", "duration"):
        y = outputs[name].squeeze(-1)
        result[name] = (((targets[name] - y) ** 2 + 10 * torch.clamp(-y, min=0)) * mask).sum() / count
    result["total"] = sum(WEIGHTS[name] * result[name] for name in WEIGHTS)
    return result


def notes(seed):
    pitch = ((sequence(STEPS * BATCH, seed) + 1) * PITCHES / 2).long().reshape(STEPS, BATCH)
    times = (sequence(2 * STEPS * BATCH, seed + 1) + 1).reshape(2, STEPS, BATCH)
    return {"pitch": pitch, "step": times[0], "duration": times[1]}


def flat(tensor):
    return tensor.detach().flatten().tolist()


def case(name, mask):
    network, inputs, targets = Network(), notes(7), notes(31)
    x = torch.stack([inputs["pitch"] / PITCHES, inputs["step"], inputs["duration"]], dim=-1)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY)
    start = {k: {"shape": list(p.shape), "values": flat(p)} for k, p in network.named_parameters()}
    first, norms, totals = None, [], []
    for _ in range(UPDATES):
        optimizer.zero_grad()
        outputs = network(x)
        result = losses(outputs, targets, mask)
        result["total"].backward()
        totals.append(result["total"].item())
        if first is None:
            first = {
                "outputs": {k: flat(v) for k, v in outputs.items()},
                "losses": {k: v.item() for k, v in result.items()},
                "gradients": {k: flat(p.grad) for k, p in network.named_parameters()},
            }
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), CLIP).item())
        optimizer.step()
    return {
        "name": name, "mask": flat(mask), "parameters": start,
        "inputs": {k: flat(v) for k, v in inputs.items()}, "targets": {k: flat(v) for k, v in targets.items()},
        **first, "norms": norms, "totals": totals,
        "after": {k: flat(p) for k, p in network.named_parameters()},
    }


last = torch.zeros(STEPS, BATCH)
last[-1] = 1
ragged = torch.ones(STEPS, BATCH)
ragged[2:, 1] = 0
document = {
    "made_with": f"tests/golden/make_training_golden.py, torch {torch.__version__}",
    "pitches": PITCHES, "hidden": HIDDEN, "layers": LAYERS, "steps": STEPS, "batch": BATCH, "weights": WEIGHTS,
    "rate": RATE, "clip": CLIP, "decay": DECAY, "cases": [case("last", last), case("every, ragged", ragged)],
}
text = json.dumps(document)
sys.stdout.write(text.replace('"cases"', '\n"cases"').replace('{"name"', '\n{"name"').replace('"parameters"', '\n"parameters"')
                 .replace('"after"', '\n"after"') + "\n")
