"""`guard.to_runnable` in chains, as LangChain's documentation writes them, against a server that speaks OpenAI's protocol."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Annotated, Any

import pytest

pytest.importorskip("langchain_core")
pytest.importorskip("langchain_openai")

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from railguard import Guard, InputError, ProviderError, ValidationFailed, ValidationOutcome
from railguard.integrations.langchain import GuardRunnable
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case
from railguard_validators.valid_range import valid_range


class Person(BaseModel):
    name: Annotated[str, length(min=2)]
    age: Annotated[int, valid_range(0, 120)]


PROMPT = ChatPromptTemplate.from_messages([("system", "You read documents."), ("user", "Who is it? {document}")])
GOOD = '{"name": "Ann Other", "age": 36}'
BAD = '{"name": "Ann Other", "age": 360}'
ANN = Person(name="Ann Other", age=36)
VARIABLES = """
<rail version="1.0">
  <input><string name="document"/></input>
  <output><string name="name"/><integer name="age" validators="valid-range: 0 120"/></output>
  <messages><message role="user">Who is it? ${document} ${gr.complete_json_suffix}</message></messages>
</rail>"""


@pytest.fixture
def person() -> Guard:
    return Guard.from_pydantic(Person)


def openai(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-5", max_retries=0, **options)


class Runs(BaseCallbackHandler):
    """What a tracer is told: (name, parent's name, tags), in the order of the starts."""

    run_inline = True

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.runs: list[tuple[str, str | None, list[str]]] = []
        self.metadata: list[dict[str, Any]] = []
        self.errors: list[str] = []

    def _start(self, name: str, run_id: Any, parent_run_id: Any, tags: Any, metadata: Any) -> None:
        self.names[run_id] = name
        self.runs.append((name, self.names.get(parent_run_id), list(tags or [])))
        self.metadata.append(metadata or {})

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, tags=None, metadata=None, **kwargs):
        self._start(kwargs["name"], run_id, parent_run_id, tags, metadata)

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, tags=None, metadata=None, **kw):
        self._start(kw["name"] or serialized["name"], run_id, parent_run_id, tags, metadata)

    def on_chain_error(self, error, *, run_id, **kwargs):
        self.errors.append(f"{self.names[run_id]}: {type(error).__name__}")


def test_a_prompt_and_a_guard_make_a_chain_that_gives_an_instance(server, person):
    server.will(GOOD)
    chain = PROMPT | person.to_runnable(openai())
    assert chain.invoke({"document": "Ann"}) == ANN
    assert [message["role"] for message in server.requests[0]["messages"]] == ["system", "user"]


def test_only_the_failing_field_is_asked_for_again(server, person):
    server.will(BAD, '{"age": 36}')
    assert (PROMPT | person.to_runnable(openai())).invoke({"document": "Ann"}) == ANN
    first, second = (request["messages"] for request in server.requests)
    assert second[: len(first)] == first
    assert [message["role"] for message in second[len(first) :]] == ["assistant", "user"]
    assert "Ann Other" not in second[-1]["content"]


def test_the_schema_is_bound_where_the_model_has_structured_output(server, person):
    server.will(BAD, '{"age": 36}')
    person.to_runnable(openai()).invoke("Who is it?")
    sent = server.requests[0]["response_format"]
    assert sent["type"] == "json_schema"
    assert set(sent["json_schema"]["schema"]["properties"]) == {"name", "age"}


@pytest.mark.parametrize("options", [{"response_format": None}, {"response_format": {"type": "json_object"}}])
def test_a_response_format_of_the_callers_own_goes_before_the_guards(server, person, options):
    server.will(GOOD)
    person.to_runnable(openai(), **options).invoke("Who is it?")
    assert server.requests[0].get("response_format") == options["response_format"]


def test_a_model_with_tools_bound_is_sent_no_response_format(server, person):
    server.will(GOOD)
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
    person.to_runnable(openai().bind(tools=tools)).invoke("Who is it?")
    assert "response_format" not in server.requests[0]


def test_an_answer_that_stays_invalid_raises_with_its_outcome(server, person):
    server.will(BAD)
    with pytest.raises(ValidationFailed) as caught:
        person.to_runnable(openai(), max_reasks=1).invoke("Who is it?")
    assert caught.value.outcome.partial == {"name": "Ann Other"}
    assert len(server.requests) == 2


