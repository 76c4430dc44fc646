"""Every container with every fault: what can be told is told, or refused; what is left of a recording is never taken for it.

Files are soundfile's; their headers are changed here by what the formats' descriptions say, without the code under test.
"""

import io
import struct

import numpy as np
import pytest
import soundfile as sf

from serkit import audio
from serkit.errors import AudioError, NotAudio, TruncatedAudio

RATE = 16000
HOW = {
    "wav": {"format": "WAV"},
    "rifx": {"format": "WAV", "endian": "BIG"},
    "float": {"format": "WAV", "subtype": "FLOAT"},
    "adpcm": {"format": "WAV", "subtype": "IMA_ADPCM"},
    "wavex": {"format": "WAVEX"},
    "rf64": {"format": "RF64"},
    "w64": {"format": "W64"},
    "aiff": {"format": "AIFF"},
    "aifc": {"format": "AIFF", "subtype": "FLOAT"},
    "au": {"format": "AU"},
    "ulaw": {"format": "AU", "subtype": "ULAW"},
    "caf": {"format": "CAF"},
    "alac": {"format": "CAF", "subtype": "ALAC_16"},
    "voc": {"format": "VOC"},
    "nist": {"format": "NIST"},
    "flac": {"format": "FLAC"},
    "ogg": {"format": "OGG"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3"},
    "vbr": {"format": "MP3", "bitrate_mode": "VARIABLE"},
}
FAULTS = ("cut", "half", "double", "joined", "repeated", "with another")


def voice(seconds, seed=0):
    time = np.arange(round(seconds * RATE)) / RATE
    noise = 0.05 * np.random.default_rng(seed).standard_normal(len(time))
    return (0.3 * np.sin(2 * np.pi * 220 * time) + noise).astype(np.float32)


def encoded(name, seconds=3.0, seed=0):
    made = io.BytesIO()
    sf.write(made, voice(seconds, seed), RATE, **HOW[name])
    return made.getvalue()


def length_of(data):
    return len(sf.read(io.BytesIO(data))[0]) / RATE


def with_length(name, data, factor):
    """The same with a header that announces `factor` times its samples; None where the header has no length."""
    data = bytearray(data)
    kind = data[:4]

    def change(place, form, count=0):
        size = struct.calcsize(form)
        value = struct.unpack(form, data[place : place + size])[0]
        data[place : place + size] = struct.pack(form, int((value - count) * factor) // 2 * 2 + count)

    if name == "rf64":
        change(28, "<Q")
    elif kind in (b"RIFF", b"RIFX"):
        change(data.index(b"data") + 4, "<I" if kind == b"RIFF" else ">I")
    elif kind == b"riff":
        change(data.index(b"data\xf3\xac") + 16, "<Q", 24)
    elif kind == b"FORM":
        change(data.index(b"SSND") + 4, ">I", 8)
    elif kind == b".snd":
        change(8, ">I")
    elif kind == b"caff":
        change(data.index(b"data") + 4, ">q", 4)
    elif kind == b"Crea":
        value = int(int.from_bytes(data[27:30], "little") * factor)
        data[27:30] = value.to_bytes(3, "little")
    elif kind == b"NIST":
        data[:1024] = data[:1024].replace(b"sample_count -i 48000", b"sample_count -i %05d" % (48000 * factor))
    elif kind == b"fLaC":
        bits = int.from_bytes(data[18:26], "big")
        total = bits & (2**36 - 1)
        data[18:26] = (bits - total + int(total * factor)).to_bytes(8, "big")
    elif b"Xing" in data or b"Info" in data:
        change(max(data.find(b"Xing"), data.find(b"Info")) + 8, ">I")
    else:
        return None
    return bytes(data)


def broken(name, fault):
    data = encoded(name)
    return {
        "cut": lambda: data[: len(data) // 2],
        "half": lambda: with_length(name, data, 0.5),
        "double": lambda: with_length(name, data, 2),
        "joined": lambda: data + encoded(name, 2.0, seed=1),
        "repeated": lambda: data + data,
        "with another": lambda: data + encoded("wav" if name != "wav" else "flac"),
    }[fault]()


@pytest.mark.parametrize("name", HOW)
@pytest.mark.parametrize("seconds", [0.3, 3.0, 12.0])
def test_a_whole_file_is_read_whole(name, seconds):
    data = encoded(name, seconds)
    assert audio.read(io.BytesIO(data)).duration == length_of(data) == pytest.approx(seconds, rel=0.02, abs=0.03)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", HOW)
def test_half_a_recording_is_never_taken_for_it(name, fault, tmp_path):
    data = broken(name, fault)
    if data is None:
        pytest.skip("a header without a length")
    (tmp_path / "a").write_bytes(data)
    for source in (io.BytesIO(data), tmp_path / "a"):
        with pytest.raises((TruncatedAudio, NotAudio)) as caught:
            audio.read(source)
        assert "\n" not in str(caught.value)
        if fault in ("joined", "repeated", "half") and name != "adpcm":
            assert "goes on" in str(caught.value)


@pytest.mark.parametrize("name", HOW)
def test_short_files_joined(name):
    """Decoders read ahead, beyond the end of a short file."""
    with pytest.raises(NotAudio, match="goes on"):
        audio.read(io.BytesIO(encoded(name, 0.3) + encoded(name, 0.3)))


@pytest.mark.parametrize("seconds", [0.3, 3])
def test_an_aiff_whose_count_of_frames_is_wrong(seconds):
    data = bytearray(encoded("aiff", seconds))
    place = data.index(b"COMM") + 10
    for factor, error in ((0.5, NotAudio), (2, TruncatedAudio)):
        data[place : place + 4] = struct.pack(">I", round(seconds * RATE * factor))
        with pytest.raises(error):
            audio.read(io.BytesIO(bytes(data)))


TAILS = {
    "LIST": b"LIST" + struct.pack("<I", 16) + b"INFOISFT" + struct.pack("<I", 4) + b"some",
    "id3": b"id3 " + struct.pack("<I", 90) + b"ID3" + bytes(87),
    "bext": b"bext" + struct.pack("<I", 602) + b"a" * 602,
    "cue": b"cue " + struct.pack("<I", 100) + b"\1" * 100,
    "unknown": b"Mine" + struct.pack("<I", 100) + b"\1" * 100,
    "two": b"fact" + struct.pack("<II", 4, 3) + b"LIST" + struct.pack("<I", 100) + b"INFO" + b"x" * 96,
    "cut": b"LIST" + struct.pack("<I", 5000) + b"INFO" + b"x" * 200,
    "zeros": bytes(4096),
    "an ID3 tag of version 1": b"TAG" + b"x" * 125,
    "a few bytes": b"\1\2\3",
}
"""What may follow the samples of a WAV."""


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("samples", [16000, 16001])
def test_what_may_follow_the_samples_of_a_wav(tail, samples):
    made = io.BytesIO()
    sf.write(made, voice(samples / RATE), RATE, format="WAV", subtype="PCM_U8")
    data = made.getvalue()
    for padding in {samples % 2, 0}:
        body = data[: 44 + samples] + bytes(padding) + TAILS[tail]
        got = audio.read(io.BytesIO(body[:4] + struct.pack("<I", len(body) - 8) + body[8:])).samples
        assert len(got) == samples


@pytest.mark.parametrize("name", ["wav", "rifx", "wavex", "float"])
@pytest.mark.parametrize("whole", [0, 0xFFFFFFFF, 36, None])
@pytest.mark.parametrize("samples", [0, 0xFFFFFFFF])
def test_a_wav_from_a_pipe(name, whole, samples):
    """Its writer could not go back to write the lengths; a chunk before the samples is what ffmpeg writes there."""
    data = encoded(name)
    order = ">" if name == "rifx" else "<"
    place = data.index(b"data")
    listed = b"LIST" + struct.pack(order + "I", 26) + b"INFOISFT" + struct.pack(order + "I", 14) + b"Lavf59.27.100\0"
    size = data[4:8] if whole is None else struct.pack(order + "I", whole)
    data = data[:4] + size + data[8:place] + listed + b"data" + struct.pack(order + "I", samples) + data[place + 8 :]
    got = audio.read(io.BytesIO(data)).samples
    np.testing.assert_array_equal(got, sf.read(io.BytesIO(encoded(name)), dtype="float32")[0])
    assert audio.info(io.BytesIO(data)).duration == 3


@pytest.mark.parametrize("sizes", [0, 2**64 - 1])
def test_an_rf64_from_a_pipe(sizes):
    data = encoded("rf64")
    got = audio.read(io.BytesIO(data[:20] + struct.pack("<QQ", sizes, sizes) + data[36:])).samples
    np.testing.assert_array_equal(got, sf.read(io.BytesIO(data), dtype="float32")[0])


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_an_au_from_a_pipe(size):
    data = encoded("au")
    got = audio.read(io.BytesIO(data[:8] + struct.pack(">I", size) + data[12:])).samples
    np.testing.assert_array_equal(got, sf.read(io.BytesIO(data), dtype="float32")[0])


@pytest.mark.parametrize("name", ["wav", "au", "rf64"])
def test_recordings_of_unknown_length_joined(name):
    data = bytearray(encoded(name))
    places = {"wav": (40, b"\xff" * 4), "au": (8, b"\xff" * 4), "rf64": (28, bytes(8))}
    place, number = places[name]
    data[place : place + len(number)] = number
    assert audio.read(io.BytesIO(data)).duration == 3
    with pytest.raises(NotAudio, match="another recording begins"):
        audio.read(io.BytesIO(data + data))


UNWRITTEN = {
    "caf": (b"data", ">q", (-1, 0, 4)),
    "w64": (b"data\xf3\xac\xd3\x11\x8c\xd1\0\xc0O\x8e\xdb\x8a", "<Q", (0, 24, 2**63 - 1)),
    "aiff": (b"SSND", ">I", (0, 0x7F000008, 0xFFFFFFFF)),
}
"""What ffmpeg, SoX and others write where they cannot go back, by container: the chunk, its length's form, the numbers."""


@pytest.mark.parametrize("name", UNWRITTEN)
def test_lengths_that_were_never_written(name):
    data, (tag, form, numbers) = encoded(name), UNWRITTEN[name]
    place = data.index(tag) + len(tag)
    expected = sf.read(io.BytesIO(data), dtype="float32")[0]
    for number in numbers:
        body = data[:place] + struct.pack(form, number) + data[place + 8 - 4 * (form == ">I") :]
        if name == "aiff":  # the count of frames is not known either
            body = body[:22] + bytes(4) + body[26:]
        np.testing.assert_array_equal(audio.read(io.BytesIO(body)).samples, expected)
        assert audio.info(io.BytesIO(body)).duration == 3


# MP3


def without_length(data):
    """An MP3 without its first frame, the one that holds the length: 'Xing' of 16 kHz frames of 576 samples."""
    bits = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)[data[2] >> 4]
    length = 72 * 1000 * bits // RATE + (data[2] >> 1 & 1)
    assert b"Xing" in data[:length] or b"Info" in data[:length]
    return data[length:]


def varied(seconds):
    """A voice in which a variable bit rate varies: a length guessed by the first frame is far from the true one."""
    samples = voice(seconds)
    samples[len(samples) // 3 :] *= 0
    return samples


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE", "AVERAGE"])
@pytest.mark.parametrize("tag", [b"", b"TAG" + bytes(125)])
@pytest.mark.parametrize("before", [b"", b"ID3\4\0\0\0\0\7\x68" + bytes(1000)])
def test_an_mp3_without_a_length(mode, tag, before):
    made = io.BytesIO()
    sf.write(made, varied(30), RATE, format="MP3", bitrate_mode=mode)
    whole = sf.read(io.BytesIO(made.getvalue()), dtype="float32")[0]
    data = before + without_length(made.getvalue()) + tag
    got = audio.read(io.BytesIO(data)).samples
    assert audio.info(io.BytesIO(data)).duration == len(got) / RATE
    # The encoder's delay of 576 samples, which the lost frame told, is now part of the recording, and so is its padding.
    assert 0 <= len(got) - len(whole) < 3 * 576
    np.testing.assert_allclose(got[576 : 576 + len(whole)], whole, atol=1e-3)
    part = audio.read(io.BytesIO(data), start=5, end=8).samples
    np.testing.assert_allclose(part, got[5 * RATE : 8 * RATE], atol=1e-3)
    for short in (data[: len(data) // 2], data[: len(data) - len(tag) - 7]):
        with pytest.raises(TruncatedAudio):
            audio.read(io.BytesIO(short))


def test_an_mp3_whose_first_frame_is_damaged():
    """libmpg123 then takes it for sound, and guesses."""
    for place in (3, 9, 11):
        data = bytearray(encoded("vbr"))
        assert data[13:17] in (b"Xing", b"Info")
        data[place] ^= 0x80
        assert audio.read(io.BytesIO(data)).duration == pytest.approx(3, abs=0.15)


def test_an_mp3_whose_rate_changes():
    made = io.BytesIO()
    sf.write(made, voice(2), 24000, format="MP3")
    for first in (encoded("mp3"), without_length(encoded("mp3"))):
        with pytest.raises(NotAudio, match="goes on"):
            audio.read(io.BytesIO(first + made.getvalue()))


# Ogg and FLAC


def ogg_checksum(page):
    """Bit by bit, as the format's description has it: the polynomial 0x04c11db7 from the highest bit on."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


@pytest.mark.parametrize("name", ["ogg", "opus"])
def test_a_damaged_page(name):
    """libsndfile passes it over, and all that it held is missing."""
    data = bytearray(encoded(name))
    for place in np.random.default_rng(0).integers(300, len(data) - 30, 20):
        data[place] ^= 4
        with pytest.raises((TruncatedAudio, NotAudio)):
            audio.read(io.BytesIO(data))
        data[place] ^= 4
    assert audio.read(io.BytesIO(data)).duration == 3


def test_streams_of_other_numbers_joined():
    """Those of a radio station, whose songs follow each other; and garbage behind the last page, which is none."""
    first, second = encoded("opus"), bytearray(encoded("opus", 2.0))
    place = 0
    while (place := second.find(b"OggS", place)) >= 0:  # every page has the number, and a checksum over it
        end = second.find(b"OggS", place + 4)
        second[place + 14 : place + 18], second[place + 22 : place + 26] = b"\1\2\3\4", bytes(4)
        second[place + 22 : place + 26] = ogg_checksum(second[place : end if end > 0 else None]).to_bytes(4, "little")
        place += 4
    with pytest.raises(NotAudio, match="a second Ogg begins"):
        audio.info(io.BytesIO(first + bytes(second)))
    assert audio.read(io.BytesIO(first + b"garbage" * 99)).duration == length_of(first)


def test_a_flac_behind_a_tag_and_with_one_behind_it():
    data = encoded("flac", 9)
    for before, after in ((b"", b"TAG" + bytes(125)), (b"", bytes(9000))):
        try:
            assert audio.read(io.BytesIO(before + data + after)).duration == 9
        except AudioError as error:
            pytest.fail(str(error))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("seed", range(5))
def test_noise_in_a_flac_is_no_second_recording(subtype, seed):
    made = io.BytesIO()
    noise = np.random.default_rng(seed).uniform(-1, 1, (RATE * 8, 2))
    sf.write(made, noise, RATE, format="FLAC", subtype=subtype)
    assert audio.read(io.BytesIO(made.getvalue())).duration == 8


@pytest.mark.parametrize("name", ["caf", "w64"])
@pytest.mark.parametrize("length", [2**63 - 1, 2**62, 2**63 - 60])
def test_a_chunk_that_leads_beyond_any_file(name, length):
    """Its length has 64 bits in these containers; in front of the samples it points to where nobody can look."""
    data = bytearray(encoded(name, 0.5))
    first = {"caf": 12, "w64": 56}[name]  # where the length of the first chunk stands
    data[first : first + 8] = struct.pack(">q" if name == "caf" else "<q", length)
    with pytest.raises(AudioError):
        audio.read(io.BytesIO(bytes(data)))


def test_what_looks_like_a_frame_within_a_flac_is_none():
    """What nobody can compress stands in it as it is, and may by chance read like a frame's header, checksum and all."""
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, 10_000).astype("<i2")
    plain = io.BytesIO()
    sf.write(plain, samples, RATE, format="FLAC")
    data = plain.getvalue()
    first = data.index(b"\xff\xf8", 42)
    head = data[first : first + 4] + bytes([5])  # the blocks have 4096 samples: the fifth would begin behind all of them
    check = 0
    for bit in "".join(f"{byte:08b}" for byte in head):
        check = (check << 1 ^ (0x07 if (check >> 7) ^ int(bit) else 0)) & 0xFF
    samples[5000:5003] = np.frombuffer(head + bytes([check]), ">i2")
    made = io.BytesIO()
    sf.write(made, samples, RATE, format="FLAC")
    assert made.getvalue().count(head + bytes([check])) == 1
    made.seek(0)
    found = audio.read(made).samples
    np.testing.assert_array_equal(found, samples / np.float32(32768))
