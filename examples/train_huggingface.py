"""A training by the Trainer of Hugging Face as one run, by a callback; nothing is downloaded."""

import torch
import transformers

from greentrain.tracking.callbacks.huggingface import GreentrainCallback

config = transformers.BertConfig(
    vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
)
model = transformers.BertForSequenceClassification(config)
sentences = [{"input_ids": torch.randint(100, (16,)), "labels": torch.tensor(i % 2)} for i in range(40)]
arguments = transformers.TrainingArguments("checkpoints", use_cpu=True, report_to="none", save_strategy="no")

trainer = transformers.Trainer(
    model, arguments, train_dataset=sentences, callbacks=[GreentrainCallback("tiny-bert", location="FR")]
)
trainer.train()
