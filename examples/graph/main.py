"""A node of a LangGraph graph: a guarded reading of the customer's message, by which the graph goes on.

Needs pip install 'railguard[langchain]'.

    python examples/graph/main.py               answers recorded in conversation.jsonl
    python examples/graph/main.py openai:gpt-5  asks a model; any chat model of LangChain will do as well
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

from railguard import Guard
from railguard_validators.regex_match import regex_match

HERE = Path(__file__).parent


class Reading(BaseModel):
    topic: Literal["refund", "question"]
    order: Annotated[str, regex_match("[A-Z]{2}-[0-9]{4}", match_type="fullmatch")] | None


class State(MessagesState):
    reading: Reading


def graph_of(model: str):
    read = Guard.from_pydantic(Reading).to_runnable(model)

    def reader(state: State) -> dict:
        return {"reading": read.invoke(state["messages"])}

    def refund(state: State) -> dict:
        return {"messages": [("assistant", f"The refund for {state['reading'].order} is on its way.")]}

    def answer(state: State) -> dict:
        return {"messages": [("assistant", "A colleague will answer you.")]}

    graph = StateGraph(State)
    graph.add_node("reader", reader)
    graph.add_node("refund", refund)
    graph.add_node("question", answer)
    graph.add_edge(START, "reader")
    graph.add_conditional_edges("reader", lambda state: state["reading"].topic)
    graph.add_edge("refund", END)
    graph.add_edge("question", END)
    return graph.compile()


def main(model: str) -> None:
    state = graph_of(model).invoke({"messages": [("user", "Order HB 2041 broke, I want my money back.")]})
    print(state["reading"])
    print(state["messages"][-1].content)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"replay:{HERE / 'conversation.jsonl'}")
