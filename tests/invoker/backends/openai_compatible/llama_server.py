"""A real llama.cpp server on loopback: `llama_server.py MODEL KEY [embedding]`. Says its address, and ends with its stdin."""

from __future__ import annotations

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
    if more:
        chosen.embedding = True
        chosen.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(chosen)
    print(server.listening_address, flush=True)
    sys.stdin.read()