def test_the_outcome_comes_in_place_of_the_value_if_it_is_asked_for(server, person):
    server.will(BAD)
    outcome = person.to_runnable(openai(), max_reasks=0, include_outcome=True).invoke("Who is it?")
    assert isinstance(outcome, ValidationOutcome)
    assert not outcome.passed
    assert outcome.usage.total_tokens == 15


@pytest.mark.parametrize(
    "given",
    [
        "Who is it?",
        HumanMessage("Who is it?"),
        [HumanMessage("Who is it?")],
        [("user", "Who is it?")],
        [{"role": "user", "content": "Who is it?"}],
        ChatPromptValue(messages=[HumanMessage("Who is it?")]),
        {"messages": [HumanMessage("Who is it?")]},
    ],
)
def test_every_form_of_a_conversation_goes_in(server, person, given):
    server.will(GOOD)
    assert person.to_runnable(openai()).invoke(given) == ANN
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Who is it?"}]


def test_a_dict_fills_the_variables_of_the_spec(server):
    server.will(GOOD)
    runnable = Guard.from_rail_string(VARIABLES).to_runnable(openai())
    assert runnable.invoke({"document": "A letter."}) == {"name": "Ann Other", "age": 36}
    assert "A letter." in server.requests[0]["messages"][0]["content"]
    assert runnable.get_input_jsonschema()["required"] == ["document"]
    assert runnable.invoke("A letter.") == {"name": "Ann Other", "age": 36}
    assert set(runnable.get_output_jsonschema()["properties"]) == {"name", "age"}


def test_messages_reach_the_model_as_the_objects_that_they_were(person):
    seen: list[Any] = []

    def model(messages):
        seen.append(messages)
        return AIMessage(BAD if len(seen) == 1 else '{"age": 36}')

    asked = [
        SystemMessage("Be brief.", additional_kwargs={"cache": True}),
        HumanMessage([{"type": "text", "text": "Who?"}, {"type": "image", "base64": "AA==", "mime_type": "image/png"}]),
        AIMessage("", tool_calls=[{"name": "look_up", "args": {"id": 1}, "id": "c1", "type": "tool_call"}]),
    ]
    assert person.to_runnable(RunnableLambda(model)).invoke(asked) == ANN
    for messages in seen:
        assert all(given is sent for given, sent in zip(asked, messages, strict=False))


@pytest.mark.parametrize("given", [[], ChatPromptValue(messages=[])])
def test_an_input_without_messages_is_refused(person, given):
    with pytest.raises(InputError, match="no message"):
        person.to_runnable(ScriptedModel([GOOD])).invoke(given)


@pytest.mark.parametrize("given", [7, None, [7], object()])
def test_an_input_that_is_no_conversation_is_refused(person, given):
    with pytest.raises(InputError, match=r"takes a prompt value|not a list of messages"):
        person.to_runnable(ScriptedModel([GOOD])).invoke(given)


def test_a_text_for_a_guard_with_two_variables_is_refused_with_what_to_give():
    guard = Guard.from_json_schema({"type": "integer"}, messages="${a} ${b}")
    with pytest.raises(InputError, match=r'\{"a": …, "b": …\}'):
        guard.to_runnable(ScriptedModel(["1"])).invoke("one")


@pytest.mark.parametrize("model", [7, None, "gpt-5", ScriptedModel])
def test_what_is_no_model_is_refused_when_the_runnable_is_made(person, model):
    with pytest.raises(InputError, match="model"):
        person.to_runnable(model)


def test_a_model_with_structured_output_is_refused_with_what_to_give(server, person):
    server.will(GOOD)
    with pytest.raises(InputError, match="give the model itself"):
        person.to_runnable(openai().with_structured_output(Person)).invoke("Who is it?")


def test_any_model_of_a_guard_is_a_model_of_its_runnable(person, server):
    server.will(GOOD)
    for model in (ScriptedModel([GOOD]), lambda messages: GOOD, "openai:gpt-5"):
        assert person.to_runnable(model).invoke("Who is it?") == ANN


def test_async_chains_ask_again_too(server, person):
    server.will(BAD, '{"age": 36}')
    assert asyncio.run((PROMPT | person.to_runnable(openai())).ainvoke({"document": "Ann"})) == ANN
    assert len(server.requests) == 2


