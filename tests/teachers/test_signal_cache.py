"""Answers of a teacher by the content of the text: added to, shared, and never those of another."""

import os
import random
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

from cdkd_kg.artifacts import sha256_text, verify
from cdkd_kg.errors import ArtifactError, StaleSignalError
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.signal_cache import cached_signal, teacher_key
from tests.models import tiny_bert

LABELS, TEXTS = ("a", "b"), ["ball goal", "bank rate", "goal", "rate of the bank"]
HASHES = [sha256_text(text) for text in TEXTS]
IDS = [f"d/{number}" for number in range(4)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split())
    return load_classifier(folder, LABELS, False), load_tokenizer(folder)


class Teacher:
    """Answers, and remembers what it was asked."""

    def __init__(self, model, texts=TEXTS):
        self.model, self.texts, self.asked = model, texts, []

    def __call__(self, places):
        self.asked += [self.texts[place] for place in places]
        logits, hidden = predict(*self.model, [self.texts[place] for place in places], 16, 8)
        return {"logits": logits, "hidden": hidden, "embedding": hidden}


def said(cache, teacher, count=4, key="t" * 64):
    return cached_signal(cache, key, LABELS, IDS[:count], HASHES[:count], teacher)


def test_only_new_texts_are_asked_about_and_the_answers_are_the_same(model, tmp_path):
    teacher = Teacher(model)
    first, second, third = (said(tmp_path, teacher, count) for count in (2, 4, 4))
    assert teacher.asked == TEXTS
    assert np.array_equal(second.logits, third.logits)
    assert np.array_equal(first.logits, second.logits[:2])
    assert np.allclose(second.logits, predict(*model, TEXTS, 16, 8)[0], atol=1e-2)


def test_ids_may_change_and_a_text_that_comes_twice_is_asked_about_once(model, tmp_path):
    teacher = Teacher(model)
    said(tmp_path, teacher, 1)
    signal = cached_signal(tmp_path, "t" * 64, LABELS, ["z", "y"], [HASHES[0], HASHES[0]], teacher)
    assert (signal.ids, teacher.asked) == (("y", "z"), TEXTS[:1])
    assert np.array_equal(signal.logits[0], signal.logits[1])


def test_whatever_changes_the_answer_changes_the_key(model):
    classifier, tokenizer = model
    keys = [teacher_key(classifier, tokenizer, 16), teacher_key(classifier, tokenizer, 8)]
    keys.append(teacher_key(classifier, tokenizer, 16, "revision"))
    predict(classifier, tokenizer, TEXTS, 4, 8)  # which tells the tokenizer how to pad
    assert keys[0] == teacher_key(classifier, tokenizer, 16)
    tokenizer.truncation_side = "left"
    keys.append(teacher_key(classifier, tokenizer, 16))
    tokenizer.truncation_side = "right"
    with torch.no_grad():
        classifier.classifier.bias[0] += 1e-6
    keys.append(teacher_key(classifier, tokenizer, 16))
    tokenizer.add_tokens(["pitch"])
    keys.append(teacher_key(classifier, tokenizer, 16))
    assert len(set(keys)) == 6
    assert keys[-1] == teacher_key(classifier, tokenizer, 16)


def test_the_same_model_in_another_folder_has_the_same_key(model, tmp_path):
    classifier, tokenizer = model
    classifier.save_pretrained(tmp_path)
    assert teacher_key(load_classifier(tmp_path, LABELS, False), tokenizer, 16) == teacher_key(
        classifier, tokenizer, 16
    )


def test_another_teacher_in_the_same_place_is_refused(model, tmp_path):
    said(tmp_path, Teacher(model))
    with pytest.raises(StaleSignalError, match="another teacher"):
        said(tmp_path, Teacher(model), key="t" * 16 + "u" * 48)


def test_altered_bytes_are_never_believed(model, tmp_path):
    before = said(tmp_path, Teacher(model))
    (segment,) = tmp_path.glob("*/segment-*")
    kept = {file.name: file.read_bytes() for file in segment.iterdir()}
    drawn = random.Random(0)
    for number in range(300):
        name, content = drawn.choice(sorted(kept.items()))
        place = drawn.randrange(len(content))
        cut = (
            content[:place]
            if number % 3 == 0
            else content[:place] + bytes([content[place] ^ 1 << drawn.randrange(8)]) + content[place + 1 :]
        )
        (segment / name).write_bytes(cut)
        teacher = Teacher(model)
        after = said(tmp_path, teacher)
        assert teacher.asked == TEXTS, f"{name} at {place}"
        assert np.array_equal(before.logits, after.logits)
        for kept_name, whole in kept.items():
            (segment / kept_name).write_bytes(whole)


class AskedError(Exception):
    """Raised in place of an answer."""


def refuses(places):
    raise AskedError


def overwrite(file, content, place=0):
    """Write in place: emptying a file first waits for the disk."""
    with file.open("r+b") as handle:
        handle.seek(place)
        handle.write(content)


def test_none_of_ten_thousand_mutations_is_believed(model, tmp_path):
    said(tmp_path, Teacher(model))
    (segment,) = tmp_path.glob("*/segment-*")
    kept = {file.name: file.read_bytes() for file in segment.iterdir()}
    drawn, found = random.Random(1), 0
    for number in range(10_000):
        name = drawn.choice(sorted(kept))
        place = drawn.randrange(len(kept[name]))
        if number % 3 == 0:
            os.truncate(segment / name, place)
        else:
            overwrite(segment / name, bytes([kept[name][place] ^ 1 << drawn.randrange(8)]), place)
        try:
            verify(segment)  # what cached_signal asks of every segment
        except ArtifactError:
            found += 1
        overwrite(segment / name, kept[name])
    verify(segment)
    assert found == 10_000


def test_labels_in_another_order_are_found_by_name_and_other_labels_are_refused(model, tmp_path):
    first = said(tmp_path, Teacher(model))
    turned = cached_signal(tmp_path, "t" * 64, LABELS[::-1], IDS, HASHES, refuses)
    assert turned.labels == LABELS[::-1]
    assert np.array_equal(turned.logits, first.logits[:, ::-1])
    for labels in (("a", "c"), ("a", "b", "c"), ("a", "a")):
        with pytest.raises(StaleSignalError, match=r"about \['a', 'b'\], asked for are"):
            cached_signal(tmp_path, "t" * 64, labels, IDS, HASHES, refuses)


def test_no_text_gives_a_signal_without_a_row(tmp_path):
    signal = cached_signal(tmp_path, "t" * 64, LABELS, [], [], refuses)
    assert (signal.ids, signal.labels, signal.logits.shape, signal.weight.shape) == ((), LABELS, (0, 2), (0,))


def test_what_was_cut_off_while_it_was_written_is_not_there(model, tmp_path):
    class KilledError(Exception):
        pass

    def dies(places):
        raise KilledError

    with pytest.raises(KilledError):
        said(tmp_path, dies)
    assert not list(tmp_path.rglob("segment-*"))


def test_several_may_add_at_once(model, tmp_path):
    teachers = [Teacher(model) for _ in range(4)]
    threads = [Thread(target=said, args=(tmp_path, teacher, 1 + place)) for place, teacher in enumerate(teachers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = Teacher(model)
    assert len(said(Path(tmp_path), last).ids) == 4
    assert last.asked == []
