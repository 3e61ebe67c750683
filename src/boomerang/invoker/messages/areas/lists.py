"""Messages about model lists, embeddings, rankings, moderation, transcription and summaries."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "lists.no_field": "The server's answer has no `{field}`: {words}",
    "lists.no_models": "The server's answer holds no list of models: {words}",
    "lists.odd_models": "Left out of the server's model list, because they name no model ({count}): {examples}",
    "lists.more_models": "The server lists {count:,} models; the first {most:,} are shown.",
    # embeddings
    "lists.no_vectors": "The server's answer has no list `data` with the vectors: {words}",
    "lists.without_encoding_format": "Asked again without encoding_format, which the server refuses: {words}",
    "lists.smaller_batches": "Asked again in batches of {limit} texts, the most that the server takes: {words}",
    "lists.max_chunks_hint": "If {count} texts at once are too many, "
    "set max_chunks (Texts a call) of the model on the Connections page.",
    "lists.vector_index": "The server gave a vector with the index {index}, of {count} texts.",
    "lists.two_vectors": "The server gave two vectors with the index {index}.",
    "lists.missing_vectors": "The server gave {count} vectors for {texts} texts; the first missing is {index}.",
    "lists.too_many_vectors": "The server gave {count} vectors for {texts} texts.",
    "lists.vector_lengths": "The vectors differ in length: "
    "that of text 0 has {first} numbers, that of text {index} has {other}.",
    "lists.no_vector": "The vector of text {index} is no list of numbers: {found}.",
    "lists.no_number": "The vector of text {index} has {found} at position {place}, where a number was expected.",
    "lists.null_number_hint": "Servers write null for a number that is not finite (NaN).",
    "lists.no_base64": "The vector of text {index} is neither a list nor base64 of 32-bit floats: {found}.",
    "lists.packed_bits": "The vector of text {index} came as packed bits ({type}) only.",
    "lists.vector_per_token": "The server gave {count} vectors for text {index} alone: one vector per token?",
    "lists.pooling_hint": "Switch pooling on in the server, so that it gives one vector per text.",
    "lists.nested_vector": "The server wraps each vector in a second list; the inner one was taken.",
    "lists.numbers_as_text": "The server writes numbers as text; they were read as numbers.",
    "lists.quantised_vectors": "The server gave quantised vectors ({type}) only; their numbers were taken as they are.",
    "lists.not_finite": "Not all numbers are finite in the vectors of these texts: {places}.",
    "lists.usage_left_out": "The usage is left out: of {count} requests the server told it for {told} only.",
    # rankings
    "lists.nothing_ranked": "The server answered with an empty results list: no document was ranked.",
    "lists.no_results": "The rerank answer has no `results`: {words}",
    "lists.no_ranking": "The rerank answer is neither a list nor an object.",
    "lists.no_ranked": "The server's ranking has {found} where a document was expected.",
    "lists.odd_ranked": "Left out of the ranking, because they rank no document ({count}): {found}",
    "lists.ranked_index": "The server ranked a document {index}, of {count} that were sent.",
    "lists.ranked_twice": "The server ranked document {index} twice.",
    "lists.ranked_by_text": "The server's ranking has no indexes; the documents were found by their text.",
    "lists.ranked_by_place": "The server's ranking has no indexes; its scores were taken in the documents' order.",
    "lists.scores_only": "The server gave scores only; they were taken in the documents' order.",
    "lists.no_score": "The server gave document {index} neither `relevance_score` nor `score`.",
    "lists.odd_score": "The server gave document {index} the score {score}, by which nothing can be ranked.",
    # moderation
    "lists.by_categories": "The server gives no `flagged`; the text counts as flagged where one of its categories is.",
    "lists.bare_verdict": "The server wrote its verdict without a list `results`; it was read all the same.",
    "lists.odd_verdicts": "Some of the server's verdicts could not be read ({count}): {found}",
    "lists.odd_scores": "Scores that are no numbers were left out: {names}",
    # transcription and speech
    "lists.transcript_found": "The server gave the transcript as `{field}` and not as `text`; it was read all the same.",
    "lists.transcript_events": "The transcription came as a stream of events, which was not asked for; it was put together.",
    "lists.transcript_cut": "The stream of the transcription ended without its last event: its end may be missing.",
    "lists.odd_events": "Events of the stream that could not be read were left out ({count}): {found}",
    "lists.not_mp3": "MP3 was asked for; the server sends {kind}.",
    "lists.unknown_bytes": "bytes of an unknown type",
    "lists.sound_in_json": "The server sent the sound inside JSON, as text in `{field}`; it was unpacked.",
    "lists.sound_in_events": "The sound came as a stream of events, which was not asked for; it was put together.",
    "lists.no_sound": "The server answered with {what} instead of sound.",
    "lists.words_for_sound": "The server answered with {what} instead of sound: {words}",
    # summaries
    "lists.smaller_context": "Cut the text again for a context of {tokens:,} tokens instead of {before:,}: {words}",
    "lists.more_for_thinking": "Asked again with {most:,} tokens for the answer: "
    "thinking used up {count:,} before a summary was there.",
    "lists.max_completion_tokens": "Asked again with max_completion_tokens, for the server refuses max_tokens: {words}",
    "lists.no_summary": "The model gave no summary: its answer is empty, and its finish reason is {reason}.",
    "lists.summary_cut": "The summary is cut short: the model's answer ended with the finish reason {reason}.",
}