def test_batch_keeps_the_order_and_returns_exceptions(server, person):
    server.will(lambda body: BAD if "bad" in body["messages"][0]["content"] else GOOD)
    runnable = person.to_runnable(openai(), max_reasks=0)
    config = {"max_concurrency": 2}
    found = runnable.batch(["good", "bad", "good"], config, return_exceptions=True)
    assert [type(one) for one in found] == [Person, ValidationFailed, Person]
    found = asyncio.run(runnable.abatch(["bad", "good"], config, return_exceptions=True))
    assert [type(one) for one in found] == [ValidationFailed, Person]
    with pytest.raises(ValidationFailed):
        runnable.batch(["good", "bad"])


def test_no_more_calls_run_at_once_than_max_concurrency_says(person):
    running, most = 0, 0

    async def model(messages):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return GOOD

    asyncio.run(person.to_runnable(model).abatch(["Who?"] * 12, {"max_concurrency": 3}))
    assert most == 3


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
def test_a_trace_shows_each_round_below_the_guard(server, person, way):
    server.will(BAD, '{"age": 36}')
    runs = Runs()
    config = {"callbacks": [runs], "tags": ["mine"], "metadata": {"user": "u1"}, "run_name": "read person"}
    runnable = person.to_runnable(openai())

    async def drain() -> None:
        async for _ in runnable.astream("Who?", config):
            pass

    match way:
        case "invoke":
            runnable.invoke("Who?", config)
        case "ainvoke":
            asyncio.run(runnable.ainvoke("Who?", config))
        case "stream":
            list(runnable.stream("Who?", config))
        case "astream":
            asyncio.run(drain())
    assert [(name, parent) for name, parent, _ in runs.runs] == [
        ("read person", None),
        ("ChatOpenAI", "read person"),
        ("ChatOpenAI", "read person"),
    ]
    assert [set(tags) for _, _, tags in runs.runs] == [{"mine"}, {"mine", "ask"}, {"mine", "reask:1"}]
    assert [metadata["user"] for metadata in runs.metadata] == ["u1"] * 3
    assert [metadata["railguard_round"] for metadata in runs.metadata[1:]] == [0, 1]


def test_a_trace_shows_the_rounds_of_a_model_that_is_not_langchains(person):
    runs = Runs()
    person.to_runnable(ScriptedModel([BAD, '{"age": 36}'])).invoke("Who?", {"callbacks": [runs]})
    assert [(name, parent, *tags) for name, parent, tags in runs.runs] == [
        ("GuardRunnable", None),
        ("scripted", "GuardRunnable", "ask"),
        ("scripted", "GuardRunnable", "reask:1"),
    ]


def test_a_failed_call_ends_its_run_with_the_error(server, person):
    server.will(BAD)
    runs = Runs()
    with pytest.raises(ValidationFailed):
        person.to_runnable(openai(), max_reasks=0).invoke("Who?", {"callbacks": [runs]})
    assert runs.errors == ["GuardRunnable: ValidationFailed"]


def test_a_callback_that_raises_does_not_end_the_call(server, person):
    class Broken(BaseCallbackHandler):
        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            raise RuntimeError("broken")

    server.will(GOOD)
    assert person.to_runnable(openai()).invoke("Who?", {"callbacks": [Broken()]}) == ANN


def test_with_retry_asks_anew_after_a_fault_of_the_provider(server, person):
    server.will(500, GOOD)
    runnable = person.to_runnable(openai())
    with pytest.raises(ProviderError):
        runnable.invoke("Who?")
    server.will(500, GOOD)
    retried = runnable.with_retry(retry_if_exception_type=(ProviderError,), wait_exponential_jitter=False)
    assert retried.invoke("Who?") == ANN


def test_with_fallbacks_another_guarded_model_answers(server, person):
    server.will(BAD)
    chain = person.to_runnable(openai(), max_reasks=0).with_fallbacks([person.to_runnable(ScriptedModel([GOOD] * 3))])
    assert chain.invoke("Who?") == ANN
    assert asyncio.run(chain.ainvoke("Who?")) == ANN


def test_bound_keywords_reach_the_model_in_every_round_and_the_guard(server, person):
    server.will(BAD, '{"age": 36}')
    person.to_runnable(openai(), seed=7).bind(temperature=0.5).invoke("Who?")
    assert [(request["temperature"], request["seed"]) for request in server.requests] == [(0.5, 7)] * 2
    server.will(BAD)
    with pytest.raises(ValidationFailed):
        person.to_runnable(openai()).bind(max_reasks=0).invoke("Who?")
    assert len(server.requests) == 1


