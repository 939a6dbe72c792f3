"""Texts that validators let pass: prose, code, JSON, and scripts other than Latin, of any size and the same in every run.

Sentences are written by hand and filled with names, words and numbers that are drawn, so that a long text has as many
different words as one that people write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

__all__ = ["KINDS", "SIZES", "csv", "html", "json_of", "python", "text", "xml", "yaml"]

SIZES = {"1 KB": 1_000, "20 KB": 20_000, "200 KB": 200_000}

_HEADS_TEXT = """
    Al Bar Ber Car Cor Dan Del Ed El Fal Gar Hal Har Her Jor Kel Lan Len Mar Mel Mon Nor Or Pal Per Ral Ros Sal Sel
    Tam Ter Tor Val Ver Wal Win
"""
_MIDDLES_TEXT = """
    a e i o an ar en er in is on or and ber den der dic ding el en et fer in ing ker la len ler let lin man mer min
    ner net ning old on per ren ric rin ser sen sten ter ting ton ven wer
"""
_TAILS_TEXT = """
    by dale den er field ford ham ing ley low man mer more ner son sen stead ster ston ter ton ward well wick wood
    worth
"""
_THINGS_TEXT = """
    account address agenda agreement answer appendix archive area article asset audit award balance bank bench board
    book border branch bridge budget building campaign car centre chapter charge church city claim class clause
    client coast collection college column committee company contract corner cost council country course court crew
    curve customer deadline debate decision delivery department design detail device dinner district document draft
    driver edition effect engine estimate event example exhibition experiment factory failure farm festival figure
    film finding floor forest form garden grant group guest harbour history holiday hospital house idea income index
    industry inspection insurance interest invoice island issue journal journey kitchen laboratory lake language
    launch law lease lecture letter library licence loan machine market material meeting member memory message
    method mill minister mistake model month morning museum network notice number office opinion option order organ
    origin owner package page paper parish part partner passage payment pension people period permit phase
    photograph picture plan plant platform poem policy pond population port poster price printer problem product
    project promise proposal purchase quarter question queue railway rate reader reason receipt record region
    release rent repair reply report request reserve result review river road roof room route rule sale sample scale
    school science season section series service session shelf ship shop signature site source speaker square staff
    stage station statue step stock store storm story street student study supplier supply survey system table
    target task teacher team term test theatre theory ticket timber title tower town track trade train translation
    treaty trial trip union unit valley value vehicle version village visit volume vote wage walk wall warehouse
    water weather website week wind window winter witness woman word work workshop writer yard year
"""
_DEEDS_TEXT = """
    accept adapt adjust announce answer approve arrange assess borrow build buy change check choose clean close
    collect compare complete confirm connect consider cover cut decide defend deliver describe design discuss divide
    draw drop edit examine exchange extend fill find finish follow force give help hold improve include inspect join
    keep launch lead learn leave lend limit list lower manage measure mention move name note offer open order pack
    pay plan plant prepare present print protect publish raise reach read receive record reduce refuse remove rent
    repair repeat replace report return review save search sell send share show sign sort spend start stop store
    study support take test trade train treat turn use visit wait watch weigh write
"""
_QUALITIES_TEXT = """
    able annual blue brief broad busy calm careful central clean clear clever close cold common complete correct
    daily dark deep different direct dry early eastern empty equal exact fair fast final fine first flat formal free
    fresh full general gentle good great green happy heavy high honest important initial joint large late legal
    light local long low main modern monthly narrow natural near new normal northern official old open ordinary
    original particular past plain pleasant previous private proper public quick quiet ready recent red regular rich
    rural safe separate serious sharp short simple slow small soft southern special spare steady strong sudden sure
    tall thin usual useful warm weekly western whole wide wild young
