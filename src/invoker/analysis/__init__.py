"""What answers are worth: pure functions that compare, count and measure, and small values that say what was found.

Nothing here draws, opens files or invokes models. Each module is imported by its own name, so that comparing two texts loads no
numpy: only orders, embeddings and recordings need it.

- `words`: word and character error rates; `text_diff`, `json_diff`: what differs between two answers
- `schema_from_example`: a schema for what an example shows
- `ranking`, `relevance`: orders of documents, against each other and against labels; `score_scale`: what their scores mean
- `vectors`, `embeddings_compared`: embeddings, alone and against others
- `sound`: what is in a recording; `mp3_seams`: whether it was joined; `damage`: recordings made worse
- `variants`: texts made harder; `facts_found`, `facts_kept`: what a text tells, and what its summary kept of it
- `confusion`: verdicts against expectations; `repeats`: the same call many times
- `token_estimate`: how long a text is for a model whose tokenizer is not at hand
"""