def test_in_parallel_each_guard_gives_its_own_value(server, person):
    server.will(lambda body: GOOD if body["messages"][0]["content"].endswith("Who?") else '"polite"')
    tone = Guard.from_json_schema({"enum": ["polite", "rude"]})
    both = RunnableParallel(
        who=ChatPromptTemplate.from_template("{text} Who?") | person.to_runnable(openai()),
        tone=ChatPromptTemplate.from_template("{text} Which tone?") | tone.to_runnable(openai()),
        text=RunnablePassthrough(),
    )
    found = both.invoke({"text": "Dear Ann"})
    assert found == {"who": ANN, "tone": "polite", "text": {"text": "Dear Ann"}}
    assert list((both | RunnableLambda(lambda v: v)).stream({"text": "Dear Ann"})) == [found]


def test_a_configurable_model_is_chosen_by_the_config(server, person):
    server.will(GOOD)
    model = openai().configurable_fields(model_name=ConfigurableField(id="model"))
    runnable = person.to_runnable(model)
    assert [spec.id for spec in runnable.config_specs] == ["model"]
    runnable.with_config(configurable={"model": "gpt-5-mini"}).invoke("Who?")
    assert server.requests[0]["model"] == "gpt-5-mini"
    assert "response_format" in server.requests[0]


def test_a_model_of_alternatives_is_chosen_by_the_config(server, person):
    server.will(GOOD)
    model = openai().configurable_alternatives(ConfigurableField(id="llm"), small=ChatOpenAI(model="small"))
    person.to_runnable(model).invoke("Who?", {"configurable": {"llm": "small"}})
    assert server.requests[0]["model"] == "small"


def test_the_model_of_init_chat_model_is_chosen_by_the_config(server, person):
    chat_models = pytest.importorskip("langchain.chat_models")
    server.will(GOOD)
    model = chat_models.init_chat_model("gpt-5", model_provider="openai", configurable_fields=("model",))
    assert person.to_runnable(model).invoke("Who?", {"configurable": {"model": "gpt-5-nano"}}) == ANN
    assert server.requests[0]["model"] == "gpt-5-nano"
    assert "response_format" in server.requests[0]


def test_the_budget_of_reasks_is_a_field_that_can_be_configured(server, person):
    server.will(BAD)
    runnable = person.to_runnable(openai()).configurable_fields(max_reasks=ConfigurableField(id="reasks"))
    with pytest.raises(ValidationFailed):
        runnable.invoke("Who?", {"configurable": {"reasks": 0}})
    assert len(server.requests) == 1


def test_a_guard_at_the_end_of_a_chain_says_what_belongs_there(server, person):
    server.will(GOOD)
    with pytest.raises(InputError, match=r"as_parser\(\)"):
        (PROMPT | openai() | person).invoke({"document": "Ann"})
    with pytest.raises(InputError, match=r"to_runnable\(model\)"):
        (PROMPT | person).invoke({"document": "Ann"})


def test_the_output_type_is_the_users_own(person):
    runnable = person.to_runnable(ScriptedModel([GOOD]))
    assert isinstance(runnable, GuardRunnable)
    assert runnable.OutputType is Person
    assert runnable.get_output_jsonschema()["required"] == ["name", "age"]
    assert runnable.get_input_jsonschema()["properties"].keys() == {"messages"}


def test_rules_on_messages_hold_for_messages_of_a_chain(server):
    guard = Guard.from_string().using(length(max=20, on_fail="exception"), on="messages.user")
    server.will("Hello.")
    runnable = guard.to_runnable(openai())
    assert runnable.invoke("Hi.") == "Hello."
    with pytest.raises(ValidationFailed):
        runnable.invoke("x" * 21)
    fixed = Guard.from_string().using(lower_case(on_fail="fix"), on="messages.user").to_runnable(openai())
    assert fixed.invoke("HI.") == "Hello."
    assert server.requests[-1]["messages"] == [{"role": "user", "content": "hi."}]


@pytest.mark.parametrize("include_outcome", [False, True])
@pytest.mark.parametrize("guard", [Guard.from_pydantic(Person), Guard.from_rail_string(VARIABLES)])
def test_a_chain_can_be_drawn_and_has_schemas(guard, include_outcome):
    runnable = guard.to_runnable(ScriptedModel([GOOD]), include_outcome=include_outcome)
    for chain in (runnable, PROMPT | runnable, PROMPT | scripted_chat() | guard.as_parser()):
        assert "-->" in chain.get_graph().draw_mermaid()
        assert chain.get_input_jsonschema()["type"] == "object"
        shown = chain.get_output_jsonschema()
        assert include_outcome or shown["properties"].keys() == {"name", "age"}
        assert chain.config_schema().model_json_schema()


