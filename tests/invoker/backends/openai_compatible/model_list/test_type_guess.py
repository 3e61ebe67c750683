"""Tests for guessing model types from names, with the names that services and servers list today."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.backends.openai_compatible.model_list.type_guess import guess
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType

NAMES = {
    ModelType.LLM: """
        gpt-4o gpt-5-mini o3 chatgpt-4o-latest gpt-4o-audio-preview gpt-audio gpt-realtime gpt-oss:20b davinci-002
        babbage-002 gpt-3.5-turbo-instruct gpt-3.5-turbo-0125 codex-mini-latest gpt-4o-search-preview mistral-large-latest
        mistral-ocr-latest codestral-2508 voxtral-small-latest pixtral-12b ministral-8b devstral-medium command-a-03-2025
        c4ai-aya-vision-32b jina-deepsearch-v1 ReaderLM-v2 qwen2.5-coder:7b Qwen/Qwen3-Omni-30B-A3B qwen-vl-max qwen-mt-plus
        QwQ-32B Qwen/Qwen2.5-7B-Instruct models/gemini-2.5-pro gemini-2.5-flash-image gemma3:4b medgemma
        llama-3.3-70b-versatile moonshotai/kimi-k2-instruct compound-beta deepseek-r1 moondream bakllava llava:13b
        starcoder2:3b smollm2 phi4 granite3.3 describe-anything nvidia/DAM-3B-describer watts-7b claude5-sonnet
        claude-sonnet-4-5 grok-4 grok-2-vision-1212 image5-captions wander-7b recanary solar-pro glm-4.6 minimax-m2 boom
        my-strange-vectors
    """,
    ModelType.TEXT_EMBEDDING: """
        text-embedding-ada-002 text-embedding-3-small text-similarity-davinci-001 mistral-embed codestral-embed embed-v4.0
        embed-english-v3.0 voyage-3.5 voyage-code-3 voyage-multimodal-3 jina-embeddings-v4 jina-clip-v2 jina-colbert-v2
        BAAI/bge-m3 bge-large-en-v1.5 bge-m3 gte-Qwen2-7B-instruct thenlper/gte-large intfloat/multilingual-e5-large
        e5-mistral-7b gemini-embedding-001 models/embedding-001 text-embedding-004 text-embedding-v4
        Qwen/Qwen3-Embedding-0.6B nomic-embed-text:latest mxbai-embed-large snowflake-arctic-embed:l granite-embedding:30m
        embeddinggemma all-minilm:latest paraphrase-multilingual sentence-transformers/all-MiniLM-L6-v2 all-mpnet-base-v2
        multi-qa-mpnet-base-dot-v1 LaBSE msmarco-distilbert-base-v4 WhereIsAI/UAE-Large-V1 nvidia/NV-Embed-v2
        Salesforce/SFR-Embedding-Mistral moka-ai/m3e-base shibing624/text2vec-base-chinese minishlab/potion-base-8M
        openai/clip-vit-base-patch32 bce-embedding-base_v1 vidore/colpali-v1.3
    """,
    ModelType.RERANK: """
        rerank-v3.5 rerank-2.5-lite jina-reranker-v2-base-multilingual jina-reranker-m0 BAAI/bge-reranker-v2-m3
        gte-rerank-v2 qwen3-reranker dengcao/Qwen3-Reranker-8B cross-encoder/ms-marco-MiniLM-L-6-v2 ms-marco-MiniLM-L-12-v2
        mxbai-rerank-large-v2 zerank-1 cross-encoder/stsb-roberta-base
    """,
    ModelType.SPEECH2TEXT: """
        whisper-1 whisper-large-v3-turbo distil-whisper-large-v3-en Systran/faster-whisper-small gpt-4o-transcribe
        gpt-4o-mini-transcribe gpt-4o-transcribe-diarize voxtral-mini-latest voxtral-mini-transcribe-2507 scribe_v1
        nvidia/parakeet-tdt-0.6b-v2 nvidia/canary-1b-flash canary-qwen-2.5b FunAudioLLM/SenseVoiceSmall moonshine-tiny
        qwen3-asr-flash paraformer-v2 kyutai/stt-1b-en_fr wav2vec2-base-960h ibm-granite/granite-speech-3.3-8b
    """,
    ModelType.TTS: """
        tts-1 tts-1-hd gpt-4o-mini-tts playai-tts gemini-2.5-flash-preview-tts kokoro hexgrad/Kokoro-82M
        speaches-ai/piper-en_US orpheus canopylabs/orpheus-v1-english suno/bark-small xtts_v2 F5-TTS ChatTTS MeloTTS
        FunAudioLLM/CosyVoice2-0.5B fish-speech-1.5 parler-tts-mini-v1 qwen3-tts-flash voxtral-mini-tts-2603 WhisperSpeech
        microsoft/speecht5_tts eleven_multilingual_v2 microsoft/VibeVoice-1.5B cartesia/sonic-2
    """,
    ModelType.MODERATION: """
        omni-moderation-latest text-moderation-latest text-moderation-stable mistral-moderation-latest llama-guard3
        shieldgemma:2b meta-llama/llama-guard-4-12b granite3-guardian Qwen/Qwen3Guard-Gen-8B openai/gpt-oss-safeguard-20b
    """,
    ModelType.TEXT2IMG: """
        dall-e-2 dall-e-3 gpt-image-1 gpt-image-1-mini chatgpt-image-latest sora-2 sora-2-pro black-forest-labs/FLUX.1-dev
        flux-schnell stable-diffusion-xl-base-1.0 stabilityai/stable-diffusion-3.5-large sdxl imagen-4.0-generate-001
        veo-3.0-generate-001 qwen-image grok-2-image wan2.5-t2v
    """,
}


@pytest.mark.parametrize(("name", "model_type"), [(name, kind) for kind, names in NAMES.items() for name in names.split()])
def test_a_type_is_guessed_by_name(name: str, model_type: ModelType) -> None:
    assert guess(name) is model_type


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("davinci-002", "completion"),
        ("babbage-002", "completion"),
        ("ft:davinci-002:us:mine:7p4lURel", "completion"),
        ("gpt-3.5-turbo-instruct", "completion"),
        ("openai/gpt-3.5-turbo-instruct-0914", "completion"),
        ("text-davinci-003", "completion"),
        ("gpt-3.5-turbo", "chat"),
        ("claude-ada", "chat"),
        ("Qwen/Qwen2.5-7B-Instruct", "chat"),
    ],
)
def test_what_continues_a_text_is_known_by_name_and_all_others_chat(name: str, mode: str) -> None:
    assert described("p", name).model_properties == {ModelPropertyKey.MODE: mode}