"""

_MONTHS_TEXT = "January February March April May June July August September October November December"
_HEADS, _MIDDLES, _TAILS = _HEADS_TEXT.split(), _MIDDLES_TEXT.split(), _TAILS_TEXT.split()
_THINGS, _DEEDS, _QUALITIES, _MONTHS = (
    _THINGS_TEXT.split(),
    _DEEDS_TEXT.split(),
    _QUALITIES_TEXT.split(),
    _MONTHS_TEXT.split(),
)

_SENTENCES = """
The {quality} {thing} of the {thing} was {deed}ed by {name} on {day}.
In {place}, the {thing} opens at {hour}, and nobody has to {deed} anything before that.
"We {deed} what we can," {name} said, "but the {thing} isn't ours."
According to the {quality} {thing}, {number} of the {thing}s were {quality} and {number} were not.
If the {thing} does not arrive within {small} days, please {deed} the {thing} and tell us which {thing} you have.
They had to {deed} the {thing} in {year}; since then the {thing} is {quality}, {quality} and rather {quality}.
The {thing} costs {price} a month, which is {small} per cent more than in {year}.
Dr. {name} of the University of {place} wrote about the {thing} (see chapter {small}).
- {quality} {thing}: {deed} the {thing} first, then the {thing}.
It's the {thing} that the {thing} needs, not the other way round!
How could {name} {deed} a {quality} {thing} with so little {thing}?
You will find the rules for each {thing} in the {quality} {thing}, above the {thing} of {place}.
All of the {thing}s have been {deed}ed; the {thing} remains as it is.
What the {thing} says about the {thing} is {quality}, however {quality} its {thing} may be.
A {thing} from {place} to {place} takes {small} hours and {small} minutes, or less in a {quality} {thing}.
{name} and {name} did not {deed} the {thing}, e.g. because of the {thing} or the {quality} {thing}.
The agreement between {name} Ltd. and the {thing} of {place} ends in {month} {year}.
Table {small}: {thing}, {thing} and {thing} in thousands, {year}-{year}.
Nobody told {name} to {deed} the {thing} — and so the {thing} became {quality} again.
Most {thing}s {deed} a {thing} every {small} weeks; some never do.
Its {thing} is about {number} metres long, {small} metres wide and made of {quality} {thing}.
The {thing} café in {place} serves {quality} crêpes, and the señora there knows every {thing}.
Please note that the {thing} moved from {street} to a {quality} {thing} near the {thing}.
As the {thing} grew, so did the {thing}: from {small} to {number} within one {quality} {thing}.
{name}'s {thing} has a {quality} {thing}, a {quality} {thing} and no {thing} at all.
""".strip().splitlines()

_OTHER_SCRIPTS = """
Поезд из города отправляется в {hour} и приходит через {number} минут, если погода остаётся хорошей.
В {year} году совет решил построить новый мост, и теперь по нему ездят {number} машин в день.
В {year} году она прочитала {number} страниц до конца, но так и не поняла, почему герой вернулся домой.
Η βιβλιοθήκη της πόλης ανοίγει στις {hour} και έχει περίπου {number} βιβλία.
Το {year} οι κάτοικοι του χωριού φύτεψαν {number} δέντρα δίπλα στο ποτάμι.
تفتح المكتبة أبوابها في الساعة {hour} وتضم حوالي {number} كتاب من جميع أنحاء العالم.
في عام {year} قررت {number} مدينة بناء جسر جديد فوق النهر، وهو اليوم من أجمل معالمها.
पुस्तकालय सुबह {hour} बजे खुलता है और उसमें लगभग {number} पुस्तकें हैं।
{year} में गाँव के लोगों ने नदी के किनारे {number} पेड़ लगाए और वर्षा की प्रतीक्षा की।
图书馆每天{hour}开门，里面大约有{number}本书，还有一个安静的花园。
{year}年，村民们在河边种下了{number}棵树，后来那里成了一座公园。
図書館は{hour}に開き、約{number}冊の本と静かな庭がある。
{year}年に町は川の上に新しい橋を架け、今では毎日{number}台のバスが通る。
도서관은 {hour}에 문을 열고 책이 약 {number}권 있으며 조용한 정원도 있다.
{year}년에 마을 사람들은 강가에 나무 {number}그루를 심고 봄을 기다렸다.
הספרייה נפתחת בשעה {hour} ויש בה בערך {number} ספרים וגינה שקטה.
ห้องสมุดเปิดเวลา {hour} และมีหนังสือประมาณ {number} เล่ม
""".strip().splitlines()

_CODE = '''
def {deed}_{thing}({thing}s: list[str], *, {quality}: bool = False) -> dict[str, int]:
    """{Deed} each {thing}, and count how often a {thing} is {quality}.

    {thing}s: the names, at most {number}.
    """
    counts: dict[str, int] = {{}}
    for index, {thing} in enumerate({thing}s[:{number}]):
        if {quality} and index % {small} == 0:
            continue  # every {small}th is {quality}
        {thing} = {thing}.strip().lower().replace("_", "-")
        counts[{thing}] = counts.get({thing}, 0) + 1
    return {{name: count for name, count in counts.items() if count > {small}}}


class {Thing}{Deed}er:
    {quality}_limit = {number}

    def __init__(self, {thing}, {quality}_{thing}=None):
        self._{thing} = {thing}
        self.is_{quality} = {quality}_{thing} or [{small}, {small}, {number}]

    @property
    def {thing}(self):
        return f"{thing}/{{self._{thing}!r}}-{{len(self.is_{quality})}}"
'''.strip("\n").splitlines()  # fmt: skip


class _Drawn(dict[str, str]):
    """What stands for a word in braces: another one each time."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def __missing__(self, slot: str) -> str:
        random = self._random
        match slot.lower():
            case "thing":
                found = random.choice(_THINGS)
            case "deed":
                found = random.choice(_DEEDS)
            case "quality":
                found = random.choice(_QUALITIES)
            case "name" | "place":
                found = self._name() if slot == "place" or random.random() < 0.3 else f"{self._name()} {self._name()}"
            case "street":
                found = f"{random.randint(1, 99)} {self._name()} Street"
            case "day":
                found = f"{random.randint(1, 28)} {self['month']} {self['year']}"
            case "month":
                found = random.choice(_MONTHS)
            case "year":
                found = str(random.randint(1950, 2024))
            case "hour":
                found = f"{random.randint(6, 11)}:{random.choice(('00', '15', '30', '45'))}"
            case "price":
                found = f"{random.randint(1, 900):,}.{random.randint(10, 99)} points"
            case "number":
                found = f"{random.randint(100, 9_999)}"
            case _:
                found = str(random.randint(2, 30))
        return found.capitalize() if slot[0].isupper() else found

    def _name(self) -> str:
        pick = self._random.choice
        return pick(_HEADS) + (pick(_MIDDLES) if self._random.random() < 0.4 else "") + pick(_TAILS)


