"""The words of no-profanity. They are vulgar, but written here openly, so that everybody can see what is refused.

Words that are also ordinary words or names are left out on purpose: cock and tit (birds), Dick, Fanny, Willy and Kike
(people), Fuk and Wank (names), FCK (football clubs), MoFo (a law firm), ass and pussy, dyke, bellend (German for
barking), French retard (late) and con, Spanish negro and polla, German dick (thick) and Ass (ace), Swedish slut (end),
Filipino puto (a cake).

>>> "bullshit" in WORDS, "cock" in WORDS, "damn" in MILD
(True, False, True)
"""

from __future__ import annotations

__all__ = ["ANYWHERE", "MILD", "PHRASES", "WORDS"]

_ENGLISH = """
fuck fucks fucked fucker fuckers fucking fuckin fuckup fuckups fuckface fuckwit fuckwits fuckhead
fcking fuking phuck phuk fvck
motherfucker motherfuckers motherfucking
shit shits shite shitty shittier shittiest shitting shitted shithead shitheads shithole shitholes shitshow shitshows
shitstorm shitstorms shitface shitfaced shitbag shitload shitloads shitless shitpost shitposts shitposting
shitposter bullshit bullshits bullshitter bullshitting horseshit batshit dipshit dipshits apeshit chickenshit dogshit
cunt cunts cunty cunting
asshole assholes arsehole arseholes asshat asshats asswipe asswipes dumbass dumbasses fatass assface
bitch bitches bitching bitched bitchy biatch bitchass
cocksucker cocksuckers cocksucking dickhead dickheads knobhead knobheads
twat twats wanker wankers wanking douchebag douchebags bollocks
whore whores whoring whorehouse slutty
nigger niggers nigga niggas faggot faggots wetback wetbacks raghead ragheads towelhead towelheads
blowjob blowjobs
stfu gtfo
"""
_GERMAN = """
scheiße scheiß scheißt scheißen beschissen beschissene beschissenen beschissener beschissenes verschissen
ficken gefickt fickt verfickt verfickte verfickten verfickter verficktes wichser wichsern wichsen arschloch arschlöcher
arschlöchern arschgeige arschgesicht fotze fotzen hurensohn hurensöhne hure huren nutte nutten schlampe schlampen
schwuchtel schwuchteln missgeburt missgeburten drecksau
"""
_FRENCH = """
merde merdes merdique merdiques emmerder emmerdant emmerde emmerdes emmerdeur emmerdeuse putain putains connard connards
connarde connardes connasse connasses salope salopes enculé enculés enculée enculer enculade pute putes niquer
couille couilles branleur branleurs trouduc
"""
_SPANISH = """
mierda mierdas puta putas hijoputa hijueputa joder jodido jodida jodidos jodidas coño coños cabrón cabrones cabrona
cabronas gilipollas gilipollez pendejo pendejos pendeja pendejas chingar chingada chingado chingados chinguen maricón
maricones follar
"""
_MILD = """
ass asses arse arses bastard bastards bugger buggers buggered crap crappy crappier dammit damn damned damnit
goddamn goddamned goddammit hell piss pissed pissing jackass jackasses badass smartass douche
arsch ärsche kacke verdammt verdammte verdammten verdammter verdammtes
salaud salauds bordel chiant chiante chier
carajo culo cojones
"""

WORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_FRENCH} {_SPANISH}".split())
"""Words that are always profane."""

MILD = frozenset(_MILD.split())
"""Words that many people find harmless."""

PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "suck my dick",
        "suck my cock",
        "eat a dick",
        "kiss my ass",
        "up your ass",
        "pain in the ass",
        "piece of ass",
        "dumb ass",
        "son of a bitch",
        "blow job",
        "jerk off",
        "leck mich am arsch",
        "nique ta mère",
        "va te faire foutre",
        "ta gueule",
        "la concha de tu madre",
        "me cago en",
        "vete a la verga",
    )
)
"""Phrases that are profane only as a whole."""

ANYWHERE = (
    "fu++c++k",
    "asshole",
    "arsehole",
    "bullshit",
    "cocksuck",
    "scheiss",
    "arschl",
    "wichser",
    "hurensohn",
    "gilipoll",
)
"""Patterns that no harmless word contains, in the four languages: they are found in any compound."""
