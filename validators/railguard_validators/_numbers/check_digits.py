"""Check digits of cards, accounts and personal identification numbers. Every function takes the characters without
separators, with capital letters and of the right length, and returns whether the check digits match.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "base58check",
    "bech32",
    "brazilian_cpf",
    "dea",
    "dutch_bsn",
    "ean13",
    "french_nir",
    "german_tax_id",
    "iban",
    "iban_length",
    "italian_fiscal_code",
    "luhn",
    "mod97",
    "nhs",
    "pesel",
    "routing",
    "singapore_nric",
    "spanish_nif",
    "tfn",
    "verhoeff",
]

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: str) -> bool:
    """Whether digits satisfy the Luhn algorithm of payment cards and the Canadian SIN (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    reverse = [int(char) for char in reversed(digits)]
    return (sum(reverse[::2]) + sum(_DOUBLED[digit] for digit in reverse[1::2])) % 10 == 0


# Dihedral group D5: its multiplication, and the permutation that is applied once more at every position.
_D5 = tuple(
    tuple((i + j) % 5 if i < 5 and j < 5 else
          (i + j - 5) % 5 + 5 if i < 5 else
          (i - 5 - j) % 5 + 5 if j < 5 else
          (i - j) % 5
          for j in range(10))
    for i in range(10)
)  # fmt: skip
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(digits: str) -> bool:
    """Whether digits satisfy Verhoeff's algorithm, which the Indian Aadhaar uses.

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    row = list(range(10))
    check = 0
    for char in reversed(digits):
        check = _D5[check][row[int(char)]]
        row = [_STEP[digit] for digit in row]
    return check == 0


_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        line.split(":")
        for line in [
            "15:NO",
            "16:BE",
            "18:DK FI FK FO GL NL SD",
            "19:MK SI",
            "20:AT BA EE KZ LT LU MN XK",
            "21:CH HR LI LV",
            "22:BG BH CR DE GB GE IE ME RS VA",
            "23:AE GI IL IQ OM SO TL",
            "24:AD CZ ES MD PK RO SA SE SK TN VG",
            "25:LY PT ST",
            "26:IS TR",
            "27:BI DJ FR GR IT MC MR SM",
            "28:AL AZ BY CY DO GT HN HU LB NI PL SV",
            "29:BR EG PS QA UA",
            "30:JO KW MU YE",
            "31:MT SC",
            "32:LC",
            "33:RU",
        ]
    )
    for country in countries.split()
}


def iban_length(country: str) -> int | None:
    """Return the length of a country's IBANs; None if the country is not in the table.

    >>> iban_length("DE"), iban_length("XX")
    (22, None)
    """
    return _IBAN_LENGTHS.get(country)


def mod97(text: str) -> bool:
    """Whether a text satisfies ISO/IEC 7064, MOD 97-10, as an IBAN uses it: letters count as 10 to 35, and the first
    four characters are moved to the end. Check digits are 98 minus a remainder, so 00, 01 and 99 are invalid, though
    they leave the right remainder.

    >>> mod97("DE89370400440532013000"), mod97("DE88370400440532013000")
    (True, False)
    """
    return text[2:4] not in ("00", "01", "99") and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def iban(text: str) -> bool:
    """Whether a text is an IBAN (ISO 13616) of a country in the table.

    >>> iban("DE89370400440532013000"), iban("DE88370400440532013000"), iban("XX89370400440532013000")
    (True, False, False)
    """
    return _IBAN_LENGTHS.get(text[:2]) == len(text) and mod97(text)


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VERSIONS = frozenset((0x00, 0x05, 0x1E, 0x30, 0x32))  # of addresses: Bitcoin twice, Dogecoin, Litecoin twice


def base58check(text: str) -> bool:
    """Whether a text is an address of Bitcoin, Litecoin or Dogecoin: a version, 20 bytes, and 4 bytes of their double
    SHA-256.

    >>> base58check("1BoatSLRHtKNngkdXEeobR76b53LETtpyT"), base58check("1BoatSLRHtKNngkdXEeobR76b53LETtpyU")
    (True, False)
    """
    from hashlib import sha256

    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    if number.bit_length() > 200:
        return False
    raw = number.to_bytes(25, "big")
    return raw[0] in _VERSIONS and sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(text: str) -> bool:
    """Whether a text is a Bitcoin or Litecoin address of BIP 173 or BIP 350, in small letters.

    >>> bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    (True, False)
    """
    prefix, _, data = text.rpartition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                check ^= generator
    return check in (1, 0x2BC830A3)


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def nhs(digits: str) -> bool:
    """Whether digits are a patient number of the British NHS: ten digits, modulo 11.

    >>> nhs("9434765919"), nhs("9434765918")
    (True, False)
    """
    return (11 - _weighted(digits, range(10, 1, -1)) % 11) % 11 == int(digits[9])


def routing(digits: str) -> bool:
    """Whether digits are the routing number of a US bank: nine digits, weights 3, 7, 1.

    >>> routing("021000021"), routing("021000022")
    (True, False)
    """
    return digits != "000000000" and _weighted(digits, (3, 7, 1) * 3) % 10 == 0


def dea(text: str) -> bool:
    """Whether a text is the DEA number of a US prescriber: two letters, seven digits.

    >>> dea("AB1234563"), dea("AB1234564")
    (True, False)
    """
    digits = [int(char) for char in text[2:]]
    return (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10 == digits[6]


def german_tax_id(digits: str) -> bool:
    """Whether digits are a German Steuer-Identifikationsnummer: ISO/IEC 7064 MOD 11,10, and among the first ten digits
    exactly one occurs more than once, two or three times.

    >>> german_tax_id("86095742719"), german_tax_id("86095742718")
    (True, False)
    """
    often = [count for count in map(digits[:10].count, set(digits[:10])) if count > 1]
    if digits[0] == "0" or len(often) != 1 or often[0] > 3:
        return False
    product = 10
    for char in digits[:10]:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def spanish_nif(text: str) -> bool:
    """Whether a text is a Spanish NIF (eight digits, a letter) or NIE (X, Y or Z, seven digits, a letter).

    >>> spanish_nif("12345678Z"), spanish_nif("X1234567L"), spanish_nif("12345678A")
    (True, True, False)
    """
    number = "012"["XYZ".index(text[0])] + text[1:8] if text[0] in "XYZ" else text[:8]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[8]


_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14,
                 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def italian_fiscal_code(text: str) -> bool:
    """Whether a text is an Italian codice fiscale: the last of its 16 characters is computed from the others.

    >>> italian_fiscal_code("RSSMRA85T10A562S"), italian_fiscal_code("RSSMRA85T10A562T")
    (True, False)
    """
    total = sum(_ODD[char] for char in text[:15:2])
    total += sum(int(char) if char.isdigit() else ord(char) - ord("A") for char in text[1:15:2])
    return chr(ord("A") + total % 26) == text[15]


def french_nir(text: str) -> bool:
    """Whether a text is a French social security number: 13 characters (2A and 2B for Corsica) and 97 minus their
    remainder.

    >>> french_nir("255081416802538"), french_nir("255081416802539")
    (True, False)
    """
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(text[13:])


def pesel(digits: str) -> bool:
    """Whether digits are a Polish PESEL: eleven digits, weights 1, 3, 7, 9.

    >>> pesel("44051401359"), pesel("44051401358")
    (True, False)
    """
    return (10 - _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(digits[10])


def tfn(digits: str) -> bool:
    """Whether digits are an Australian tax file number: nine digits, modulo 11.

    >>> tfn("123456782"), tfn("123456783")
    (True, False)
    """
    return _weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def brazilian_cpf(digits: str) -> bool:
    """Whether digits are a Brazilian CPF: nine digits and two check digits, not all the same.

    >>> brazilian_cpf("52998224725"), brazilian_cpf("11111111111")
    (True, False)
    """
    first = _weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"


def dutch_bsn(digits: str) -> bool:
    """Whether digits are a Dutch citizen service number: nine digits, the test of eleven.

    >>> dutch_bsn("111222333"), dutch_bsn("111222334")
    (True, False)
    """
    return digits != "000000000" and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def ean13(digits: str) -> bool:
    """Whether digits satisfy EAN-13, which the Swiss AHV number uses.

    >>> ean13("7569217076985"), ean13("7569217076986")
    (True, False)
    """
    return _weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def singapore_nric(text: str) -> bool:
    """Whether a text is an NRIC or FIN of Singapore: S, T, F, G or M, seven digits and a letter.

    >>> singapore_nric("S1234567D"), singapore_nric("S1234567E")
    (True, False)
    """
    total = _weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(text[0], 0)
    letters = {"F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}.get(text[0], "JZIHGFEDCBA")
    return letters[total % 11] == text[8]