def scripted_chat() -> Any:
    return RunnableLambda(lambda value: AIMessage(GOOD))


def test_assign_map_and_listeners_work_on_it(person):
    ended: list[Any] = []
    runnable = person.to_runnable(lambda messages: GOOD)
    chain = RunnablePassthrough.assign(person=PROMPT | runnable)
    assert chain.invoke({"document": "Ann"}) == {"document": "Ann", "person": ANN}
    summed = list((chain | RunnableLambda(lambda value: value)).stream({"document": "Ann"}))
    assert summed == [{"document": "Ann", "person": ANN}]
    assert runnable.map().invoke(["a", "b"]) == [ANN, ANN]
    assert dict(runnable.batch_as_completed(["a", "b"])) == {0: ANN, 1: ANN}
    assert runnable.with_listeners(on_end=lambda run: ended.append(run.outputs)).invoke("?") == ANN
    assert ended == [{"output": ANN}]


@pytest.mark.parametrize(
    ("missing", "code", "error"),
    [
        ("langchain_core", "Guard.from_string().to_runnable(print)", "InputError"),
        ("langchain_core", "Guard.from_string().as_parser()", "InputError"),
        ("langchain", "from railguard.integrations.langchain import GuardMiddleware", "ImportError"),
        ("langchain_core", "from railguard.integrations.langchain import guard_tool", "ImportError"),
    ],
)
def test_a_missing_package_is_named_with_how_to_install_it(missing, code, error):
    program = f"import sys; sys.modules[{missing!r}] = None\nfrom railguard import Guard\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert f"{error}: " in last
    assert f"needs {missing}, which is not installed: pip install 'railguard[langchain]'" in last


def test_railguard_imports_nothing_of_langchain_before_it_is_asked():
    program = (
        "import sys\nfrom railguard import Guard\n"
        "Guard.from_json_schema({'type': 'integer'}, messages='?')(lambda messages: '1')\n"
        "print([name for name in sys.modules if name.startswith('lang')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_other_keys_of_a_chains_dict_are_ignored_if_all_variables_are_there(server):
    guard = Guard.from_pydantic(Person, messages="Who is it? ${document}")
    chain = RunnablePassthrough.assign(person=guard.to_runnable(openai()))
    server.will(GOOD)
    assert chain.invoke({"document": "Ann", "page": 7})["person"] == ANN
    assert "page" not in json.dumps(server.requests[0]["messages"])
    with pytest.raises(InputError, match="there is no variable 'docment'"):
        guard.to_runnable(openai()).invoke({"docment": "Ann"})


def test_a_graphs_state_is_a_conversation_for_a_guard_without_variables(server, person):
    server.will(GOOD)
    step = person.to_runnable(openai())
    assert step.invoke({"messages": [("user", "Who?")], "page": 7}) == ANN
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Who?"}]
    with pytest.raises(InputError, match=r"takes no dict of variables \(document\): write `prompt \| guard"):
        step.invoke({"document": "Ann"})


@pytest.mark.parametrize("kind", ["retry", "fallbacks"])
def test_a_model_with_a_retry_or_fallbacks_enforces_the_schema_too(server, person, kind):
    model = openai()
    others = openai(temperature=0)
    server.will(500, GOOD)
    safe = model.with_retry(wait_exponential_jitter=False) if kind == "retry" else model.with_fallbacks([others])
    assert person.to_runnable(safe).invoke("Who?") == ANN
    assert [request["response_format"]["type"] for request in server.requests] == ["json_schema"] * 2
    assert server.requests[1]["messages"] == [{"role": "user", "content": "Who?"}]


def test_fallbacks_of_which_one_enforces_no_schema_are_told_in_words(server, person):
    server.will(GOOD)
    model = openai().with_fallbacks([FakeListChatModel(responses=[GOOD])])
    assert person.to_runnable(model).invoke("Who?") == ANN
    assert "response_format" not in server.requests[0]
    assert "Write only JSON" in server.requests[0]["messages"][0]["content"]


def test_an_agent_is_no_model_of_a_runnable(person):
    agents = pytest.importorskip("langchain.agents")
    agent = agents.create_agent(FakeListChatModel(responses=[GOOD]), tools=[])
    with pytest.raises(InputError, match="middleware="):
        person.to_runnable(agent)
