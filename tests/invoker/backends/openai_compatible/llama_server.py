"""A real llama.cpp server on loopback: `llama_server.py MODEL KEY [OPTIONS]`. Prints its address, and ends when stdin closes.

Options are a JSON object of the runtime's parameters; `pooling_type` (the end of its name) makes it an embedding server.
"""

from __future__ import annotations

import json
import sys

import xllamacpp

if __name__ == "__main__":
    model, key, *more = sys.argv[1:]
    chosen = xllamacpp.CommonParams()
    chosen.model.path = model
    chosen.model_alias = {"real"}
    chosen.n_ctx = 2048
    chosen.n_parallel = 1
    chosen.fit_params = chosen.warmup = chosen.ui = False
    chosen.verbosity = -1
    chosen.api_keys = [key]
    options = json.loads(more[0]) if more else {}
    if pooling := options.pop("pooling_type", None):
        chosen.embedding = True
        chosen.pooling_type = getattr(xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{pooling}")
    for name, value in options.items():
        setattr(chosen, name, value)
    server = xllamacpp.Server(chosen)
    print(server.listening_address, flush=True)
    sys.stdin.read()