def _sentences(patterns: list[str], seed: int) -> Iterator[str]:
    random, drawn = Random(seed), _Drawn(seed)
    while True:
        yield from (pattern.format_map(drawn) for pattern in random.sample(patterns, len(patterns)))


def _prose(patterns: list[str], seed: int) -> Iterator[str]:
    """Paragraphs of a few sentences, in lines of some length."""
    random, line = Random(seed), 0
    for sentence in _sentences(patterns, seed):
        line += len(sentence)
        end = "\n\n" if random.random() < 0.15 else "\n" if line > 100 or sentence.startswith("-") else " "
        line = 0 if "\n" in end else line
        yield sentence + end


def _code() -> Iterator[str]:
    drawn = _Drawn(3)
    while True:
        names = {slot: drawn[slot] for slot in ("thing", "deed", "quality", "number", "small")}
        names |= {"Thing": names["thing"].capitalize(), "Deed": names["deed"].capitalize()}
        yield "\n".join(_CODE).format_map(names) + "\n\n\n"


def _items() -> Iterator[dict[str, object]]:
    drawn, sentences = _Drawn(4), _sentences(_SENTENCES, 5)
    while True:
        yield {
            "id": int(drawn["number"]),
            "name": drawn["name"],
            "thing": f"{drawn['quality']} {drawn['thing']}",
            "note": next(sentences),
            "tags": [drawn["thing"], drawn["deed"]],
            "share": int(drawn["small"]) / 32,
            "open": drawn["small"] < "2",
            "next": None,
        }


def _cut(parts: Iterator[str], size: int) -> str:
    """Whole parts, as many as fit into about `size` bytes of UTF-8."""
    kept, length = [], 0
    while length < size:
        kept.append(next(parts))
        length += len(kept[-1].encode())
    return "".join(kept).rstrip() + "\n"


def _one_by_one(size: int, form: Callable[[dict[str, object]], str]) -> str:
    return _cut(map(form, _items()), size)


@cache
def text(kind: str, size: int) -> str:
    """A text of a kind, of about `size` bytes of UTF-8."""
    match kind:
        case "prose":
            return _cut(_prose(_SENTENCES, 1), size)
        case "code":
            return _cut(_code(), size)
        case "JSON":
            return json_of(size)
        case _:
            return _cut(_prose(_OTHER_SCRIPTS, 2), size)


KINDS = ("prose", "code", "JSON", "other scripts")


def json_of(size: int) -> str:
    """A JSON document."""
    rows = _one_by_one(size, lambda item: json.dumps(item) + "\n").splitlines()
    return "[\n" + ",\n".join(rows) + "\n]\n"


def python(size: int) -> str:
    """A Python module."""
    return text("code", size)


def yaml(size: int) -> str:
    """A YAML document, a list of mappings."""
    return _one_by_one(
        size,
        lambda item: "".join(
            f"{'-' if at == 0 else ' '} {key}: {json.dumps(value)}\n" for at, (key, value) in enumerate(item.items())
        ),
    )


def csv(size: int) -> str:
    """A table with a heading."""
    head = "id,name,thing,note\n"
    return head + _one_by_one(
        size,
        lambda item: (
            ",".join('"' + str(item[key]).replace('"', '""') + '"' for key in ("id", "name", "thing", "note")) + "\n"
        ),
    )


def html(size: int) -> str:
    """A fragment of HTML."""
    return _one_by_one(
        size,
        lambda item: (
            f'<section id="s{item["id"]}"><h2>{item["thing"]}</h2>\n<p class="note">{_escaped(item["note"])}</p>\n'
            f"<ul>{''.join(f'<li>{tag}</li>' for tag in _tags(item))}</ul></section>\n"
        ),
    )


def xml(size: int) -> str:
    """A document of XML."""
    inside = _one_by_one(
        size,
        lambda item: (
            f'<item id="{item["id"]}"><name>{item["name"]}</name><note>{_escaped(item["note"])}</note></item>\n'
        ),
    )
    return f"<items>\n{inside}</items>"


def _escaped(value: object) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;")


def _tags(item: dict[str, object]) -> list[object]:
    tags = item["tags"]
    assert isinstance(tags, list)
    return tags
