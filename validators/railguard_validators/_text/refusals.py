"""Patterns of how models refuse and describe themselves, in English, German, French and Spanish.

Each is matched in a text in lower case with plain apostrophes and single spaces. All repeats are bounded, and none
crosses the end of a sentence. A pattern requires the first person and the words of a refusal together: "I'm sorry"
alone is polite, and "I can't" alone is a fact.

>>> REFUSALS.search("i'm sorry, but i can't assist with that request.")[0]
"i can't assist with that request"
>>> REFUSALS.search("i'm sorry, but i can't come on monday.")
"""

from __future__ import annotations

import re

from railguard_validators._text.candidates import Rare

__all__ = ["REFUSALS"]

_I_CANNOT = (
    r"(?:i(?: just| simply| really|'m afraid(?: that)? i)? (?:can't|cannot|can not|(?:won't|will not|"
    r"wouldn't) be able to|won't|will not|"
    r"am unable to|am not able to|am not allowed to|am not in a position to|am not comfortable|must decline to|"
    r"have to decline to|must refuse to)|i'm(?: sorry,? but i'm)? (?:unable to|not able to|not allowed to|"
    r"not comfortable|"
    r"not in a position to|not programmed to|not designed to))(?: directly| currently| ethically|"
    r" in good conscience)?"
)
_REQUEST = (
    r"(?:this|that|your|the|such an?|these|those)(?: particular| specific| kind of| type of)? (?:request|"
    r"requests|prompt|"
    r"instruction|instructions|query|task|topic|content|question|conversation)"
)
_THAT = (
    rf"(?:{_REQUEST}|(?:that|this|those|it)(?=[.,;!]|$| (?:as|because|since|due|for|here)\b)|such (?:things|"
    rf"requests|activities|"
    r"matters|topics|content)|anything (?:illegal|harmful|that)|(?:illegal|harmful|dangerous|unethical)\b)"
)
_AI = (
    r"(?:ai|a\.i\.|artificial intelligence|large language model|language model|ai language model|ai model|"
    r"ai assistant|"
    r"ai chatbot|ai system|ai-based assistant|virtual assistant|text-based ai(?: model)?)"
)

_JE_NE_PEUX = (
    r"je ne (?:peux|puis|suis pas en mesure de|suis pas autorisée? à|"
    r"suis pas capable de)(?: malheureusement)?(?: pas)?"
    r"(?: (?:vous|te|y))?(?: t')?"
)
_DEMANDE = "demande|requête|question|sujet|contenu|instruction|tâche|conversation"
_NO_PUEDO = (
    r"no (?:puedo|me es posible|estoy en condiciones de|estoy autorizad[oa] (?:a|para)|estoy programad[oa] para)"
)
_SOLICITUD = "solicitud|petición|pregunta|tema|contenido|instrucci|tarea|conversación|consulta|cosas|actividad"

