"""Messages about the inputs of embeddings, rankings, moderation and speech."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "inputs.nothing_to_embed": "There is nothing to embed: `{field}` is empty.",
    "inputs.one_text": "Give at least one text.",
    "inputs.blank_rows": "No text in {rows}; the vector there stands for nothing.",
    "inputs.rows_cut": "The model reads {size} tokens of a text; only the beginning was read of {rows}.",
    "inputs.rows_cut_more": "The model reads {size} tokens of a text; only the beginning was read of {rows} and {more} more.",
    "inputs.not_text": "{field} is an {type}; this model reads text only.",
    "inputs.not_text_hint": "Send contents of the type text, or choose a multimodal model.",
    # rankings
    "inputs.nothing_to_rank": "There is nothing to rank: `docs` is empty.",
    "inputs.one_document": "Give at least one document.",
    "inputs.no_query": "There is no query to rank by.",
    "inputs.no_query_hint": "Enter what the documents should answer.",
    "inputs.keeps_none": "`top_n` is {count}, which keeps no document.",
    "inputs.keeps_none_at_all": "`top_n` is {count}, which keeps no document at all.",
    "inputs.keeps_none_hint": "Set it to the number of documents to keep, 1 or more; {count} keeps all.",
    "inputs.keeps_all": "`top_n` is {count}, but there are only {documents} documents; all count.",
    "inputs.some_judged": (
        "The {judged} best of {all} documents by cosine were judged; the others follow in cosine order, "
        "and their scores only tell that order."
    ),
    # moderation
    "inputs.nothing_to_judge": "There is no text to judge.",
    "inputs.nothing_to_judge_hint": "Enter a text.",
    "inputs.english_classifier": "This classifier knows English only; what it says about this text means little.",
    # speech
    "inputs.nothing_to_say": "There is nothing to say: the text is empty.",
    "inputs.nothing_readable": "There is nothing in the text that the voice can read.",
    "inputs.nothing_readable_hint": "The voice reads English: words in Latin letters, numbers, dates and units.",
    "inputs.english_voice": "The voice reads English only; left out: {parts}.",
    "inputs.english_voice_more": "The voice reads English only; left out: {parts} and {more} more.",
    "inputs.default_voice": "No voice was given; the default voice, {voice}, speaks.",
    "inputs.unknown_voice": "There is no voice {voice}; the voices are: {known}.",
    "inputs.unknown_voice_hint": "Use the voice {voice}.",
    "inputs.empty_file": "The file is empty.",
}
