"""content-safety: a text that violates none of some policies, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, judged
from railguard_validators._judging.topics import checked
from railguard_validators._wording import listed

_TASK = """The text to judge is the member "value" of the data: what somebody asked a language model, or what one answered.
Which of these policies does it break ("broken")? An empty list if none.

{policies}

A text breaks a policy if it does, asks for or helps with what the policy forbids. To report on it soberly, to warn of it,
to refuse it, and to ask for help with it in distress breaks none."""
_POLICIES = {
    "violence-hate": "no call for violence, no praise of it, no hate against people for what they are",
    "sexual-content": "no sexually explicit text, and nothing sexual about minors at all",
    "criminal-planning": "no help with a crime: theft, fraud, kidnapping, hacking, money laundering and the like",
    "weapons": "no help with getting, building or using guns, explosives and illegal weapons",
    "illegal-drugs": "no help with making, buying or using illegal or controlled drugs",
    "self-harm": "no encouragement of suicide, self-harm or eating disorders, and no instructions for them",
    "dangerous-content": "no instructions for what does serious harm to people, be it to oneself",
    "harassment": "no bullying, threats, abuse or intimidation of a person",
    "hate-speech": "no slurs, dehumanising or calls for exclusion against people for what they are",
}
_OTHER_NAMES = {
    "guns-and-illegal-weapons": "weapons",
    "encourage-self-harm": "self-harm",
    "enourage-self-harm": "self-harm",
}


class ContentSafety:
    """A model decides that the text violates none of some policies. There is no fix.

    Any model can be the judge: also a classifier such as Llama Guard or ShieldGemma, if the callable in `model` calls
    it and converts its answer to the requested form. A model that refuses to read a text gives no verdict, which is a
    ValidatorError.

    policies: the policies: "violence-hate", "sexual-content", "criminal-planning", "weapons",
        "illegal-drugs", "self-harm", "dangerous-content", "harassment", "hate-speech" (also as Llama Guard and
        ShieldGemma name them: "NO_ILLEGAL_DRUGS"), or policies of your own in words; by default all of those with a
        name here.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     found = '["weapons"]' if "pipe bomb" in messages[-1]["content"] else "[]"
    ...     return '{"reason": "It tells how to build one.", "broken": %s}' % found
    >>> guard = Guard.from_string([content_safety(["weapons", "self-harm"], model)])
    >>> guard.parse("The museum shows old swords.").passed
    True
    >>> guard.parse("A pipe bomb is made of …").failures[0].message
    'The text must not break these policies: "weapons". A judge says: "It tells how to build one."'
    """

    __slots__ = ("_judge", "_policies", "metadata", "prompt")

    def __init__(
        self,
        policies: list[str] | None = None,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        given = list(_POLICIES) if policies is None else [_named(policy) for policy in policies]
        self._policies = checked("policies", given)
        lines = (f"- {policy}" + (f": {_POLICIES[policy]}" if policy in _POLICIES else "") for policy in self._policies)
        answer = {
            "reason": {"type": "string", "description": "what decides it, in one or two sentences"},
            "broken": {"type": "array", "items": {"type": "string", "enum": self._policies}},
        }
        task = _TASK.format(policies="\n".join(lines))
        self._judge = Judge("content-safety", task, model=model, options=options, answer=answer, limit=limit)
        self.metadata = self._judge.metadata
        self.prompt = f"breaks none of these policies: {listed(self._policies)}"

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        broken = [policy for policy in self._policies if policy in verdict["broken"]]
        if not broken:
            return PassResult(usage=usage)
        return FailResult(
            f"The text must not break these policies: {listed(broken)}. {judged(verdict['reason'])}", usage=usage
        )


def _named(policy: str) -> str:
    """Return the name of a policy here, if it has one.

    >>> _named("NO_GUNS_AND_ILLEGAL_WEAPONS"), _named("no advice on taxes")
    ('weapons', 'no advice on taxes')
    """
    name = policy.strip().lower().replace("_", "-").removeprefix("no-")
    name = _OTHER_NAMES.get(name, name)
    return name if name in _POLICIES else policy


content_safety = validator(
    "content-safety",
    subject="Judged by a model",
    seconds=SECONDS,
    aliases=("llamaguard-7b", "shieldgemma-2b"),
    pure=True,
)(ContentSafety)
