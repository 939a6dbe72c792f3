"""A tiny model with random weights and a byte-level BPE trained in code: nothing comes from outside."""

from __future__ import annotations

import json
import random
import warnings
from typing import Any

import pytest

VOCABULARY = 1024


@pytest.fixture(scope="session")
def tiny() -> tuple[Any, Any]:
    """(model, tokenizer) of a Llama with two layers."""
    reason = "the extra railguard[local] is not installed"
    for package in ("torch", "transformers", "llguidance"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pytest.importorskip(package, reason=reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
        from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.set_num_threads(1)
    torch.manual_seed(0)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    chance = random.Random(0)  # words of no language, and the same ones everywhere
    words = [
        "".join(chance.choices(["ka", "to", "mi", "re", "sun", "lor", "den", "be", "ä", "😀"], k=chance.randint(1, 4)))
        for _ in range(3000)
    ]
    values = [{word: [len(word), chance.random(), None, True, word]} for word in words[::3]]
    texts = [" ".join(words), json.dumps(values), json.dumps(values, ensure_ascii=False, indent=1)]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>")
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=8192,
        bos_token_id=0,
        eos_token_id=1,
    )
    return LlamaForCausalLM(config).eval(), tokenizer
