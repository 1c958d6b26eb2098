#!/usr/bin/env python3
"""Writes face.json: PyTorch's view of a small face network at rest and in training, in float64.

    python3 tests/golden/make_face_golden.py > tests/golden/face.json

Needs PyTorch (made with 1.13). Numbers come from a fixed integer sequence and are exact in float.
"""
import json
import sys

import torch
import torch.nn.functional as F

SIDE, CLASSES, COUNT, TEMPERATURE, EPSILON = 10, 3, 4, 1.5, 1e-5
STAGES = [(3, True), (5, True), (6, False)]


def numbers(count, start):
    values, state = [], start
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(((state >> 8) % 2001 - 1000) / 1024)
    return values


def tensor(shape, start):
    size = 1
    for n in shape:
        size *= n
    return torch.tensor(numbers(size, start), dtype=torch.float64).reshape(shape)


def main():
    tensors, inputs = {}, 1
    for i, (channels, _) in enumerate(STAGES):
        tensors[f"stages.{i}.conv.weight"] = tensor((channels, inputs, 3, 3), 11 + i)
        tensors[f"stages.{i}.norm.weight"] = tensor((channels,), 21 + i)
        tensors[f"stages.{i}.norm.bias"] = tensor((channels,), 31 + i)
        tensors[f"stages.{i}.norm.running_mean"] = tensor((channels,), 41 + i)
        tensors[f"stages.{i}.norm.running_var"] = tensor((channels,), 51 + i).abs() + 0.5
        inputs = channels
    tensors["head.weight"], tensors["head.bias"] = tensor((CLASSES, inputs), 61), tensor((CLASSES,), 62)
    pictures = tensor((COUNT, 1, SIDE, SIDE), 71)
    targets = torch.tensor([[0.5, 0.25, 0.25], [0, 1, 0], [0.125, 0.125, 0.75], [1, 0, 0]], dtype=torch.float64)

    def run(training):
        x = pictures
        for i, (_, pool) in enumerate(STAGES):
            t = {name: tensors[f"stages.{i}.{name}"] for name in ("conv.weight", "norm.weight", "norm.bias")}
            mean, var = (tensors[f"stages.{i}.norm.running_{name}"].clone() for name in ("mean", "var"))
            x = F.conv2d(x, t["conv.weight"], padding=1)
            x = F.relu(F.batch_norm(x, mean, var, t["norm.weight"], t["norm.bias"], training, 1.0, EPSILON))
            if training:
                moments.append((mean, var))
            if pool:
                x = F.max_pool2d(x, 2)
        return F.linear(x.mean(dim=(2, 3)), tensors["head.weight"], tensors["head.bias"])

    moments = []
    probabilities = F.softmax(run(False) / TEMPERATURE, dim=1)
    learnt = [name for name in tensors if "running" not in name]
    for name in learnt:
        tensors[name].requires_grad_(True)
    loss = -(targets * F.log_softmax(run(True), dim=1)).sum(dim=1).mean()
    loss.backward()
    json.dump({
        "side": SIDE, "temperature": TEMPERATURE, "epsilon": EPSILON,
        "stages": [{"channels": channels, "pool": pool} for channels, pool in STAGES],
        "tensors": {name: {"shape": list(t.shape), "values": t.detach().flatten().tolist()} for name, t in tensors.items()},
        "pictures": pictures.flatten().tolist(), "targets": targets.flatten().tolist(),
        "probabilities": probabilities.flatten().tolist(), "loss": loss.item(),
        "gradients": {name: tensors[name].grad.flatten().tolist() for name in learnt},
        "moments": [{"mean": mean.tolist(), "variance": var.tolist()} for mean, var in moments],
    }, sys.stdout)


main()
