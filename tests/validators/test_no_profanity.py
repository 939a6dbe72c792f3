"""no-profanity: a text without swear words."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.no_profanity import no_profanity

PROFANE = [
    "What the fuck is this",
    "this is FUCKING great",
    "F*ck you",
    "f**k this",
    "sh1t happens",
    "$hit!",
    "a$$hole",
    "@sshole",
    "b!tch please",
    "b1tch",
    "fuuuuuck",
    "shiiiiit",
    "f u c k",
    "you f u c k i n g idiot",
    "f.u.c.k off",
    "s-h-i-t",
    "f_u_c_k",
    "fu-ck",
    "fück",
    "fuсk",
    "fu\xadck",
    "ｆｕｃｋ",
    "motherf*cker",
    "m0therfucker",
    "clusterfuck",
    "So ein Scheiß!",
    "Scheißwetter",
    "Das ist scheiße.",
    "Du Arschloch",
    "Verfickte Technik",
    "Hurensohn",
    "putain de merde",
    "quel connard",
    "enculé",
    "espèce d'encule",
    "hijo de puta",
    "¡Joder, qué mierda!",
    "eres un cabron",
    "gilipollas",
    "coño",
    "son of a bitch",
    "kiss my ass",
    "c@nt",
    "sh#t",
    "s**t",
    "f###ing bad",
    "W4NK3R",
    "n1gger",
    "fuuck",
    "**shit**",
    '"shit"',
    "bull-shit",
    "bullsh!t",
    "what a load of bollocks",
    "asssshole",
    "fuck_this()",
    "http://example.com/shit",
    "pendejo",
    "dumb ass",
    "fvck",
    "C'est de la putain de m3rde",
    "Fick nicht, ficken!",
]
HARMLESS = [
    "The town of Scunthorpe is in Lincolnshire.",
    "The class will assess the passage in the assembly.",
    "The cockpit and the cocktail bar; a peacock, a hancock.",
    "Dick Cheney met Dick Van Dyke.",
    "Shiite and Sunni Muslims",
    "shiitake mushrooms",
    "Who're you? Whoever you're looking for.",
    "He sniggered at the niggardly offer.",
    "Penistone and Clitheroe, Lightwater, Cockermouth",
    "Arsenal beat Essex; Sussex, Middlesex.",
    "Mishit the ball; pushit; hit",
    "Der Hund läuft laut bellend über den dicken Ast. Er zog das Ass.",
    "Il est en retard, con brio, le président du conseil.",
    "Das Haus ist hell und warm.",
    "Kike Hernández played for Boston.",
    "FCK gegen FCB 2:1",
    "MoFo LLP is a law firm",
    "Wong Fuk Lu",
    "Vi är i slut på dagen, till slut.",
    "El pollo y la polla, el negro",
    "puuta puute hurraa",
    "x**2 + f*k - s*t",
    "a***",
    "5***",
    "S**** K****",
    "He got an A+, B-, C, D. f u n",
    "A B C D E F G H I J K",
    "U.S.A. U.K. F.B.I.",
    "The FCC, S.H.I.E.L.D.",
    "rm -rf *.tmp",
    "The Fick's law of diffusion by Adolf Fick",
    "matsushita Yoshitaka Takeshita",
    "Hancock, Alcock, Babcock, Woodcock",
    "constitution institution prostitution substitute",
    "snake_case_name camelCaseName",
    "john.smith@example.com",
    "Please shut it down. Push it. Wash it.",
    "Essential assassin; embarrassing",
    "pussy willow",
    "cum laude",
    "Great tits and blue tits",
    "Phuket, Thailand",
    "Vassar, Bassett, Massachusetts",
    "Titus Andronicus",
    "5 x 1 5 4 7",
    "9-5-4-7 8.0.0.8",
    "Buttress, button, rebuttal",
    "Semprini",
    "Analysis of the analog channel",
    "document, cumulative, circumstance, cucumber",
    "Pakistan",
    "Niger, Nigeria, Montenegro",
    "wristwatch; twatter? no",
    "We wish to pass it on; as is.",
    "Bitcoin; itch; pitch; stitch",
    "Hurenkind und Schusterjunge",
    "Die Hürden sind hoch.",
    "We can't, won't, shan't; she'll, he'll.",
    "L'as de pique; d'ass",
    "cono de helado",
    "Das ist eine Schlange, kein Schlamassel.",
]


def test_it_keeps_the_laws():
    check_validator(
        no_profanity,
        passing=["", "The class in Scunthorpe", "a b c d e", "f*k s**", "who're we"],
        failing=["sh1t", "f u c k", "f**k", "fuuuck", "d'enculé", "kiss my ass"],
    )
    check_validator(
        no_profanity(extra=["fiddlesticks", "holy cow"], allow=["holy shit"], mild=True),
        passing=["holy shit", "holy. Cow"],
        failing=["Fiddlest1cks", "holy cow", "damn", "shit"],
    )


@pytest.mark.parametrize("text", PROFANE)
def test_swear_words_are_found_whatever_their_disguise(text):
    assert no_profanity().run(text) is not None


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_passes(text):
    assert no_profanity().run(text) is None


def test_they_are_named_once_and_marked_each_time_and_not_mended():
    text = "Sh1t, fu\u00adck, sh1t and F U C K."
    result = no_profanity().run(text)
    assert [text[start:end] for start, end in result.spans] == ["Sh1t", "fu\u00adck", "sh1t", "F U C K"]
    assert result.message == (
        'The text must be free of swear words; take these out or say it politely: "Sh1t", "fu\u00adck", "sh1t", "F U C K".'
    )
    assert result.fix is UNSET


def test_the_text_may_be_allowed_to_say_more_or_less():
    assert no_profanity().run("Damn, what the hell") is None
    assert no_profanity(mild=True).run("Damn, what the hell").spans == [(0, 4), (15, 19)]
    assert no_profanity(allow=["bullshit", "Holy Fuck"]).run("Bullshit, bullsh1t: the band holy fuck plays") is None
    assert no_profanity(allow=["Holy Fuck"]).run("fuck, holy. fuck").spans == [(0, 4), (12, 16)]
    assert no_profanity(extra=["Acme", "big bang"]).run("4cme has a big, a big-bang").spans == [(0, 4), (18, 26)]
    assert no_profanity(allow=["kiss my ass"]).run("kiss my ass") is None


@pytest.mark.parametrize("arguments", [{"allow": ["!"]}, {"extra": [""]}, {"extra": "damn"}, {"mild": 1}])
def test_lists_without_words_are_refused(arguments):
    with pytest.raises(SpecError):
        no_profanity(**arguments)


def test_it_reads_as_words_for_a_model():
    assert no_profanity().describe() == "without swear words"


def test_a_phrase_behind_a_word_that_only_looks_like_a_disguise_is_found():
    assert no_profanity().run("s-----x kiss my ass").spans == [(8, 19)]
    assert no_profanity(allow=["shit"]).run("shit kiss my ass").spans == [(5, 16)]
