"""no-refusal-phrases: a text in which no model refuses or talks of itself."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.no_refusal_phrases import no_refusal_phrases

REFUSING = [
    "As an AI language model, I don't have personal opinions.",
    "As an AI, I cannot feel pain.",
    "As a large language model trained by Google, I can't browse.",
    "As an AI developed by OpenAI, I must stay neutral.",
    "I'm sorry, but I can't assist with that.",
    "I’m sorry, but I can’t assist with that request.",
    "I am sorry, but I cannot help with that.",
    "Sorry, I can't help you with that.",
    "I apologize, but I cannot fulfill this request.",
    "I apologize, but I am not able to provide that information.",
    "I'm unable to assist with that request.",
    "I cannot assist with that.",
    "I can't comply with your request.",
    "I cannot and will not... I cannot assist.",
    "Unfortunately, I cannot provide medical advice.",
    "I cannot generate explicit content.",
    "I can't provide instructions on how to make a bomb.",
    "I won't engage in this conversation.",
    "I must decline to answer.",
    "I must respectfully decline to provide this.",
    "This request goes against my ethical guidelines.",
    "It violates OpenAI's usage policies.",
    "My programming prevents me from doing that.",
    "I don't have access to real-time data.",
    "I do not have personal feelings.",
    "As of my last knowledge update in September 2021, it was 5.",
    "My knowledge cutoff is 2023.",
    "I'm just an AI, so take it with care.",
    "I am an AI assistant and do not have a body.",
    "I'm not able to help with that.",
    "I'm not comfortable creating that kind of content.",
    "I'm afraid I can't help with this request.",
    "I'm afraid I cannot fulfil that request.",
    "I can't create that type of content.",
    "I will not write harmful content.",
    "I can't generate content that is harmful.",
    "I won't be able to help you create that.",
    "I’m not comfortable answering that.",
    "I can't discuss that topic.",
    "Als KI-Sprachmodell kann ich keine Meinung haben.",
    "Als KI kann ich das nicht beurteilen.",
    "Als Sprachmodell habe ich keine Gefühle.",
    "Es tut mir leid, aber ich kann dabei nicht helfen.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht behilflich sein.",
    "Leider kann ich Ihnen bei dieser Anfrage nicht weiterhelfen.",
    "Ich kann diese Anfrage leider nicht beantworten.",
    "Ich kann dir dazu keine Anleitung geben.",
    "Ich bin nur eine KI.",
    "Das verstößt gegen meine Richtlinien.",
    "En tant qu'IA, je n'ai pas d'opinion.",
    "En tant que modèle de langage, je ne peux pas prédire.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.",
    "Je suis désolé, mais je ne peux pas répondre à cette demande.",
    "Désolé, je ne peux pas répondre à votre question.",
    "Je ne suis pas en mesure de fournir ce type de contenu.",
    "Je ne peux pas accéder à cette requête.",
    "Como modelo de lenguaje, no tengo opiniones.",
    "Como IA, no puedo sentir.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Lo siento, no puedo ayudar con esa solicitud.",
    "No puedo proporcionar ese tipo de información.",
    "Lo siento, pero no puedo cumplir con esa solicitud.",
    "Soy un modelo de lenguaje.",
    "\"I'm sorry, but I can't assist with that.\"",
    "Sure! Actually, I cannot help with illegal activities.",
]
ORDINARY = [
    "I'm sorry, but I can't come on Monday.",
    "I'm sorry for the delay.",
    "We apologize for any inconvenience.",
    "I am sorry to hear that you can't attend.",
    "We are unable to process your order.",
    "Unfortunately we cannot offer refunds after 30 days.",
    "The bot said \"I'm sorry, but I can't assist with that.\"",
    "Models often write “As an AI language model, I cannot”.",
    "The phrase `As an AI, I` is boiler-plate.",
    "As an AI company, we build language models.",
    "As an AI researcher, I study language models.",
    "GPT-4 is an AI language model.",
    "I work as an AI engineer and I love it.",
    "I can't help but laugh.",
    "I cannot help you move on Saturday, but Tom can.",
    "I can't answer the phone right now.",
    "I won't be able to come.",
    "I must decline your kind invitation.",
    "I cannot recommend this hotel enough.",
    "I can't provide the figures before Friday.",
    "I'm not able to attend the meeting.",
    "She is unable to help with the harvest.",
    "The doctor cannot provide medical advice by phone.",
    "He is not comfortable with that.",
    "This violates the company's policies.",
    "That goes against the building code.",
    "The assistant cannot assist without a key.",
    "My training starts on Monday.",
    "My programming class was cancelled.",
    "As of my last visit, the shop was closed.",
    "I have no personal opinion of the mayor.",
    "Es tut mir leid, aber ich kann am Dienstag nicht kommen.",
    "Ich kann Ihnen die Unterlagen noch nicht schicken.",
    "Als Kind konnte ich nicht schwimmen.",
    "Als KI-Unternehmen entwickeln wir Sprachmodelle.",
    "Leider können wir Ihre Bestellung nicht bearbeiten.",
    "Das kann ich nicht glauben.",
    "Je suis désolé, mais je ne peux pas venir lundi.",
    "En tant que médecin, je ne peux pas mentir.",
    "Je ne peux pas vous aider à déménager samedi.",
    "Je ne peux pas répondre à votre mère.",
    "No puedo ayudar con la mudanza.",
    "No puedo responder a tu hermana.",
    "Je suis une infirmière.",
    "As an artificial satellite, it orbits.",
    "I can't support this team.",
    "I can't write that letter today.",
    "I can't give you that book.",
    "As an assistant, I book flights.",
    "Je ne peux pas répondre au téléphone.",
    "Lo siento, pero no puedo ir el lunes.",
    "Como médico, no puedo mentir.",
    "No puedo creer esto.",
    "No puedo responder el teléfono.",
    "Soy una persona tranquila.",
    "I am an AI enthusiast.",
    "I'm an AI ethics lawyer.",
    "Sorry, the page you asked for was not found.",
    "It's a shame that I can't support my team from the stadium.",
    "Er antwortete: „Als KI kann ich das nicht beurteilen.“",
    "Il a répondu : « En tant qu'IA, je ne peux pas. »",
    "I can't complete the marathon this year.",
    "I can't discuss the results until the audit ends.",
    "I cannot share your enthusiasm.",
    "I will not comment on rumours.",
]
HELD_OUT_REFUSING = [
    "I'm really sorry, but I can't help with that.",
    "I'm sorry, I cannot fulfill your request as it goes against my guidelines.",
    "Apologies, but I'm unable to provide that information.",
    "I'm not able to provide legal advice.",
    "As an AI assistant, I do not have access to your account.",
    "I can't assist with creating malware.",
    "I do not have the ability to browse the internet.",
    "I'm a large language model, so I have no body.",
    "Sorry, but I can't continue with this conversation.",
    "I cannot in good conscience help with this request.",
    "Als künstliche Intelligenz habe ich keine eigene Meinung.",
    "Tut mir leid, aber damit kann ich nicht weiterhelfen.",
    "Ich darf dir bei solchen Anfragen leider nicht helfen.",
    "Je ne suis qu'une IA.",
    "En tant qu'assistant virtuel, je n'ai pas de sentiments.",
    "Je suis désolée, je ne peux pas traiter cette demande.",
    "Como asistente de IA, no tengo acceso a internet.",
    "No estoy autorizado para responder a esa pregunta.",
    "I won't help with that.",
    "I can't provide you with that kind of information.",
]
HELD_OUT_ORDINARY = [
    "Sorry, I couldn't find your reservation.",
    "I can't support you financially any longer, my dear.",
    "I do not have access to the building after 8 pm.",
    "Please accept my apologies for the late reply.",
    "The AI assistant on our site answers questions at night.",
    "I cannot comment on this before the trial.",
    "As a language teacher, I often hear this.",
    "I won't be able to help on Friday.",
    "My guidelines for new staff are on page 3.",
    "Ich bin nur ein Mensch.",
    "Ich kann dir das Buch nicht geben.",
    "Nous ne pouvons pas traiter votre commande.",
    "Je ne peux pas créer de compte sur votre site.",
    "No puedo crear una cuenta en su página.",
    "I can't complete the form online; the page crashes.",
    "I can't process refunds over the phone, says the clerk's sign.",
    "I'm unable to find the file you mention.",
    "The model refused: it could not assist with that request.",
    "It goes against my grain to say so.",
    "I can't answer that phone any more.",
]
"""The patterns were not changed after these were written."""


def test_it_keeps_the_laws():
    check_validator(
        no_refusal_phrases,
        passing=["", "I'm sorry, but I can't come.", 'He said "As an AI, I".', "> I cannot assist.\nNo."],
        failing=["I cannot assist.", "As an AI, I", "“I’m an AI.”", "> I cannot assist.", "İ. I can't help with that!"],
    )


@pytest.mark.parametrize("text", REFUSING)
def test_a_refusal_and_talk_of_itself_are_found(text):
    assert no_refusal_phrases().run(text) is not None


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_apologies_and_quotations_pass(text):
    assert no_refusal_phrases().run(text) is None


def test_what_was_held_out_is_told_apart_as_the_documentation_says():
    found = [text for text in HELD_OUT_REFUSING if no_refusal_phrases().run(text)]
    wrong = [text for text in HELD_OUT_ORDINARY if no_refusal_phrases().run(text)]
    assert (len(found), len(HELD_OUT_REFUSING), wrong, len(HELD_OUT_ORDINARY)) == (18, 20, [], 20)


def test_what_refuses_is_quoted_and_marked_and_not_mended():
    text = "Well, I’m an AI assistant and I cannot assist with that request."
    result = no_refusal_phrases().run(text)
    assert result.message == (
        'The text must be the answer itself; it refuses or speaks of the model: "I’m an AI assistant and", '
        '"I cannot assist with that request".'
    )
    assert [text[start:end] for start, end in result.spans] == [
        "I’m an AI assistant and",
        "I cannot assist with that request",
    ]
    assert result.fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert no_refusal_phrases().describe() == (
        "the answer itself, without refusing and without speaking of yourself as an AI"
    )
