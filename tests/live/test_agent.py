"""Where to measure next."""

import numpy as np
import pytest

from peakscape.errors import InputError
from peakscape.live import Agent


def answer(x, *, width=1.0, p=0.5, point=(0.0, 0.0)):
    return {
        "x": x,
        "x_lower": x - width / 2,
        "x_upper": x + width / 2,
        "novelty_p": p,
        "coordinates": list(point),
        "foreign": p < 0.05,
    }


def run(agent, truth, n_asked):
    for _ in range(n_asked):
        _, [where] = agent.ask(1)
        agent.tell_answer(where, truth(float(where[0])))
    return np.array([one[0] for one in agent._positions])


@pytest.mark.parametrize(
    ("rule", "truth"),
    [
        ("interval", lambda x: answer(x, width=5.0 if 0.6 < x < 0.8 else 0.5)),
        ("novelty", lambda x: answer(x, p=0.0 if 0.6 < x < 0.8 else 0.9)),
        ("map", lambda x: answer(x, point=(np.tanh((x - 0.7) / 0.03), 0.0))),
    ],
)
def test_it_measures_where_the_doubt_is(space, rule, truth):
    told = run(Agent(space, np.linspace(0.0, 1.0, 201), rule=rule), truth, 24)
    inside = ((told > 0.55) & (told < 0.85)).mean()
    assert inside > 0.5
    assert len(np.unique(told)) == 24


def test_a_batch_is_spread_and_nothing_is_asked_twice(space):
    agent = Agent(space, np.linspace(0.0, 1.0, 5))
    _, first = agent.ask(3)
    documents, rest = agent.ask(5)
    assert len(documents) == len(rest) == 2
    assert sorted(float(one[0]) for one in [*first, *rest]) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert agent.ask(1) == ([], [])


def test_no_interval_is_the_most_doubtful(space):
    agent = Agent(space, [0.0, 0.4, 0.5, 0.6, 1.0])
    for where, width in ((0.0, 1.0), (0.5, 1.0)):
        agent.tell_answer(where, answer(where, width=width))
    agent.tell_answer(1.0, answer(1.0) | {"x_lower": None, "x_upper": None})
    assert agent.report()["doubt"] == [1.0, 1.0, 2.0]


def test_spectra_are_told_and_reported(space):
    agent = Agent(space, space.known_.x.values)
    told = agent.tell_many([[0.0], [1.0]], space.known_.isel(sample=[0, -1]))
    assert told[1]["answer"]["nearest"] == space.names[-1]
    assert agent.report()["n_told"] == 2
    assert len(agent.report()["worth"]) == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"candidates": [np.nan]}, "finite"),
        ({"candidates": [0.0], "rule": "luck"}, "expected a rule"),
        ({"candidates": [0.0], "label": "y"}, "predicts no number"),
    ],
)
def test_bad_questions(space, options, message):
    with pytest.raises(InputError, match=message):
        Agent(space, **options)
    agent = Agent(space, [[0.0, 1.0]])
    with pytest.raises(InputError, match="position of 2 numbers"):
        agent.tell_answer(0.5, answer(0.5))