_ENGLISH = (
    rf"\bas an? {_AI}(?: (?:developed|created|trained|made|built) by \w{{1,20}})?,? (?:i\b|my\b|it is (?:not )?my\b)",
    rf"\bi(?:'m| am)(?: just| only| merely)? an? {_AI}(?: (?:developed|created|trained|made|built) by|"
    rf",? (?:and|so|which|but)\b"
    rf"|\.|,|!|$| and\b| that\b| without\b)",
    rf"\b{_I_CANNOT} (?:assist|help|aid)(?: you)?(?: in| with)? {_THAT}",
    rf"\b{_I_CANNOT} (?:assist|comply)(?: you)?(?: here)?(?=[.!,;]|$)",
    rf"\b{_I_CANNOT} (?:comply with|fulfil|fulfill|complete|accommodate|process|respond to|answer|"
    rf"engage with|engage in|"
    rf"continue with|participate in|discuss|support) {_THAT}",
    rf"\b{_I_CANNOT} (?:provide|generate|create|produce|write|offer|give|share|creating|providing|generating|writing)"
    r"(?: you)?(?: with)?(?: any| such| the requested| explicit| harmful| illegal| inappropriate|"
    r" offensive| sexual| violent|"
    r" medical| legal| financial| personal| that kind of| this kind of| that type of| this type of| that| this){1,3}"
    r" (?:content|information|material|instructions|guidance|advice|assistance|response|details|text|"
    r"kind of content)\b",
    rf"\b{_I_CANNOT} (?:provide|give|offer|share|write)(?: you)?(?: with)? (?:instructions|guidance|"
    rf"information|advice|details|"
    r"a tutorial|code) (?:on how|for how|about how|that (?:could|would|may|might)|to (?:harm|make|build|"
    r"create|hack))\b",
    rf"\b{_I_CANNOT} (?:generate|create|produce|write|provide) (?:any )?(?:content|material|text|code|images?|information)"
    r" (?:that|which) (?:is|are|could|would|may|might|promotes?|contains?|violates?|includes?)\b",
    rf"\b{_I_CANNOT} (?:help|assist) you (?:to )?(?:create|write|generate|build|make) (?:that|this|such)\b",
    r"\bi(?:'m| am) not comfortable (?:answering|discussing|sharing|providing|writing|helping with) (?:that|this|your|such)\b",
    r"\bi (?:must|have to|need to)(?: respectfully| politely)? decline (?:this|that|to (?:answer|assist|"
    r"help|provide|generate|"
    r"write|continue|comply|discuss|engage))\b",
    r"\b(?:goes against|violates?|is against|conflicts? with|would violate|would go against) (?:my|"
    r"openai's|anthropic's|google's)"
    r" (?:\w{1,20} ){0,2}(?:guidelines|policy|policies|programming|principles|rules|training)\b",
    r"\bmy (?:programming|guidelines|training|safety guidelines|ethical guidelines|content policy)"
    r" (?:prevents?|prohibits?|do not allow|does not allow|don't allow|doesn't allow|do not permit|"
    r"does not permit)\b",
    r"\bi (?:don't|do not) have (?:personal (?:opinions|beliefs|feelings|experiences|preferences|emotions)"
    r"|feelings or (?:emotions|opinions)|opinions or (?:feelings|beliefs)"
    r"|(?:access to real-time|real-time access|the ability to (?:browse|access|search) the (?:internet|web)))",
    r"\b(?:my (?:knowledge|training)(?: data)?(?: only)? (?:cutoff|cut-off|goes up to|was last updated|"
    r"ends in|extends to|is limited to)"
    r"|as of my (?:last|latest|most recent) (?:knowledge |training )?(?:update|cutoff|cut-off|training))\b",
)
_GERMAN = (
    r"\bals (?:ki|ki-sprachmodell|ki-modell|ki-assistent|ki-assistentin|ki-system|sprachmodell|"
    r"großes sprachmodell|künstliche"
    r" intelligenz|virtueller assistent)(?: von \w{1,20})?,? (?:kann|habe|bin|darf|verfüge|besitze|"
    r"ist es mir|fehlt|möchte) ?(?:ich|mir|nicht|meine)?\b",
    r"\bich bin (?:nur |lediglich |bloß )?(?:eine ki|ein ki-\w{1,20}|ein sprachmodell|"
    r"ein großes sprachmodell|eine künstliche intelligenz)\b",
    r"\b(?:ich kann|kann ich|ich darf|darf ich|ich werde)(?: (?:dir|ihnen|euch|leider|da|dabei|hierbei|"
    r"damit|hiermit|ihre|deine|"
    r"diese|dieser|solche|bei|anfrage|anfragen|aufforderung|bitte|frage|das|dazu|hierzu|keine|keinen|weiteren?)){0,6}"
    r" nicht (?:weiter)?(?:helfen|weiterhelfen|behilflich sein|unterstützen|nachkommen|entsprechen|"
    r"erfüllen|bearbeiten|beantworten)\b",
    r"\b(?:ich kann|kann ich|ich darf|darf ich)(?: (?:dir|ihnen|leider|hierzu|dazu|"
    r"dafür)){0,3} keine (?:\w{1,20} )?(?:inhalte|anleitung|"
    r"anleitungen|hilfestellung|auskunft|ratschläge|informationen)(?: dazu| hierzu)? (?:geben|"
    r"bereitstellen|erstellen|erteilen|"
    r"generieren|liefern|anbieten)\b",
    r"\b(?:verstößt|verstoßen) gegen meine (?:\w{1,20} )?(?:richtlinien|regeln|programmierung|prinzipien)\b",
)
_FRENCH = (
    r"\ben tant qu(?:e |')(?:ia|intelligence artificielle|assistant ia|assistant virtuel|assistant d'ia|"
    r"modèle de langage|modèle de langue|"
    r"modèle d'ia|modèle linguistique|grand modèle de langage)(?: \w{1,20} par \w{1,20})?,? (?:je|j'|mon|"
    r"mes|il m'est|il ne m'est)",
    r"\bje (?:ne )?suis (?:qu'|seulement |juste )?(?:une ia|une intelligence artificielle|"
    r"un modèle de langage|un modèle d'ia|un assistant ia)\b",
    rf"\b{_JE_NE_PEUX} (?:aider|assister)(?: avec| dans| sur| pour| à)? (?:cela|ça|cette|cet|ce|ces|votre|ta) ?"
    rf"(?:{_DEMANDE}|type d|genre d|[.,;!]|$)",
    rf"\b{_JE_NE_PEUX} (?:aider|assister)(?: avec| pour) (?:cela|ça)\b",
    rf"\b{_JE_NE_PEUX} (?:répondre|accéder|donner suite|satisfaire|traiter|exécuter)(?: favorablement)?(?: à)? "
    rf"(?:cette|votre|ta|ces|vos|ce type de|ce genre de|une telle|de telles) (?:{_DEMANDE})",
    rf"\b{_JE_NE_PEUX} (?:fournir|générer|créer|produire|écrire|proposer) "
    r"(?:ce type|ce genre|de tels?|un tel|du contenu|de contenu|des contenus|de conseils?|d'instructions|"
    r"des instructions)\b",
    r"\b(?:va à l'encontre de|enfreint|viole) mes (?:\w{1,20} )?(?:directives|principes|règles|consignes)\b",
)
_SPANISH = (
    r"\bcomo (?:ia|inteligencia artificial|asistente de ia|asistente virtual|modelo de lenguaje|"
    r"modelo de ia|modelo de lenguaje de ia|"
    r"gran modelo de lenguaje|un modelo de lenguaje|una ia|"
    r"una inteligencia artificial)(?: \w{1,20} por \w{1,20})?,? (?:no|yo|mi|mis|carezco|estoy|tengo|debo|soy)\b",
    r"\bsoy (?:solo |sólo |solamente )?(?:una ia|una inteligencia artificial|un modelo de lenguaje|"
    r"un modelo de ia|un asistente de ia)\b",
    rf"\b{_NO_PUEDO} (?:ayudarte|ayudarle|ayudarlo|ayudarla|ayudar|asistirte|asistirle|asistir) (?:con|en) "
    rf"(?:eso|esto|(?:esa|ese|esta|este|tu|su)(?: tipo de)? (?:{_SOLICITUD}))",
    rf"\b{_NO_PUEDO} (?:cumplir|responder|atender|completar|procesar|continuar)(?: con| a)? "
    rf"(?:esa|ese|esta|este|tu|su|ese tipo de|este tipo de) (?:{_SOLICITUD})",
    rf"\b{_NO_PUEDO} (?:proporcionar|proporcionarte|proporcionarle|generar|crear|ofrecer|escribir) "
    r"(?:ese|este) (?:tipo|contenido)\b|"
    rf"\b{_NO_PUEDO} (?:generar|crear|ofrecer|proporcionar) contenidos? (?:explícito|dañino|ilegal|ofensivo|que)",
    r"\b(?:va en contra de|infringe|viola) mis (?:\w{1,20} )?(?:directrices|principios|normas|políticas|pautas)\b",
)

REFUSALS = Rare("|".join((*_ENGLISH, *_GERMAN, *_FRENCH, *_SPANISH)), re.MULTILINE)
