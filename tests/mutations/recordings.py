"""Damaged recordings: of the first 300 three in five are oddities; all others are files of every container in turn, damaged."""

from pathlib import Path

from mutations import oddities
from mutations.containers import CONTAINERS, sound_of
from mutations.damage import DAMAGE
from mutations.fields import chunked, exchanged, named, rearranged
from mutations.mutation import Mutation, Rng, nth, rng_of

KIND, COUNT = "recordings", 300


def mutation(number: int) -> Mutation:
    """Recording `number`; `make` writes it and returns its path, or what else is to be named in its place."""
    rng = rng_of(KIND, number)
    odd_ones = oddities.all_of_them()
    turn, place = divmod(number, 5)
    which = 3 * turn + place // 2
    if number < COUNT and place in (0, 2, 4) and which < len(odd_ones):
        odd = odd_ones[which]
        return Mutation(KIND, number, odd.name, lambda folder: odd.make(folder, rng), odd.piped)
    return _damaged(rng, number, 2 * turn + place // 2 if number < COUNT else number)


def _damaged(rng: Rng, number: int, turn: int) -> Mutation:
    """Half of the turns exchange a named number of the header or its chunks, where the container has such."""
    container = nth(CONTAINERS, turn)
    sound, rate = sound_of(rng)
    whole = container.write(sound, container.rate(rate))
    round_ = turn // len(CONTAINERS)
    if (turn + round_) % 2 or not named(whole):
        what, data = nth(DAMAGE, turn // 2 + round_)(rng, whole)
    elif chunked(whole) and round_ % 3 == 2:
        what, data = rearranged(rng, whole)
    else:
        what, data = exchanged(rng, whole, round_ + turn)

    def make(folder: Path) -> str:
        path = folder / f"clip.{container.ending}"
        path.write_bytes(data)
        return str(path)

    return Mutation(KIND, number, f"{container.name}/{what}", make)
