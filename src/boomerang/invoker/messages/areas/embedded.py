"""Messages about embedded models, their files, runtime and process."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "embedded.no_provider": "There is no provider {provider} on this connection; its provider is {known}.",
    "embedded.no_model": "There is no model {model} for {type}; there are: {known}.",
    "embedded.none": "none",
    "embedded.unavailable": "{model} is unavailable",
    "embedded.fetch_hint": "Run make weights (boomerang weights), then run again.",
    # files
    "embedded.file_missing": "{file} is not in {folder}",
    "embedded.file_other": "{file} in {folder} is no file",
    "embedded.file_size": "{file} in {folder} is cut or another file: {size:,} bytes, expected {expected:,}",
    "embedded.file_unreadable": "{file} in {folder} cannot be read: {fault}",
    "embedded.file_altered": "{file} in {folder} is altered: its SHA-256 is {found}, expected {expected}",
    "embedded.fetchable": "{problem}; make weights ({command}) fetches it",
    "embedded.file_hint": "run `boomerang weights` to fetch it",
    "embedded.gguf_unknown": "The model file {file} is no GGUF file: it starts with {start}.",
    "embedded.gguf_empty": "The model file {file} is empty.",
    "embedded.gguf_unreadable": "The model file {file} cannot be read: {fault}.",
    "embedded.gguf_head_cut": "The model file {file} is cut: it ends within its head, after {size:,} bytes.",
    "embedded.gguf_damaged": "The model file {file} is damaged at its head: {fault}.",
    "embedded.gguf_cut": "The model file {file} is cut: it has {size:,} bytes of {expected:,}.",
    "embedded.gguf_hint": "Fetch the file again or remove it.",
    "embedded.gguf_no_llm": "The model file {file} is no language model: {architecture}, without a context length.",
    "embedded.gguf_architecture": "architecture {name}",
    "embedded.gguf_no_architecture": "no architecture",
    # the runtime
    "embedded.no_runtime": "The runtime of this model cannot be imported: {fault}",
    "embedded.no_runtime_hint": (
        "Install the requirements, as make run does. Where libgomp is missing, on Debian: apt-get install libgomp1."
    ),
    "embedded.closed": "The model was closed.",
    "embedded.closed_meanwhile": "The model was closed while it was answering.",
    "embedded.not_loaded": "llama.cpp cannot load {file}: {fault}",
    "embedded.failed": "llama.cpp failed: {fault}",
    "embedded.broken_off": "llama.cpp's stream broke off: it ended without a finish reason or usage.",
    "embedded.no_count": "llama.cpp does not count tokens: {fault}",
    "embedded.no_tokens": "llama.cpp's answer to /tokenize has no tokens.",
    # the process
    "embedded.no_process": "A process for the model cannot be started: {fault}",
    "embedded.no_thread": "A thread for the model cannot be started: {fault}",
    "embedded.not_json": "The model's process said what is no JSON.",
    "embedded.silent": "The model's process was silent for {seconds:g} seconds and was ended.",
    "embedded.long_message": "The model's process sent a message of {size:,} bytes, where at most {most:,} are allowed.",
    "embedded.gone": "The model's process {fate}.",
    "embedded.gone_saying": "The model's process {fate}: {words}",
    "embedded.fate_silent": "does not answer",
    "embedded.fate_code": "ended with exit code {code}",
    "embedded.fate_signal": "was ended by signal {signal}",
    "embedded.gone_hint": "Run again: the model is loaded anew. The system kills processes where memory runs out.",
}
