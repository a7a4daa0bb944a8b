"""A run of a small corpus, its bundle, and what a service of it would have kept."""

import shutil
from contextlib import closing

import pytest

from cdkd_kg.config import load_config
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.reference import Features
from cdkd_kg.pipeline.export import export
from cdkd_kg.pipeline.run import run
from cdkd_kg.serving.store import Kept, Store
from tests.models import tiny_bert
from tests.pipeline.corpus import MONEY, SPORT, settings, write_config, write_corpus


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("round")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["evaluation"] |= {"conditions": ["graph_teacher"]}
    result = run(load_config(write_config(folder, values)))
    export(result.folder, folder / "first", Forms(onnx=False))
    return folder


@pytest.fixture
def bundle(made):
    """A copy of the bundle that a test may change; its run, and the cache of that, are those of all."""
    shutil.rmtree(made / "topic", ignore_errors=True)
    shutil.rmtree(made / "topic.versions", ignore_errors=True)
    shutil.copytree(made / "first", made / "topic")
    return made / "topic"


def serve(file, number=80, labelled=True, domain="letters", name="Xanadu", bundle="abc"):
    """Keep what a service would have kept: texts of two kinds, with a name in them that no graph knows."""
    with closing(Store(file)) as store:
        for place in range(number):
            words, label = ((SPORT, "sport"), (MONEY, "business"))[place % 2]
            one, two, three = (words[number % 9] for number in (place, place + 3, 5 * place))
            text = f"Dear {one} of {two} near {name} with {three} {place}."
            features = Features(len(text), 3.0, 0.9, label)
            store.keep([Kept(f"{place:032x}", bundle, domain, text, None, [0.5, 0.5], features)])
            if labelled:
                store.judge(f"{place:032x}", [label], "ada")
    return file
